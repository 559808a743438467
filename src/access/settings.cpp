#include "access/settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "access/api_key.hpp"
#include "base/text.hpp"

namespace access_control {

base::SettingsTable settings_table(Settings& settings) {
    // A header's name is a token (RFC 9110, section 5.6.2).
    base::Setting header{.name = "API_KEY_HEADER",
                         .type = "text",
                         .meaning = "The header that carries the API key, beside Authorization: Bearer."};
    header.set = [&settings](std::string_view text) -> base::Result<void> {
        text = base::trim(text);
        constexpr std::string_view others = "!#$%&'*+-.^_`|~";
        const bool token = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   others.find(c) != std::string_view::npos;
        });
        if (!token || base::iequals(text, "Authorization")) {
            return base::fail(base::Kind::bad_argument, "allowed is the name of a header other than Authorization");
        }
        settings.api_key_header = std::string{text};
        return {};
    };
    header.show = [&settings] { return settings.api_key_header; };

    return base::SettingsTable{"Access"}
        .text("API_KEYS_FILE", settings.api_keys_file,
              "The file of API keys that `snowflake-mcp key add` writes; who asks over HTTP must then show one.")
        .add(std::move(header))
        .boolean("ALLOW_ANONYMOUS", settings.allow_anonymous,
                 "Whether requests without a key are served, even on a listener that is not loopback.")
        .boolean("ENABLE_API_KEY_AUTH", settings.enable_api_key_auth,
                 "Older form: asks for the keys of VALID_API_KEYS.")
        .secret_list("VALID_API_KEYS", settings.valid_api_keys,
                     "Older form: keys in plain text; better make keys with `snowflake-mcp key add`.")
        .boolean("ENABLE_RATE_LIMITING", settings.enable_rate_limiting,
                 "Whether each caller's requests are limited (a key's own limits always hold). With Redis (REDIS_HOST "
                 "or CACHE_TYPE=redis) all replicas share one budget.")
        .integer("RATE_LIMIT_REQUESTS_PER_MINUTE", settings.requests_per_minute, 1, 1'000'000, "requests/min",
                 "How many requests one caller may make in a minute; with CLIENT_RATE_LIMIT_ENABLED all callers "
                 "together.")
        .integer("RATE_LIMIT_BURST_SIZE", settings.burst_size, 1, 1'000'000, "requests",
                 "How many of them at once after a pause.")
        .integer("RATE_LIMIT_TOTAL_REQUESTS_PER_MINUTE", settings.total_requests_per_minute, 0, 60'000'000,
                 "requests/min", "How many requests all callers together may make in a minute; 0 is no bound.")
        .boolean("CLIENT_RATE_LIMIT_ENABLED", settings.client_rate_limiting,
                 "Whether each caller has a limit of its own beside the one of all callers together.")
        .integer("CLIENT_RATE_LIMIT_REQUESTS_PER_MINUTE", settings.client_requests_per_minute, 1, 1'000'000,
                 "requests/min",
                 "That limit; at once as many as RATE_LIMIT_BURST_SIZE says, but never more than in a minute.")
        .size("QUOTA_QUERIES_PER_DAY", settings.queries_per_day, 0, most_a_day, "queries",
              "How many statements one caller may run in a day (UTC), answers from the cache counted; 0 is no bound. "
              "A key may have quotas of its own. Without Redis quotas are counted by each process since its start.")
        .size("QUOTA_RESULT_BYTES_PER_DAY", settings.result_bytes_per_day, 0, most_a_day, "bytes",
              "How many bytes of answers one caller gets in a day; 0 is no bound.")
        .size("QUOTA_WAREHOUSE_SECONDS_PER_DAY", settings.warehouse_seconds_per_day, 0, 100'000'000, "s",
              "For how long statements of one caller may run in a day, summed up; answers from the cache cost none; 0 "
              "is no bound.");
}

base::Result<void> check(const Settings& settings) {
    if (settings.enable_api_key_auth && !settings.has_keys()) {
        return base::fail(base::Error{base::Kind::credentials,
                                      "ENABLE_API_KEY_AUTH is true, but there are no keys: make one with "
                                      "`snowflake-mcp key add NAME` and set API_KEYS_FILE, or set VALID_API_KEYS"}
                              .at(base::Stage::config)
                              .about("ENABLE_API_KEY_AUTH"));
    }
    return {};
}

std::vector<std::string> warnings(const Settings& settings) {
    std::vector<std::string> texts;
    if (settings.allow_anonymous) {
        texts.emplace_back(
            "ALLOW_ANONYMOUS is true: whoever reaches this server may use it without a key. Make keys with "
            "`snowflake-mcp key add NAME` and set it to false");
    }
    if (!settings.valid_api_keys.empty() && settings.enable_api_key_auth) {
        texts.emplace_back(
            "VALID_API_KEYS holds keys in plain text: make keys with `snowflake-mcp key add NAME` and set "
            "API_KEYS_FILE instead");
        const bool weak = std::any_of(settings.valid_api_keys.begin(), settings.valid_api_keys.end(),
                                      [](const base::Secret& key) { return key.reveal().size() < 16; });
        if (weak) {
            texts.emplace_back("VALID_API_KEYS holds a key of less than 16 characters, which can be guessed");
        }
    }
    if (!settings.valid_api_keys.empty() && !settings.enable_api_key_auth) {
        texts.emplace_back(
            "VALID_API_KEYS is set, but ENABLE_API_KEY_AUTH is not true: nobody is asked for these keys");
    }
    return texts;
}

bool is_loopback(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    if (base::iequals(host, "localhost") || base::iequals(host, "localhost.")) {
        return true;
    }
    const std::string text{host};
    in_addr v4{};
    if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == 127;
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
    }
    return false;
}

base::Result<void> may_listen(std::string_view host, const Settings& settings) {
    if (is_loopback(host) || settings.has_keys() || settings.allow_anonymous) {
        return {};
    }
    return base::fail(
        base::Error{base::Kind::credentials,
                    fmt::format("MCP_SERVER_HOST is {}, so others than this machine could ask, and there are no API "
                                "keys: make one with `snowflake-mcp key add NAME` and set API_KEYS_FILE, listen on "
                                "127.0.0.1, or set ALLOW_ANONYMOUS=true",
                                host.empty() ? "empty" : base::escape_untrusted(host))}
            .at(base::Stage::config)
            .about("MCP_SERVER_HOST"));
}

}  // namespace access_control
