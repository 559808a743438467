#include "mcp/uri_template.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mcp {
namespace {

base::Result<std::string> percent_decoded(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return base::fail(base::Kind::bad_argument, "a '%' without two hexadecimal digits");
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

}  // namespace

base::Result<UriTemplate> UriTemplate::parse(std::string_view text) {
    const auto refuse = [&](std::string_view why) {
        return base::fail(base::Kind::internal, fmt::format("URI template \"{}\": {}", text, why));
    };
    UriTemplate result;
    while (true) {
        const auto open = text.find('{');
        const auto literal = text.substr(0, open);
        if (literal.find('}') != std::string_view::npos) return refuse("'}' without '{'");
        result.literals_.emplace_back(literal);
        if (open == std::string_view::npos) return result;
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) return refuse("'{' without '}'");
        auto name = text.substr(open + 1, close - open - 1);
        const bool reserved = name.starts_with('+');
        if (reserved) name.remove_prefix(1);
        const auto is_name = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
        };
        if (name.empty() || !std::ranges::all_of(name, is_name)) return refuse("only {name} and {+name} are known");
        if (std::ranges::find(result.names_, name) != result.names_.end()) return refuse("a variable is there twice");
        result.names_.emplace_back(name);
        result.reserved_.push_back(reserved);
        text.remove_prefix(close + 1);
    }
}

bool UriTemplate::match_from(std::size_t index, std::string_view rest, std::vector<std::string_view>& values) const {
    if (index == names_.size()) return rest.empty();
    const std::string_view after = literals_[index + 1];
    const bool last = index + 1 == names_.size();
    for (std::size_t length = 1; length <= rest.size(); ++length) {
        if (!reserved_[index] && rest[length - 1] == '/') return false;
        const auto tail = rest.substr(length);
        if (!tail.starts_with(after) || (last && tail.size() != after.size())) continue;
        values.push_back(rest.substr(0, length));
        if (match_from(index + 1, tail.substr(after.size()), values)) return true;
        values.pop_back();
    }
    return false;
}

bool UriTemplate::match(std::string_view uri, std::vector<std::pair<std::string, std::string>>& variables) const {
    if (!uri.starts_with(literals_.front())) return false;
    std::vector<std::string_view> values;
    if (!match_from(0, uri.substr(literals_.front().size()), values)) return false;
    variables.clear();
    for (std::size_t i = 0; i < names_.size(); ++i) {
        auto decoded = percent_decoded(values[i]);
        if (!decoded) return false;
        variables.emplace_back(names_[i], std::move(*decoded));
    }
    return true;
}

}  // namespace mcp
