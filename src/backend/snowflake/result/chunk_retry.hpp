/// When a chunk is downloaded again: at most so many times, with growing waits. Pure.
///
/// Decorrelated jitter, 1 to 16 s: the next wait is between one second and three times the last one, as the drivers
/// wait (snowflake-wire.md section 8). The storage's own Retry-After wins where it is longer.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace backend::snowflake {

class ChunkRetry {
public:
    using Milliseconds = std::chrono::milliseconds;
    static constexpr int most_tries = 7;
    static constexpr Milliseconds shortest{1'000};
    static constexpr Milliseconds longest{16'000};
    static constexpr Milliseconds longest_asked{120'000};

    /// How long to wait before the next try, or nothing where it was the last. `random`: 0 to 1.
    std::optional<Milliseconds> next(double random, std::optional<Milliseconds> asked = {}) {
        if (++tries_ >= most_tries) return std::nullopt;
        const auto span = static_cast<double>((last_ * 3 - shortest).count());
        last_ = std::min(longest, shortest + Milliseconds{static_cast<std::int64_t>(span * random)});
        return asked ? std::max(last_, std::min(*asked, longest_asked)) : last_;
    }
    int tries() const { return tries_; }

private:
    int tries_ = 0;
    Milliseconds last_ = shortest;
};

}  // namespace backend::snowflake
