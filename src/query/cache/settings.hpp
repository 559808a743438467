/// Settings of the result cache (DESIGN.md section 6, "Cache"). Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/settings.hpp"

namespace query::cache {

/// How long answers are kept whose session is in a database and schema of this pattern.
struct TtlRule {
    std::string database;  ///< upper case; `*` stands for any run of characters
    std::string schema;
    std::chrono::seconds ttl{0};
};

struct Settings {
    bool enabled = true;
    bool coalesce = true;
    std::string type = "memory";
    std::chrono::seconds ttl{300};
    std::chrono::seconds metadata_ttl{60};
    std::string ttl_rules_text;  ///< as written; read into `ttl_rules`
    std::vector<TtlRule> ttl_rules;
    std::size_t max_size_mb = 256;
    std::string key_prefix = "snowflake_mcp";
    std::string directory;  ///< empty: `folder()` chooses

    /// CACHE_DIR, else snowflake-mcp in the user's cache folder (XDG_CACHE_HOME, ~/.cache), else in /var/cache.
    std::filesystem::path folder() const;
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(Settings& settings);

/// "SALES.*=60, *.STAGING=0": the first rule that fits counts. Errors name the part that cannot be read.
base::Result<std::vector<TtlRule>> parse_ttl_rules(std::string_view text);

/// Of an answer of this context: the first rule that fits, else `settings.ttl`.
std::chrono::seconds ttl_of(const Settings& settings, std::string_view database, std::string_view schema);

}  // namespace query::cache
