#include "access/access.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "access/key_file.hpp"
#include "base/temporary_folder.hpp"
#include "base/text.hpp"

namespace {

using namespace std::chrono_literals;
using access_control::Access;
using access_control::KeyRecord;
using access_control::Settings;
using base::Secret;
using base_test::TemporaryFolder;

class Keys {
public:
    std::string path() const { return folder_.path("keys"); }

    std::string add(const std::string& name, base::Principal::Limits limits = {}) {
        const auto key = access_control::make_key(name, {"user"}, limits, "now");
        change([&](std::vector<KeyRecord>& keys) { keys.push_back(key.record); });
        return std::string{key.text.reveal()};
    }
    void revoke(const std::string& name) {
        change([&](std::vector<KeyRecord>& keys) {
            std::erase_if(keys, [&](const KeyRecord& key) { return key.name == name; });
        });
    }
    void spoil() { folder_.write("keys", "nonsense\n"); }
    void remove() { ::unlink(path().c_str()); }

private:
    template <class Change>
    void change(Change change) {
        ASSERT_TRUE(access_control::change_keys(path(), [&](std::vector<KeyRecord>& keys) -> base::Result<void> {
            change(keys);
            return {};
        }));
    }
    TemporaryFolder folder_;
};

struct Asked {
    base::Metrics metrics;
    std::unique_ptr<Access> access;

    explicit Asked(const Settings& settings) : access{std::move(Access::open(settings, metrics).value())} {}

    base::Result<base::PrincipalPtr> by(std::map<std::string, std::string> headers) const {
        return access->identify([&](std::string_view name) -> std::string_view {
            for (const auto& [key, value] : headers) {
                if (base::iequals(key, name)) {
                    return value;
                }
            }
            return {};
        });
    }
    std::string id(std::map<std::string, std::string> headers) const {
        const auto who = by(std::move(headers));
        return who ? (*who)->id : std::string{base::to_string(who.error().kind())} + "/" + who.error().code();
    }
};

TEST(Access, takes_everybody_for_anonymous_where_there_are_no_keys) {
    const Asked asked{{}};
    EXPECT_EQ(asked.id({}), "anonymous");
    EXPECT_EQ(asked.id({{"Authorization", "Bearer whatever"}}), "anonymous");
    EXPECT_EQ(asked.by({}).value(), Access::anonymous()) << "one principal for all";
    EXPECT_FALSE(asked.access->keys_required());
}

TEST(Access, knows_a_key_by_either_header) {
    Keys keys;
    const auto key = keys.add("reporting", {.requests_per_minute = 5});
    const Asked asked{{.api_keys_file = keys.path()}};
    EXPECT_EQ(asked.id({{"Authorization", "Bearer " + key}}), "key:reporting");
    EXPECT_EQ(asked.id({{"authorization", "bearer  " + key}}), "key:reporting");
    EXPECT_EQ(asked.id({{"X-API-Key", key}}), "key:reporting");
    EXPECT_EQ(asked.id({{"X-API-Key", key}, {"Authorization", "Bearer " + key}}), "key:reporting");
    const auto who = *asked.by({{"X-API-Key", key}});
    EXPECT_EQ(who->kind, base::Principal::Kind::api_key);
    EXPECT_TRUE(who->has_role("user"));
    EXPECT_EQ(who->limits.requests_per_minute, 5);
    EXPECT_TRUE(asked.access->keys_required());
    const Asked renamed{{.api_keys_file = keys.path(), .api_key_header = "X-Company-Key"}};
    EXPECT_EQ(renamed.id({{"X-Company-Key", key}}), "key:reporting");
    EXPECT_EQ(renamed.id({{"X-API-Key", key}}), "denied/missing_key");
}

TEST(Access, tells_a_missing_key_from_a_wrong_one_and_says_nothing_more) {
    Keys keys;
    const auto key = keys.add("a");
    const auto other = keys.add("b");
    const Asked asked{{.api_keys_file = keys.path()}};
    for (const std::map<std::string, std::string>& none : {std::map<std::string, std::string>{},
                                                           {{"Authorization", ""}},
                                                           {{"Authorization", "Basic " + key}},
                                                           {{"Authorization", "Bearer "}},
                                                           {{"X-API-Key", " "}},
                                                           {{"Authorization", "Bearer" + key}}}) {
        const auto refused = asked.by(none);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(access_control::is_missing(refused.error()));
        EXPECT_EQ(refused.error().kind(), base::Kind::denied);
        EXPECT_EQ(refused.error().stage(), base::Stage::access);
    }
    std::string said;
    const std::string unknown{access_control::make_key("x", {}, {}, "").text.reveal()};
    for (const std::string& wrong :
         {std::string{"x"}, unknown, key.substr(0, 16) + other.substr(16), key.substr(0, key.size() - 1) + "0",
          key + "0", base::to_upper(key), std::string(100000, 'a')}) {
        if (wrong == key) {
            continue;  // the last digit may have been 0
        }
        const auto refused = asked.by({{"Authorization", "Bearer " + wrong}});
        ASSERT_FALSE(refused) << wrong;
        EXPECT_FALSE(access_control::is_missing(refused.error()));
        EXPECT_EQ(refused.error().kind(), base::Kind::denied);
        EXPECT_EQ(refused.error().stage(), base::Stage::access);
        EXPECT_TRUE(said.empty() || said == refused.error().message()) << "the same answer for each";
        said = refused.error().message();
        EXPECT_EQ(said.find(wrong), std::string::npos);
    }
    EXPECT_EQ(asked.id({{"X-API-Key", key}, {"Authorization", "Bearer " + other}}), "denied/wrong_key")
        << "two different keys";
    EXPECT_EQ(access_control::challenge_of(asked.by({}).error()), "Bearer realm=\"snowflake-mcp\"");
    EXPECT_NE(access_control::challenge_of(asked.by({{"X-API-Key", "x"}}).error()).find("invalid_token"),
              std::string_view::npos);
}

TEST(Access, serves_without_a_key_where_that_is_allowed_but_never_with_a_wrong_one) {
    Keys keys;
    const auto key = keys.add("a");
    const Asked asked{{.api_keys_file = keys.path(), .allow_anonymous = true}};
    EXPECT_EQ(asked.id({}), "anonymous");
    EXPECT_EQ(asked.id({{"X-API-Key", key}}), "key:a");
    EXPECT_EQ(asked.id({{"X-API-Key", "wrong"}}), "denied/wrong_key");
    EXPECT_FALSE(asked.access->keys_required());
}

TEST(Access, knows_the_keys_of_older_deployments_by_a_stable_name) {
    const std::string first = "first-old-key-of-a-deployment";
    const std::string second = "second-old-key";
    const auto settings = [](std::vector<Secret> keys) {
        return Settings{.enable_api_key_auth = true, .valid_api_keys = std::move(keys)};
    };
    const Asked asked{settings({Secret{first}, Secret{second}})};
    const auto name = asked.id({{"Authorization", "Bearer " + first}});
    EXPECT_TRUE(name.starts_with("key:valid-")) << name;
    EXPECT_NE(asked.id({{"X-API-Key", second}}), name);
    EXPECT_EQ(asked.id({{"X-API-Key", "third"}}), "denied/wrong_key");
    EXPECT_EQ(asked.id({}), "denied/missing_key");
    const Asked changed{settings({Secret{second}, Secret{first}})};
    EXPECT_EQ(changed.id({{"X-API-Key", first}}), name) << "also in another order, and on another replica";
    const Asked off{{.valid_api_keys = {Secret{first}}}};
    EXPECT_EQ(off.id({{"X-API-Key", first}}), "anonymous");
}

TEST(Access, takes_both_kinds_of_keys_at_once) {
    Keys keys;
    const auto key = keys.add("new");
    const Asked asked{{.api_keys_file = keys.path(), .enable_api_key_auth = true, .valid_api_keys = {Secret{"old"}}}};
    EXPECT_EQ(asked.id({{"X-API-Key", key}}), "key:new");
    EXPECT_TRUE(asked.id({{"X-API-Key", "old"}}).starts_with("key:valid-"));
}

TEST(Access, sees_new_and_revoked_keys_while_it_runs) {
    Keys keys;
    const auto old = keys.add("old");
    const Asked asked{{.api_keys_file = keys.path()}};
    EXPECT_FALSE(asked.access->refresh()) << "nothing has changed";
    const auto fresh = keys.add("fresh");
    keys.revoke("old");
    asked.access->refresh();
    EXPECT_EQ(asked.id({{"X-API-Key", fresh}}), "key:fresh");
    EXPECT_EQ(asked.id({{"X-API-Key", old}}), "denied/wrong_key");
}

TEST(Access, keeps_the_keys_it_has_when_the_file_breaks_or_vanishes) {
    Keys keys;
    const auto key = keys.add("a");
    const Asked asked{{.api_keys_file = keys.path()}};
    keys.spoil();
    EXPECT_FALSE(asked.access->refresh());
    EXPECT_EQ(asked.id({{"X-API-Key", key}}), "key:a");
    keys.remove();
    EXPECT_FALSE(asked.access->refresh());
    EXPECT_EQ(asked.id({{"X-API-Key", key}}), "key:a");
    const auto fresh = keys.add("fresh");
    asked.access->refresh();
    EXPECT_EQ(asked.id({{"X-API-Key", fresh}}), "key:fresh");
}

TEST(Access, answers_while_keys_change) {
    Keys keys;
    const auto key = keys.add("steady");
    const Asked asked{{.api_keys_file = keys.path()}};
    std::atomic<bool> ended = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&] {
            while (!ended) {
                wrong += asked.id({{"X-API-Key", key}}) == "key:steady" ? 0 : 1;
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        keys.add("k" + std::to_string(i));
        asked.access->refresh();
    }
    ended = true;
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, 0);
}

TEST(Access, does_not_start_without_the_file_it_was_told_of_or_with_a_broken_one) {
    base::Metrics metrics;
    const auto missing = Access::open({.api_keys_file = "/no/such/keys"}, metrics);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message().find("/no/such/keys"), std::string::npos);
    EXPECT_NE(missing.error().message().find("key add"), std::string::npos);
    Keys keys;
    keys.spoil();
    const auto broken = Access::open({.api_keys_file = keys.path()}, metrics);
    ASSERT_FALSE(broken);
    EXPECT_NE(broken.error().message().find("line 1"), std::string::npos);
    EXPECT_FALSE(Access::open({.enable_api_key_auth = true}, metrics));
}

TEST(Access, limits_and_counts_what_it_refuses) {
    const base::TimePoint now{100h};
    Asked asked{{.enable_rate_limiting = true, .requests_per_minute = 60, .burst_size = 2}};
    const auto who = Access::anonymous();
    EXPECT_TRUE(asked.access->limits().admit_here(*who, now));
    EXPECT_TRUE(asked.access->limits().admit_here(*who, now));
    const auto refused = asked.access->limits().admit_here(*who, now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_EQ(refused.error().stage(), base::Stage::access);
    EXPECT_EQ(refused.error().retry_after(), 1000ms);
    EXPECT_NE(asked.metrics.scrape(base::Metrics::Format::prometheus)
                  .find("mcp_rate_limit_hits_total{limit=\"principal\"} 1\n"),
              std::string::npos);
}

int let_in(Asked& asked, const std::string& id, int tries) {
    const base::Principal who{.id = id, .kind = base::Principal::Kind::api_key, .roles = {}, .limits = {}};
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        count += asked.access->limits().admit_here(who, base::TimePoint{100h}) ? 1 : 0;
    }
    return count;
}

TEST(Access, limits_each_client_where_that_alone_is_asked_for) {
    Asked asked{{.client_rate_limiting = true, .client_requests_per_minute = 3}};
    EXPECT_EQ(let_in(asked, "key:a", 10), 3) << "never more at once than in a minute";
    EXPECT_EQ(let_in(asked, "key:b", 10), 3);
}

TEST(Access, limits_all_together_beside_each_client) {
    Asked asked{{.enable_rate_limiting = true,
                 .requests_per_minute = 60,
                 .burst_size = 5,
                 .client_rate_limiting = true,
                 .client_requests_per_minute = 4}};
    EXPECT_EQ(let_in(asked, "key:a", 10), 4);
    EXPECT_EQ(let_in(asked, "key:b", 10), 1);
}

TEST(Access, says_which_limit_how_much_and_when) {
    Asked asked{{.enable_rate_limiting = true, .requests_per_minute = 6, .burst_size = 1}};
    let_in(asked, "key:a", 1);
    const base::Principal who{.id = "key:a", .kind = base::Principal::Kind::api_key, .roles = {}, .limits = {}};
    const auto refused = asked.access->limits().admit_here(who, base::TimePoint{100h});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(),
              "too many requests: RATE_LIMIT_REQUESTS_PER_MINUTE is 6 requests a minute, 1 at once; the next one is "
              "free in 10 s");
}

TEST(Access, limits_nobody_unless_asked_to) {
    Asked asked{{.requests_per_minute = 1, .burst_size = 1}};
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(asked.access->limits().admit_here(*Access::anonymous(), base::TimePoint{100h}));
    }
}

TEST(Access, counts_who_was_turned_away) {
    Keys keys;
    keys.add("a");
    Asked asked{{.api_keys_file = keys.path()}};
    asked.id({});
    asked.id({{"X-API-Key", "wrong"}});
    asked.id({{"X-API-Key", "wrong"}});
    const auto page = asked.metrics.scrape(base::Metrics::Format::prometheus);
    EXPECT_NE(page.find("mcp_access_denied_total{reason=\"missing\"} 1\n"), std::string::npos);
    EXPECT_NE(page.find("mcp_access_denied_total{reason=\"wrong\"} 2\n"), std::string::npos);
}

TEST(Access, takes_the_user_of_the_system_for_stdio) {
    const auto who = Access::os_user();
    EXPECT_TRUE(who->id.starts_with("os:"));
    EXPECT_GT(who->id.size(), 3u);
    EXPECT_EQ(who->kind, base::Principal::Kind::os_user);
    EXPECT_TRUE(who->has_role("admin"));
}

}  // namespace
