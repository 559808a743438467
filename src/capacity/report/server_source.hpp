/// A report of running servers: their /metrics read again and again for a while.
///
/// Place: `snowflake-mcp report --url`. Reading is apart from reckoning, so that the latter is pure. Threads: the
/// caller's.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "capacity/report/fetch.hpp"
#include "capacity/report/reading.hpp"
#include "capacity/report/report.hpp"

namespace capacity::report {

struct ServerPlan {
    std::vector<std::string> addresses;  ///< of /metrics; "host:8001" is enough
    std::chrono::milliseconds length{10'000};
    std::chrono::milliseconds interval{1'000};
    std::chrono::milliseconds patience{5'000};  ///< for one page
};

/// Waits so long; false: the person wants no more (what there is, is reported).
using Pause = std::function<bool(std::chrono::milliseconds)>;

/// What was read of one address: a reading a round, nothing where it did not answer.
struct Watched {
    std::string address;
    std::vector<std::optional<Reading>> readings;
    std::string trouble;  ///< the last one; empty: it always answered
};

/// Fills what a server tells: figures, instances, trends, what is missing.
void reckon(const std::vector<Watched>& watched, std::chrono::milliseconds interval, Report& report);

/// Errors: `bad_argument` (an address), `unavailable` where nobody answers in the first round.
base::Result<Report> ask_servers(Fetcher& fetcher, const ServerPlan& plan, const Pause& pause);

}  // namespace capacity::report
