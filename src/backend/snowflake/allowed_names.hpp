/// Which roles and warehouses a caller may ask for. Pure.
///
/// Place: the tools ask before a statement gets a context of its own; `list_roles` and `list_warehouses` mark by it.
/// It is this server's rule; Snowflake's grants stand behind it. Threads: immutable after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/settings.hpp"

namespace backend::snowflake {

struct AllowedSettings {
    std::vector<std::string> roles;       ///< ALLOWED_ROLES: names or patterns; empty: the configured one only
    std::vector<std::string> warehouses;  ///< ALLOWED_WAREHOUSES
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(AllowedSettings& settings);

/// Names of one kind that may be asked for.
class AllowedNames {
public:
    /// `patterns` as written: `*` stands for any characters, `?` for one; a bare word folds to capitals as in SQL, a
    /// name in double quotes is exact (and may hold `*` and `?` as patterns too). `own` is the configured name (may be
    /// empty); it is always allowed.
    AllowedNames(std::string what, const std::vector<std::string>& patterns, std::string own);

    /// `name` is exact. Empty means "the configured one".
    bool allows(std::string_view name) const;
    /// The exact name that `written` (as in SQL) means, if it is allowed. Errors: `denied` that names the setting.
    base::Result<std::string> choose(std::string_view argument, std::string_view written) const;

    /// Is there anything to choose? Then tools take an argument for it.
    bool is_choice() const { return has_pattern_ || names_.size() > 1; }
    /// The names that are written out, the configured one first; patterns are not among them.
    const std::vector<std::string>& names() const { return names_; }
    /// Some are allowed by pattern, so that `names` is not the whole.
    bool has_pattern() const { return has_pattern_; }

private:
    std::string what_;
    std::string own_;
    std::vector<std::string> names_;
    std::vector<std::string> patterns_;
    bool has_pattern_ = false;
};

/// `*` any characters, `?` one (of UTF-8: one byte). No recursion: at most so many steps as both are long, multiplied.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace backend::snowflake
