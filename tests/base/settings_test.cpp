#include "base/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "base/temporary_folder.hpp"

namespace {

using base::SettingsReader;
using base::SettingsTable;
using base::Source;
using base_test::TemporaryFolder;

struct Example {
    int requests = 50;
    std::size_t bytes = 262144;
    double share = 0.5;
    std::chrono::seconds timeout{300};
    bool caching = true;
    std::string database;
    std::string cache = "memory";
    std::vector<std::string> origins;
    base::Secret password;
    std::vector<base::Secret> keys;

    SettingsTable table() {
        return SettingsTable{"Load"}
            .integer("MAX_CONCURRENT_REQUESTS", requests, 1, 10000, "", "How many run at once.")
            .size("MAX_RESULT_BYTES", bytes, 1024, 1 << 30, "bytes", "How long an answer may be.")
            .number("SHARE", share, 0, 1, "", "A share.")
            .seconds("QUERY_TIMEOUT_SECONDS", timeout, 1, 3600, "How long a query may take.")
            .boolean("ENABLE_QUERY_CACHING", caching, "Whether answers are kept.")
            .text("SNOWFLAKE_DATABASE", database, "The database.")
            .choice("CACHE_TYPE", cache, {"memory", "file", "redis"}, "Where answers are kept.")
            .list("ALLOWED_ORIGINS", origins, "Who may ask from a browser.")
            .secret("SNOWFLAKE_PASSWORD", password, "The password.")
            .secret_list("STATE_KEYS", keys, "Keys of sealed tokens.");
    }
};

struct Reading {
    Example example;
    SettingsReader reader;
    TemporaryFolder folder;

    Reading() { reader.add(example.table()); }
    base::Result<void> env(std::string_view text) {
        if (auto read = reader.from_env_file(folder.write(".env", text)); !read) {
            return read;
        }
        return reader.apply();
    }
    std::string env_error(std::string_view text) {
        const auto done = env(text);
        return done ? "" : done.error().message();
    }
    std::string env_path() const { return folder.path(".env"); }
    bool warned(std::string_view text) const {
        return std::any_of(reader.warnings().begin(), reader.warnings().end(),
                           [&](const auto& warning) { return warning.find(text) != std::string::npos; });
    }
};

TEST(Settings, reads_every_type) {
    Reading it;
    ASSERT_TRUE(
        it.env("MAX_CONCURRENT_REQUESTS=25\nMAX_RESULT_BYTES=2048\nSHARE=0.25\nQUERY_TIMEOUT_SECONDS=60\n"
               "ENABLE_QUERY_CACHING=Off\nSNOWFLAKE_DATABASE=\"My DB\"\nCACHE_TYPE=REDIS\n"
               "ALLOWED_ORIGINS=https://a.example, https://b.example,\nSNOWFLAKE_PASSWORD=hunter2\n"
               "STATE_KEYS=one,two\n"));
    EXPECT_EQ(it.example.requests, 25);
    EXPECT_EQ(it.example.bytes, 2048u);
    EXPECT_EQ(it.example.share, 0.25);
    EXPECT_EQ(it.example.timeout, std::chrono::seconds{60});
    EXPECT_FALSE(it.example.caching);
    EXPECT_EQ(it.example.database, "My DB");
    EXPECT_EQ(it.example.cache, "redis");
    EXPECT_EQ(it.example.origins, (std::vector<std::string>{"https://a.example", "https://b.example"}));
    EXPECT_EQ(it.example.password.reveal(), "hunter2");
    ASSERT_EQ(it.example.keys.size(), 2u);
    EXPECT_EQ(it.example.keys[1].reveal(), "two");
    EXPECT_TRUE(it.reader.warnings().empty());
}

TEST(Settings, takes_every_spelling_of_a_boolean) {
    for (const char* const yes : {"true", "1", "yes", "on", "TRUE", " Yes "}) {
        Reading it;
        it.example.caching = false;
        EXPECT_TRUE(it.env(std::string{"ENABLE_QUERY_CACHING="} + yes)) << yes;
        EXPECT_TRUE(it.example.caching) << yes;
    }
    for (const char* const no : {"false", "0", "no", "off", "No"}) {
        Reading it;
        EXPECT_TRUE(it.env(std::string{"ENABLE_QUERY_CACHING="} + no));
        EXPECT_FALSE(it.example.caching) << no;
    }
}

TEST(Settings, says_name_value_place_and_range_of_what_is_wrong) {
    Reading it;
    EXPECT_EQ(it.env_error("\n\nMAX_CONCURRENT_REQUESTS=0\n"),
              "MAX_CONCURRENT_REQUESTS is 0 (" + it.env_path() + " line 3): allowed is 1 to 10000");
    const auto message = [](std::string_view line) {
        Reading other;
        return other.env_error(line);
    };
    EXPECT_NE(message("MAX_CONCURRENT_REQUESTS=10001").find("allowed is 1 to 10000"), std::string::npos);
    EXPECT_EQ(message("MAX_CONCURRENT_REQUESTS=10000"), "");
    for (const std::string& wrong : {"ten", "1.5", "0x10", "99999999999999999999", "-1", "1 2", "1;"}) {
        EXPECT_NE(message("MAX_CONCURRENT_REQUESTS=" + wrong).find(" is " + wrong + " ("), std::string::npos);
    }
    EXPECT_NE(message("SHARE=nan").find("allowed is 0 to 1"), std::string::npos);
    EXPECT_NE(message("ENABLE_QUERY_CACHING=maybe").find("is maybe ("), std::string::npos);
    EXPECT_NE(message("ENABLE_QUERY_CACHING=maybe").find("allowed is true or false"), std::string::npos);
    EXPECT_NE(message("CACHE_TYPE=disk").find("allowed is memory, file or redis"), std::string::npos);
    EXPECT_NE(message("CACHE_TYPE=\x1b[31m").find("\\u{1B}"), std::string::npos) << "made safe to show";
}

TEST(Settings, leaves_a_number_alone_that_is_given_as_nothing) {
    Reading it;
    it.example.database = "BEFORE";
    ASSERT_TRUE(it.env("MAX_CONCURRENT_REQUESTS=\nENABLE_QUERY_CACHING=\nCACHE_TYPE=\nSNOWFLAKE_DATABASE=\n"));
    EXPECT_EQ(it.example.requests, 50);
    EXPECT_TRUE(it.example.caching);
    EXPECT_EQ(it.example.database, "") << "a text can be made empty";
}

TEST(Settings, follows_the_precedence_whatever_the_order_of_reading) {
    Reading it;
    const auto env = it.folder.write(".env",
                                     "MAX_CONCURRENT_REQUESTS=3\nCACHE_TYPE=file\nSHARE=0.3\n"
                                     "SNOWFLAKE_DATABASE=E\n");
    const auto toml = it.folder.write("config.toml",
                                      "max_concurrent_requests = 2\nshare = 0.2\n[snowflake]\n"
                                      "database = 'T'\n[query]\ntimeout_seconds = 7\n");
    it.reader.from_command_line({{"MAX_CONCURRENT_REQUESTS", "5"}});
    it.reader.from_environment([](const std::string& name) -> std::optional<std::string> {
        return name == "MAX_CONCURRENT_REQUESTS" ? std::optional{"4"}
               : name == "CACHE_TYPE"            ? std::optional{"redis"}
                                                 : std::nullopt;
    });
    ASSERT_TRUE(it.reader.from_env_file(env));
    ASSERT_TRUE(it.reader.from_toml_file(toml));
    ASSERT_TRUE(it.reader.apply());
    EXPECT_EQ(it.example.requests, 5);
    EXPECT_EQ(it.example.cache, "redis");
    EXPECT_EQ(it.example.share, 0.3);
    EXPECT_EQ(it.example.database, "E");
    EXPECT_EQ(it.example.timeout, std::chrono::seconds{7});
    const auto values = it.reader.values();
    ASSERT_EQ(values.size(), 10u);
    EXPECT_EQ(values[0].source, Source::command_line);
    EXPECT_EQ(values[0].origin, "command line");
    EXPECT_EQ(values[6].source, Source::environment);
    EXPECT_EQ(values[3].origin, toml + " line 6");
    EXPECT_EQ(values[4].source, Source::built_in);
    EXPECT_EQ(values[4].origin, "");
}

TEST(Settings, lets_the_file_that_was_read_first_win_over_one_of_the_same_kind) {
    Reading it;
    ASSERT_TRUE(it.reader.from_env_file(it.folder.write("near.env", "SHARE=0.1\n")));
    ASSERT_TRUE(it.reader.from_env_file(it.folder.write("far.env", "SHARE=0.9\nMAX_CONCURRENT_REQUESTS=9\n")));
    ASSERT_TRUE(it.reader.apply());
    EXPECT_EQ(it.example.share, 0.1);
    EXPECT_EQ(it.example.requests, 9);
    EXPECT_TRUE(it.reader.warnings().empty());
}

TEST(Settings, lets_the_last_line_of_a_file_win_and_says_so) {
    Reading it;
    ASSERT_TRUE(it.env("SHARE=0.1\nSHARE=0.2\n"));
    EXPECT_EQ(it.example.share, 0.2);
    EXPECT_TRUE(it.warned("is set again"));
}

TEST(Settings, reads_a_mounted_secret) {
    Reading it;
    const auto secret = it.folder.write("password", "hunter2 \r\n");
    ASSERT_TRUE(it.env("SNOWFLAKE_PASSWORD_FILE=" + secret + "\n"));
    EXPECT_EQ(it.example.password.reveal(), "hunter2 ") << "only line ends at its end are not part of it";
    EXPECT_TRUE(it.reader.warnings().empty());
    const auto values = it.reader.values();
    EXPECT_EQ(values[8].origin, "SNOWFLAKE_PASSWORD_FILE of " + it.env_path() + " line 1");
}

TEST(Settings, prefers_a_stronger_source_over_a_mounted_secret_and_refuses_both_in_one) {
    Reading it;
    const auto secret = it.folder.write("password", "from the file");
    it.reader.from_command_line({{"SNOWFLAKE_PASSWORD", "typed"}});
    ASSERT_TRUE(it.env("SNOWFLAKE_PASSWORD_FILE=" + secret + "\n"));
    EXPECT_EQ(it.example.password.reveal(), "typed");
    Reading both;
    const auto message = both.env_error("SNOWFLAKE_PASSWORD=x\nSNOWFLAKE_PASSWORD_FILE=/no/such\n");
    EXPECT_NE(message.find("are both set"), std::string::npos);
}

TEST(Settings, does_not_mistake_a_setting_that_ends_in_file_for_a_mounted_secret) {
    std::string keys;
    std::string keys_file;
    Reading it;
    it.reader.add(SettingsTable{"X"}.text("KEYS", keys, "").text("KEYS_FILE", keys_file, ""));
    ASSERT_TRUE(it.env("KEYS=a\nKEYS_FILE=/no/such\n"));
    EXPECT_EQ(keys, "a");
    EXPECT_EQ(keys_file, "/no/such");
}

TEST(Settings, says_which_mounted_secret_cannot_be_read) {
    Reading it;
    const auto message = it.env_error("SNOWFLAKE_PASSWORD_FILE=/no/such/secret\n");
    EXPECT_NE(message.find("SNOWFLAKE_PASSWORD_FILE (" + it.env_path() + " line 1)"), std::string::npos);
    EXPECT_NE(message.find("/no/such/secret"), std::string::npos);
}

TEST(Settings, never_shows_a_secret) {
    Reading it;
    base::Setting picky{.name = "PICKY", .type = "secret", .secret = true};
    picky.set = [](std::string_view) -> base::Result<void> {
        return base::fail(base::Kind::bad_argument, "allowed is at least 16 characters");
    };
    picky.show = [] { return std::string{}; };
    it.reader.add(SettingsTable{"X"}.add(picky));
    const auto message = it.env_error("PICKY=hunter2\n");
    EXPECT_EQ(message, "PICKY is not usable (" + it.env_path() + " line 1): allowed is at least 16 characters");
    Reading mounted;
    const auto number = mounted.folder.write("number", "hunter2");
    EXPECT_EQ(mounted.env_error("MAX_CONCURRENT_REQUESTS_FILE=" + number).find("hunter2"), std::string::npos);
    Reading shown;
    ASSERT_TRUE(shown.env("SNOWFLAKE_PASSWORD=hunter2\nSTATE_KEYS=hunter2\n"));
    for (const auto& value : shown.reader.values()) {
        EXPECT_EQ(value.setting->show().find("hunter2"), std::string::npos);
    }
    EXPECT_EQ(shown.reader.values()[8].setting->show(), "***");
}

TEST(Settings, warns_of_unknown_names_in_files_with_the_nearest_known_one) {
    Reading it;
    ASSERT_TRUE(it.env("MAX_CONCURENT_REQUESTS=5\nSOMETHING_ELSE=hunter2\n"));
    EXPECT_TRUE(it.warned("MAX_CONCURENT_REQUESTS (" + it.env_path() +
                          " line 1) is no setting and is ignored: did you mean MAX_CONCURRENT_REQUESTS?"));
    EXPECT_TRUE(it.warned("SOMETHING_ELSE (" + it.env_path() + " line 2) is no setting of this version"));
    EXPECT_FALSE(it.warned("hunter2"));
    EXPECT_EQ(it.reader.warnings().size(), 2u);
}

TEST(Settings, guesses_a_name_that_was_cut_short) {
    Reading it;
    ASSERT_TRUE(it.env("QUERY_TIMEOUT=5\n"));
    EXPECT_TRUE(it.warned("did you mean QUERY_TIMEOUT_SECONDS?"));
}

TEST(Settings, warns_of_names_in_the_environment_only_where_they_are_meant_for_us) {
    Reading it;
    it.reader.from_environment({{"PATH", "/bin"},
                                {"SHELL", "/bin/sh"},
                                {"HOSTNAME", "x"},
                                {"SHARED", "1"},
                                {"SNOWFLAKE_DATABSE", "D"},
                                {"CACHE_FOO", "1"},
                                {"ENABLE_QUERY_CACHNG", "true"},
                                {"MAX_CONCURRENT_REQUESTS", "7"}});
    ASSERT_TRUE(it.reader.apply());
    EXPECT_EQ(it.example.requests, 7);
    EXPECT_TRUE(
        it.warned("SNOWFLAKE_DATABSE (environment) is no setting and is ignored: did you mean SNOWFLAKE_DATABASE"));
    EXPECT_TRUE(it.warned("CACHE_FOO"));
    EXPECT_TRUE(it.warned("did you mean ENABLE_QUERY_CACHING"));
    EXPECT_EQ(it.reader.warnings().size(), 3u);
}

TEST(Settings, is_not_misled_by_what_kubernetes_puts_into_the_environment) {
    Reading it;
    int port = 6379;
    it.reader.add(SettingsTable{"Cache"}.integer("REDIS_PORT", port, 1, 65535, "", "Port of Redis."));
    it.reader.from_environment({{"REDIS_PORT", "tcp://10.0.0.1:6379"},
                                {"REDIS_PORT_6379_TCP", "tcp://10.0.0.1:6379"},
                                {"REDIS_PORT_6379_TCP_ADDR", "10.0.0.1"},
                                {"REDIS_SERVICE_HOST", "10.0.0.1"},
                                {"SNOWFLAKE_MCP_SERVICE_SERVICE_PORT_HTTP", "8000"}});
    const auto done = it.reader.apply();
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(port, 6379);
    EXPECT_TRUE(it.reader.warnings().empty());
}

TEST(Settings, loads_names_of_things_that_are_to_come_with_a_warning) {
    Reading it;
    it.reader.know({.name = "HTTP_SOMETHING", .note = "this version cannot do it yet"});
    ASSERT_TRUE(it.env("HTTP_SOMETHING=2\n"));
    EXPECT_TRUE(it.warned("HTTP_SOMETHING (" + it.env_path() + " line 1): this version cannot do it yet"));
    EXPECT_EQ(it.reader.warnings().size(), 1u);
}

TEST(Settings, asks_a_setting_for_a_caution_only_when_somebody_has_set_it) {
    std::string version = "1.1";
    const auto table = [&] {
        return SettingsTable{"HTTP"}.choice("HTTP_VERSION", version, {"1.1", "2"}, "Version of HTTP.").caution([&] {
            return version == "2" ? std::string{"HTTP/2 is not there yet: 1.1 is spoken"} : "";
        });
    };
    Reading it;
    it.reader.add(table());
    ASSERT_TRUE(it.env("HTTP_VERSION=2\n"));
    EXPECT_TRUE(it.warned("HTTP/2 is not there yet"));
    Reading other;
    version = "1.1";
    other.reader.add(table());
    ASSERT_TRUE(other.env("HTTP_VERSION=1.1\n"));
    EXPECT_TRUE(other.reader.warnings().empty());
}

TEST(Settings, reads_toml_of_every_shape) {
    Reading it;
    const auto path = it.folder.write("config.toml",
                                      "MAX_CONCURRENT_REQUESTS = 12\nshare = 0.75\nenable_query_caching = false\n"
                                      "allowed-origins = ['https://a.example', 'https://b.example']\n"
                                      "[snowflake]\ndatabase = 'D'\n[cache]\ntype = 'file'\n");
    ASSERT_TRUE(it.reader.from_toml_file(path));
    ASSERT_TRUE(it.reader.apply());
    EXPECT_EQ(it.example.requests, 12);
    EXPECT_EQ(it.example.share, 0.75);
    EXPECT_FALSE(it.example.caching);
    EXPECT_EQ(it.example.origins.size(), 2u);
    EXPECT_EQ(it.example.database, "D");
    EXPECT_EQ(it.example.cache, "file");
    EXPECT_TRUE(it.reader.warnings().empty());
}

TEST(Settings, names_file_and_line_of_broken_toml) {
    const auto problem = [](std::string_view text) {
        Reading it;
        const auto read = it.reader.from_toml_file(it.folder.write("config.toml", text));
        return read ? "" : read.error().message();
    };
    EXPECT_NE(problem("a = 1\nb = = 2\n").find("config.toml line 2: "), std::string::npos);
    EXPECT_NE(problem("a = 2020-01-01\n").find("config.toml line 1: A is neither"), std::string::npos);
    EXPECT_NE(problem("\na = [['x']]\n").find("config.toml line 2: A is neither"), std::string::npos);
    EXPECT_NE(problem("a = ['x,y']\n").find("line 1"), std::string::npos) << "a comma would split it";
}

TEST(Settings, tells_a_missing_file_from_a_broken_one) {
    SettingsReader reader;
    EXPECT_EQ(reader.from_env_file("/no/such/.env").error().kind(), base::Kind::not_found);
    EXPECT_EQ(reader.from_toml_file("/no/such/config.toml").error().kind(), base::Kind::not_found);
    const TemporaryFolder folder;
    EXPECT_EQ(reader.from_env_file(folder.path("")).error().kind(), base::Kind::bad_argument) << "a folder";
}

TEST(Settings, keeps_the_default_for_documents) {
    Example example;
    auto table = example.table();
    EXPECT_EQ(table.settings()[0].default_text, "50");
    EXPECT_EQ(table.settings()[0].range, "1 to 10000");
    EXPECT_EQ(table.settings()[4].default_text, "true");
    EXPECT_EQ(table.settings()[6].range, "memory|file|redis");
    EXPECT_EQ(table.settings()[3].unit, "s");
    EXPECT_EQ(table.settings()[3].default_text, "300");
    EXPECT_EQ(table.settings()[8].default_text, "");
    EXPECT_EQ(table.settings()[0].group, "Load");
}

/// The `.env` blocks of the scaling guide, as people have them.
constexpr std::string_view guide_blocks[] = {
    "# Small Scale (.env)\nCONNECTION_POOL_MIN_SIZE=3\nCONNECTION_POOL_MAX_SIZE=10\nMAX_CONCURRENT_REQUESTS=25\n"
    "MAX_MEMORY_MB=512\n",
    "# Medium Scale (.env)\nCONNECTION_POOL_MIN_SIZE=5\nCONNECTION_POOL_MAX_SIZE=20\nMAX_CONCURRENT_REQUESTS=50\n"
    "MAX_MEMORY_MB=1024\n",
    "# Large Scale (.env)\nCONNECTION_POOL_MIN_SIZE=10\nCONNECTION_POOL_MAX_SIZE=50\nMAX_CONCURRENT_REQUESTS=100\n"
    "MAX_MEMORY_MB=2048\n",
    "# Conservative scaling (fewer connections, more reuse)\nCONNECTION_POOL_MIN_SIZE=5\nCONNECTION_POOL_MAX_SIZE=25\n"
    "CONNECTION_POOL_MAX_INACTIVE_TIME_MINUTES=10\n",
    "# High-throughput configuration\nCONNECTION_POOL_MIN_SIZE=20\nCONNECTION_POOL_MAX_SIZE=100\n"
    "CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS=15\nCONNECTION_POOL_RETRY_ATTEMPTS=5\n"
    "CONNECTION_POOL_HEALTH_CHECK_INTERVAL_MINUTES=2\n",
    "# Low-latency configuration  \nCONNECTION_POOL_MIN_SIZE=25\nCONNECTION_POOL_MAX_SIZE=50\n"
    "CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS=5\nCONNECTION_POOL_RETRY_ATTEMPTS=2\n"
    "CONNECTION_POOL_HEALTH_CHECK_INTERVAL_MINUTES=1\n",
    "# Example caching configuration\nENABLE_QUERY_CACHING=true\nCACHE_TYPE=redis  # redis, memory, or file\n"
    "CACHE_TTL_SECONDS=300  # 5 minutes\nCACHE_MAX_SIZE_MB=256\nCACHE_KEY_PREFIX=snowflake_mcp\n\n"
    "# Redis configuration for distributed caching\nREDIS_HOST=redis-cluster.company.com\nREDIS_PORT=6379\nREDIS_DB=0\n"
    "REDIS_PASSWORD=cache_password\nREDIS_SSL=true\n",
    "# Enable connection sharing for similar queries\nENABLE_CONNECTION_MULTIPLEXING=true\n"
    "CONNECTION_SHARING_TIMEOUT_SECONDS=60\nMAX_SHARED_CONNECTIONS_PER_POOL=5\n\n# Query batching for efficiency\n"
    "ENABLE_QUERY_BATCHING=true\nBATCH_SIZE=10\nBATCH_TIMEOUT_MS=100\n",
    "# Server configuration for HTTP/2\nHTTP_VERSION=2\nKEEP_ALIVE_ENABLED=true\nKEEP_ALIVE_TIMEOUT=60\n"
    "MAX_KEEP_ALIVE_REQUESTS=1000\n\n# Connection pooling for clients\nCLIENT_POOL_SIZE=50\nCLIENT_POOL_TIMEOUT=30\n"};

struct GuideSettings {
    int integers[21] = {};
    bool booleans[5] = {};
    std::string cache = "memory";
    std::string prefix;
    std::string host;
    std::string http = "1.1";
    base::Secret password;

    SettingsTable table() {
        SettingsTable table{"Guide"};
        int next = 0;
        for (const char* const name : {"CONNECTION_POOL_MIN_SIZE",
                                       "CONNECTION_POOL_MAX_SIZE",
                                       "MAX_CONCURRENT_REQUESTS",
                                       "MAX_MEMORY_MB",
                                       "CONNECTION_POOL_MAX_INACTIVE_TIME_MINUTES",
                                       "CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS",
                                       "CONNECTION_POOL_RETRY_ATTEMPTS",
                                       "CONNECTION_POOL_HEALTH_CHECK_INTERVAL_MINUTES",
                                       "CACHE_TTL_SECONDS",
                                       "CACHE_MAX_SIZE_MB",
                                       "REDIS_PORT",
                                       "REDIS_DB",
                                       "CONNECTION_SHARING_TIMEOUT_SECONDS",
                                       "MAX_SHARED_CONNECTIONS_PER_POOL",
                                       "BATCH_SIZE",
                                       "BATCH_TIMEOUT_MS",
                                       "KEEP_ALIVE_TIMEOUT",
                                       "MAX_KEEP_ALIVE_REQUESTS",
                                       "CLIENT_POOL_SIZE",
                                       "CLIENT_POOL_TIMEOUT"}) {
            table.integer(name, integers[next++], 0, 100000, "", "");
        }
        next = 0;
        for (const char* const name : {"ENABLE_QUERY_CACHING", "REDIS_SSL", "ENABLE_CONNECTION_MULTIPLEXING",
                                       "ENABLE_QUERY_BATCHING", "KEEP_ALIVE_ENABLED"}) {
            table.boolean(name, booleans[next++], "");
        }
        table.choice("CACHE_TYPE", cache, {"memory", "file", "redis"}, "")
            .text("CACHE_KEY_PREFIX", prefix, "")
            .text("REDIS_HOST", host, "")
            .choice("HTTP_VERSION", http, {"1.1", "2"}, "")
            .secret("REDIS_PASSWORD", password, "");
        return table;
    }
};

TEST(Settings, loads_every_env_block_of_the_scaling_guide) {
    for (const auto block : guide_blocks) {
        GuideSettings guide;
        SettingsReader reader;
        reader.add(guide.table());
        const TemporaryFolder folder;
        ASSERT_TRUE(reader.from_env_file(folder.write(".env", block))) << block;
        const auto done = reader.apply();
        ASSERT_TRUE(done) << done.error().message();
        EXPECT_TRUE(reader.warnings().empty()) << reader.warnings().front();
    }
    GuideSettings guide;
    SettingsReader reader;
    reader.add(guide.table());
    const TemporaryFolder folder;
    std::string all;
    for (const auto block : guide_blocks) {
        all.append(block);
    }
    ASSERT_TRUE(reader.from_env_file(folder.write(".env", all)));
    ASSERT_TRUE(reader.apply());
    EXPECT_EQ(guide.cache, "redis");
    EXPECT_EQ(guide.integers[8], 300) << "the comment behind it is not part of it";
    EXPECT_EQ(guide.integers[0], 25) << "the last one counts";
    EXPECT_EQ(guide.password.reveal(), "cache_password");
}

}  // namespace
