// The CSV of past load that `snowflake-mcp plan --history` reads, and the curves fitted to whatever it says.
// links: capacity
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "capacity/plan/history.hpp"
#include "scaling/trend.hpp"

namespace {

void check(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const bool gaps : {false, true}) {
        const auto past = capacity::plan::parse_history(text, {.file = "past.csv", .allow_gaps = gaps});
        if (!past) {
            check(!past.error().message().empty());
            continue;
        }
        check(past->size() >= 3);
        std::vector<scaling::Observation> seen;
        for (const auto& month : *past) {
            check(month.clients >= 0 && month.clients <= 1e9);
            check(seen.empty() || static_cast<double>(month.month) > seen.back().month);
            seen.push_back({.month = static_cast<double>(month.month), .clients = month.clients});
        }
        if (const auto trend = scaling::Trend::best(seen)) {
            const auto next = trend->at(seen.back().month + 1, 0.9);
            check(!std::isnan(next.expected) && next.low <= next.high && next.low >= 0);
        }
    }
    return 0;
}
