#include "backend/snowflake/session/abort_core.hpp"

#include <algorithm>
#include <array>

#include "backend/snowflake/session/retry_policy.hpp"
#include "backend/snowflake/wire/codes.hpp"

namespace backend::snowflake {
namespace {

constexpr std::array<int, 4> pause_ms = {200, 500, 1000, 2000};

std::chrono::milliseconds pause(int times) {
    return std::chrono::milliseconds{pause_ms[std::min<std::size_t>(static_cast<std::size_t>(times - 1), 3)]};
}

}  // namespace

AbortCore::Step AbortCore::failed() {
    if (++failures_ >= most_failures) return {.what = Do::give_up};
    return {.what = Do::wait, .delay = pause(failures_)};
}

AbortCore::Step AbortCore::replied(int status, bool readable, bool success, int code) {
    if (status == 401 || (readable && !success && (wants_renewal(code) || wants_login(code)))) {
        if (++renewals_ > most_renewals) return {.what = Do::give_up};
        return {.what = Do::renew};
    }
    if (RetryPolicy::is_passing(status)) return failed();
    if (status == 404) return {.what = Do::done};  // a server without this endpoint cancels nothing
    if (!readable) return failed();
    if (success) return {.what = Do::done};
    switch (code) {
        case code::statement_not_running:
            if (taken_ || ++not_running_ >= most_not_running) return {.what = Do::done};
            return {.what = Do::wait, .delay = pause(not_running_)};
        case code::statement_cancelled:
        case code::statement_not_found: return {.what = Do::done};
        default: return {.what = Do::give_up};
    }
}

}  // namespace backend::snowflake
