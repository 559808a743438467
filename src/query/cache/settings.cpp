#include "query/cache/settings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "base/text.hpp"

namespace query::cache {
namespace {

/// `*` stands for any run of characters.
bool fits(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

base::Result<TtlRule> parse_rule(std::string_view text) {
    const auto wrong = [&] {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("\"{}\" is not of the form DATABASE.SCHEMA=SECONDS", text));
    };
    const auto equals = text.rfind('=');
    const auto dot = text.find('.');
    if (equals == std::string_view::npos || dot == std::string_view::npos || dot > equals) return wrong();
    const auto number = base::trim(text.substr(equals + 1));
    int seconds = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seconds);
    if (error != std::errc{} || end != number.data() + number.size() || seconds < 0 || seconds > 604'800) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("\"{}\": the seconds must be a number from 0 to 604800", text));
    }
    TtlRule rule{.database = base::to_upper(base::trim(text.substr(0, dot))),
                 .schema = base::to_upper(base::trim(text.substr(dot + 1, equals - dot - 1))),
                 .ttl = std::chrono::seconds{seconds}};
    if (rule.database.empty() || rule.schema.empty()) return wrong();
    return rule;
}

}  // namespace

base::Result<std::vector<TtlRule>> parse_ttl_rules(std::string_view text) {
    std::vector<TtlRule> rules;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto part = base::trim(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        if (part.empty()) continue;
        auto rule = parse_rule(part);
        if (!rule) return base::fail(std::move(rule.error()));
        rules.push_back(std::move(*rule));
    }
    return rules;
}

std::chrono::seconds ttl_of(const Settings& settings, std::string_view database, std::string_view schema) {
    for (const auto& rule : settings.ttl_rules) {
        if (fits(rule.database, database) && fits(rule.schema, schema)) return rule.ttl;
    }
    return settings.ttl;
}

std::filesystem::path Settings::folder() const {
    if (!directory.empty()) return directory;
    const auto from = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path{value != nullptr ? value : ""};
    };
    if (const auto own = from("XDG_CACHE_HOME"); own.is_absolute()) return own / "snowflake-mcp";
    if (const auto home = from("HOME"); home.is_absolute()) return home / ".cache" / "snowflake-mcp";
    return "/var/cache/snowflake-mcp";
}

base::SettingsTable settings_table(Settings& settings) {
    base::SettingsTable table{"Cache"};
    table
        .boolean(
            "ENABLE_QUERY_CACHING", settings.enabled,
            "Answers of reads are kept and given again. Whoever asks as the same Snowflake identity and role may get "
            "a kept answer until its time is over, even after a grant was revoked.")
        .boolean("ENABLE_QUERY_COALESCING", settings.coalesce,
                 "Identical reads that are in flight at the same time run once.")
        .choice("CACHE_TYPE", settings.type, {"memory", "file", "redis"}, "Where answers are kept.")
        .seconds("CACHE_TTL_SECONDS", settings.ttl, 0, 604'800, "How long an answer is kept. 0: not at all.")
        .seconds("METADATA_CACHE_TTL_SECONDS", settings.metadata_ttl, 0, 604'800,
                 "The same for SHOW and DESCRIBE, which the catalog tools ask with.");
    table.add({.name = "CACHE_TTL_RULES",
               .group = {},
               .type = "list",
               .unit = {},
               .range = {},
               .meaning =
                   "Other times by the session's database and schema: SALES.*=60, *.STAGING=0. The first that fits "
                   "counts.",
               .set = [&settings](std::string_view text) -> base::Result<void> {
                   auto rules = parse_ttl_rules(text);
                   if (!rules) return base::fail(std::move(rules.error()));
                   settings.ttl_rules = std::move(*rules);
                   settings.ttl_rules_text = std::string{text};
                   return {};
               },
               .show = [&settings] { return settings.ttl_rules_text; },
               .default_text = {}});
    table.text("CACHE_DIR", settings.directory,
               "Folder of CACHE_TYPE=file; empty: snowflake-mcp in the user's cache folder. One server writes to it, "
               "others may read; with the same STATE_KEYS, which open what is kept there.");
    table.size("CACHE_MAX_SIZE_MB", settings.max_size_mb, 1, 1'048'576, "MB", "Bound of the cache, everything counted.")
        .text("CACHE_KEY_PREFIX", settings.key_prefix, "What keys begin with in a store that others use too.");
    return table;
}

}  // namespace query::cache
