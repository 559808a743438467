#include "backend/snowflake/allowed_names.hpp"

#include <algorithm>
#include <utility>

#include "backend/snowflake/session/context_switch.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

bool is_pattern(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

/// Capitals, but for what stands in double quotes.
std::string folded_pattern(std::string_view written) {
    written = base::trim(written);
    if (written.size() >= 2 && written.front() == '"' && written.back() == '"') return folded_identifier(written);
    const auto bare = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
               c == '*' || c == '?';
    };
    return std::all_of(written.begin(), written.end(), bare) ? base::to_upper(written) : std::string{written};
}

}  // namespace

base::SettingsTable settings_table(AllowedSettings& settings) {
    base::SettingsTable table{"Snowflake"};
    table
        .list("ALLOWED_ROLES", settings.roles,
              "Roles that callers may ask for beside SNOWFLAKE_ROLE: names or patterns with * and ?. Unset: that one "
              "only.")
        .list("ALLOWED_WAREHOUSES", settings.warehouses,
              "Warehouses that callers may ask for beside SNOWFLAKE_WAREHOUSE: names or patterns with * and ?. Unset: "
              "that one only.");
    return table;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;  // the last one seen, and where the text stood then
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

AllowedNames::AllowedNames(std::string what, const std::vector<std::string>& patterns, std::string own)
    : what_{std::move(what)}, own_{std::move(own)} {
    if (!own_.empty()) names_.push_back(own_);
    for (const std::string& written : patterns) {
        std::string folded = folded_pattern(written);
        if (folded.empty()) continue;
        if (is_pattern(folded)) {
            has_pattern_ = true;
            patterns_.push_back(std::move(folded));
        } else if (std::find(names_.begin(), names_.end(), folded) == names_.end()) {
            names_.push_back(std::move(folded));
        }
    }
}

bool AllowedNames::allows(std::string_view name) const {
    if (name.empty()) return true;
    return std::find(names_.begin(), names_.end(), name) != names_.end() ||
           std::any_of(patterns_.begin(), patterns_.end(),
                       [&](const std::string& pattern) { return matches_pattern(pattern, name); });
}

base::Result<std::string> AllowedNames::choose(std::string_view argument, std::string_view written) const {
    std::string name = folded_identifier(written);
    if (allows(name)) return name;
    std::string message = what_ + " " + name + " may not be asked for here";
    if (!names_.empty()) {
        message += "; allowed: ";
        for (std::size_t i = 0; i < names_.size(); ++i) message += (i > 0 ? ", " : "") + names_[i];
    }
    message += what_ == "role" ? " (ALLOWED_ROLES)" : " (ALLOWED_WAREHOUSES)";
    return base::fail(
        base::Error{base::Kind::denied, std::move(message)}.at(base::Stage::guard).about(std::string{argument}));
}

}  // namespace backend::snowflake
