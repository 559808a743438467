#include "capacity/plan/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace capacity::plan {
namespace {

/// "-1234567.5" becomes "-1,234,567.5".
std::string grouped(std::string text) {
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    const auto point = std::min(text.find('.'), text.size());
    for (std::size_t at = point; at > first + 3;) {
        at -= 3;
        text.insert(at, ",");
    }
    return text;
}

}  // namespace

std::string number(double value, int digits) {
    std::string text = fmt::format("{:.{}f}", value, digits);
    if (text.contains('.')) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) {
            text.pop_back();
        }
    }
    return grouped(text == "-0" ? "0" : std::move(text));
}

std::string dollars(double value) {
    const bool whole = std::abs(value - std::round(value)) < 0.005;
    return (value < 0 ? "-$" : "$") + grouped(fmt::format("{:.{}f}", std::abs(value), whole ? 0 : 2));
}

std::string counted(std::int64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", number(static_cast<double>(count)), thing, count == 1 ? "" : "s");
}

}  // namespace capacity::plan
