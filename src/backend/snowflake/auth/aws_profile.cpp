#include "backend/snowflake/auth/aws_profile.hpp"

#include <utility>

#include "base/text.hpp"

namespace backend::snowflake {
namespace {

/// The profile that a section line names; empty: none.
std::string_view profile_of(std::string_view line, AwsFile file) {
    const auto end = line.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view name = base::trim(line.substr(1, end - 1));
    if (file == AwsFile::credentials || name == "default") return name;
    constexpr std::string_view word = "profile";
    if (!name.starts_with(word) || name.size() == word.size()) return {};
    const char behind = name[word.size()];
    return behind == ' ' || behind == '\t' ? base::trim(name.substr(word.size())) : std::string_view{};
}

std::string_view without_quotes(std::string_view name) {
    const bool quoted =
        name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
    return quoted ? name.substr(1, name.size() - 2) : name;
}

}  // namespace

AwsProfile read_aws_profile(std::string_view text, AwsFile file, std::string_view name) {
    AwsProfile profile;
    bool inside = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view whole = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        const std::string_view line = base::trim(whole);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (whole.front() == '[') {
            inside = without_quotes(profile_of(line, file)) == name;
            continue;
        }
        if (!inside || whole.front() == ' ' || whole.front() == '\t') continue;
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        profile.insert_or_assign(base::to_lower(base::trim(line.substr(0, equals))),
                                 std::string{base::trim(line.substr(equals + 1))});
    }
    return profile;
}

}  // namespace backend::snowflake
