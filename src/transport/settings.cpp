#include "transport/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "transport/door.hpp"

namespace transport {

base::SettingsTable settings_table(Settings& s) {
    base::SettingsTable table{"HTTP"};
    table
        .list("ALLOWED_HOSTS", s.allowed_hosts,
              "Host names (with or without :port) by which clients may call /mcp, besides loopback names; * with keys "
              "only")
        .list("ALLOWED_ORIGINS", s.allowed_origins,
              "Origins of web pages that may call /mcp, such as https://app.example.com; * with keys only")
        .seconds("ORPHAN_GRACE_SECONDS", s.orphan_grace, 0, 3600,
                 "How long a call of an older protocol revision runs on after its client has gone")
        .size("STDIO_MAX_LINE_KB", s.stdio_max_line_kb, 1, 1024 * 1024, "KB", "Longest message on stdio")
        .seconds("STDIO_END_GRACE_SECONDS", s.stdio_end_grace, 0, 3600,
                 "How long calls may still run after the end of stdio's input, while somebody reads the answers");
    return table;
}

base::Result<void> check(const Settings& settings, bool keys_required) {
    const auto wrong = [](std::string name, std::string text) {
        return base::fail(
            base::Error{base::Kind::bad_argument, std::move(text)}.at(base::Stage::config).about(std::move(name)));
    };
    const auto is_star = [](const std::string& entry) { return entry == "*"; };
    if (!keys_required) {
        constexpr auto text = "{} is *: that lets every web page in; set API_KEYS_FILE, or name the {}";
        if (std::any_of(settings.allowed_hosts.begin(), settings.allowed_hosts.end(), is_star)) {
            return wrong("ALLOWED_HOSTS", fmt::format(text, "ALLOWED_HOSTS", "hosts"));
        }
        if (std::any_of(settings.allowed_origins.begin(), settings.allowed_origins.end(), is_star)) {
            return wrong("ALLOWED_ORIGINS", fmt::format(text, "ALLOWED_ORIGINS", "origins"));
        }
    }
    for (const auto& host : settings.allowed_hosts) {
        if (!Door::is_host_entry(host)) {
            return wrong("ALLOWED_HOSTS",
                         fmt::format("ALLOWED_HOSTS names '{}': allowed are host, host:port, *.domain and *", host));
        }
    }
    for (const auto& origin : settings.allowed_origins) {
        if (!Door::is_origin_entry(origin)) {
            return wrong(
                "ALLOWED_ORIGINS",
                fmt::format("ALLOWED_ORIGINS names '{}': allowed are scheme://host, scheme://host:port and *", origin));
        }
    }
    return {};
}

}  // namespace transport
