/// How many MCP sessions are alive, where no table of them exists (a session is its sealed id, DESIGN.md section 5b).
///
/// A session of HTTP counts from a request of it (`initialize` too) until it is ended or was silent for `idle`. Each is
/// a mark in one of a fixed number of places, which its key chooses: the number comes from how many places are fresh
/// (linear counting, Whang et al. 1990), so that it costs the same for ten sessions and for a million. Below 100
/// sessions it is off by one now and then, at 10,000 by 0.4 %, at 100,000 by 0.8 % (standard error). Sessions of lines
/// are counted one by one. Threads: any, without a lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace mcp {

class SessionCensus {
public:
    static constexpr std::size_t places = std::size_t{1} << 15;  // 128 KiB

    explicit SessionCensus(std::chrono::seconds idle) : idle_{idle}, seen_(places) {}

    void seen(std::string_view key, base::TimePoint now);
    void ended(std::string_view key);
    std::uint64_t estimate(base::TimePoint now) const;

    void line_began() { lines_.fetch_add(1, std::memory_order_relaxed); }
    void line_ended() { lines_.fetch_sub(1, std::memory_order_relaxed); }

private:
    using Mark = std::atomic<std::uint32_t>;  // seconds of the clock, and one; 0: never

    static std::uint32_t mark_of(base::TimePoint now);
    Mark& place_of(std::string_view key);

    const std::chrono::seconds idle_;
    std::vector<Mark> seen_;
    std::atomic<std::uint64_t> lines_ = 0;
};

}  // namespace mcp
