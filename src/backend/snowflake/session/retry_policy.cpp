#include "backend/snowflake/session/retry_policy.hpp"

#include <algorithm>
#include <charconv>

namespace backend::snowflake {

using std::chrono::milliseconds;

bool RetryPolicy::is_passing(int status) { return status == 408 || status == 429 || (status >= 500 && status < 600); }

bool RetryPolicy::may_have_begun(const FailedAttempt& failed) {
    switch (failed.how) {
        case FailedAttempt::How::unsent: return false;
        case FailedAttempt::How::lost:
        case FailedAttempt::How::broken_body: return true;
        // A redirect, or refused at the door: unread.
        case FailedAttempt::How::status: return failed.status >= 500 || failed.status == 408;
    }
    return true;
}

void RetryPolicy::succeeded() {
    failures_ = 0;
    last_ = milliseconds{0};
}

std::optional<milliseconds> RetryPolicy::next(const FailedAttempt& failed, base::TimePoint now,
                                              base::TimePoint deadline, double jitter) {
    ++failures_;
    if (failed.how == FailedAttempt::How::status && !is_passing(failed.status)) return std::nullopt;
    if (repeat_ == Repeat::only_if_unseen && may_have_begun(failed)) return std::nullopt;
    if (failures_ >= limits_.attempts) return std::nullopt;
    // Decorrelated jitter: between the base and three times the last wait. A connection that broke off for the first
    // time (it was kept, and the server had closed it) is hardly waited for.
    const bool first_break = failures_ == 1 && failed.how != FailedAttempt::How::status;
    const double low = first_break ? 0.0 : static_cast<double>(limits_.base.count());
    const double high = std::max(static_cast<double>(limits_.base.count()), 3.0 * static_cast<double>(last_.count()));
    milliseconds wait{static_cast<std::int64_t>(low + (high - low) * jitter)};
    wait = std::min(wait, limits_.cap);
    last_ = std::max(wait, limits_.base);
    if (failed.retry_after) wait = std::max(wait, *failed.retry_after);
    if (now + wait >= deadline) return std::nullopt;
    return wait;
}

std::optional<milliseconds> parse_retry_after(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::chrono::seconds{std::min<std::uint32_t>(seconds, 3600)};
}

}  // namespace backend::snowflake
