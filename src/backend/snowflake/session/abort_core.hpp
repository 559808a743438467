/// The cancelling of a statement on the server: how often to ask, when it is done.
///
/// Place: one a clean-up; `abort_statement` (control.hpp) does what it says. Pure. Threads: none.
///
/// "Not running" (000605) may mean that the abort overtook the submission: it is asked again a few times, then taken as
/// done (gosnowflake asks five times). Network errors are tried again within the clean-up's short deadline.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace backend::snowflake {

class AbortCore {
public:
    static constexpr int most_not_running = 5;
    static constexpr int most_failures = 8;
    static constexpr int most_renewals = 2;

    enum class Do : std::uint8_t {
        send,
        wait,     // `delay`, then send
        renew,    // the token was refused: have it renewed, then send
        done,     // nothing runs any more
        give_up,  // nobody knows
    };
    struct Step {
        Do what = Do::send;
        std::chrono::milliseconds delay{0};
    };

    /// `taken`: the server has had it for sure, so "not running" cannot mean "not yet".
    explicit AbortCore(bool taken) : taken_{taken} {}

    /// `status`: of HTTP; `readable`: the body was an envelope.
    Step replied(int status, bool readable, bool success, int code);
    Step failed();

private:
    bool taken_;
    int not_running_ = 0;
    int failures_ = 0;
    int renewals_ = 0;
};

}  // namespace backend::snowflake
