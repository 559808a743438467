/// The clocks everybody uses; pure cores are told a `TimePoint`, only shells ask for one.
#pragma once

#include <chrono>

namespace base {

using Clock = std::chrono::steady_clock;  ///< monotonic: deadlines, ages, timeouts
using TimePoint = Clock::time_point;
using WallClock = std::chrono::system_clock;  ///< only for what people or tokens read
using WallTime = WallClock::time_point;

}  // namespace base
