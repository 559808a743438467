#include "backend/snowflake/session/query_core.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "backend/snowflake/wire/codes.hpp"

namespace backend::snowflake {
namespace {

using std::chrono::milliseconds;

/// A statement that meets so many ended tokens meets them for ever.
constexpr int most_renewals = 4;

/// The pace of gosnowflake and of the Python connector's asynchronous polls, in halves of a second.
constexpr std::array<int, 7> pace = {1, 1, 2, 3, 4, 8, 10};

/// A server that answers "still running" sooner than this did not wait for the end.
constexpr milliseconds held_on{250};

/// A refusal of the application's own, not of something in front of it: the statement was looked at.
bool is_answer(const QueryCore::Reply& reply) {
    if (!reply.readable) return false;
    if (reply.status >= 200 && reply.status < 300) return true;
    return !reply.success && reply.code >= 1000 && !RetryPolicy::is_passing(reply.status == 500 ? 200 : reply.status);
}

bool says_token_is_no_good(const QueryCore::Reply& reply) {
    return reply.status == 401 ||
           (reply.readable && !reply.success && (wants_renewal(reply.code) || wants_login(reply.code)));
}

}  // namespace

QueryCore QueryCore::of_running(std::string query_id, Rules rules) {
    rules.repeat = Repeat::freely;
    QueryCore core{rules};
    core.query_id_ = std::move(query_id);
    core.pending_ = Do::poll;
    core.elsewhere_ = true;
    return core;
}

QueryCore::Step QueryCore::again_after(std::optional<milliseconds> wait) {
    if (!wait) return {.what = Do::fail};
    if (wait->count() == 0) return {.what = pending_};
    return {.what = Do::wait, .delay = *wait};
}

QueryCore::Step QueryCore::refused(int code) {
    if (++renewals_ > most_renewals) return {.what = Do::fail};
    reason_ = 0;
    return {.what = Do::renew, .refused_code = code};
}

QueryCore::Step QueryCore::progress(const Reply& reply) {
    may_run_ = true;
    if (!reply.query_id.empty()) query_id_ = reply.query_id;
    if (!reply.get_result_url.empty()) result_url_ = reply.get_result_url;
    retries_.succeeded();
    retries_.becomes(Repeat::freely);
    if (rules_.leave_running && !query_id_.empty()) {
        may_run_ = false;
        return {.what = Do::finish};
    }
    const bool first = pending_ == Do::submit;
    pending_ = Do::poll;
    if (query_id_.empty() && result_url_.empty()) return {.what = Do::fail};
    const bool held = first || reply.took >= held_on;
    if (reply.code == code::query_in_progress && held) return {.what = Do::poll};
    const int halves = pace[std::min<std::size_t>(static_cast<std::size_t>(polls_++), pace.size() - 1)];
    return {.what = Do::wait, .delay = milliseconds{500} * halves};
}

QueryCore::Step QueryCore::replied(const Reply& reply, base::TimePoint now, base::TimePoint deadline, double jitter) {
    if (says_token_is_no_good(reply)) return refused(reply.readable && reply.code != 0 ? reply.code : reply.status);
    if (is_answer(reply)) {
        if (is_in_progress(reply.code)) return progress(reply);
        if (!reply.query_id.empty()) query_id_ = reply.query_id;
        may_run_ = false;
        return {.what = Do::finish};
    }
    FailedAttempt attempt{.how = FailedAttempt::How::status, .status = reply.status, .retry_after = reply.retry_after};
    if (reply.status >= 200 && reply.status < 300) attempt.how = FailedAttempt::How::broken_body;
    return failed(attempt, now, deadline, jitter);
}

QueryCore::Step QueryCore::failed(const FailedAttempt& attempt, base::TimePoint now, base::TimePoint deadline,
                                  double jitter) {
    if (RetryPolicy::may_have_begun(attempt)) may_run_ = true;
    if (pending_ == Do::submit) reason_ = attempt.how == FailedAttempt::How::status ? attempt.status : 0;
    return again_after(retries_.next(attempt, now, deadline, jitter));
}

void QueryCore::left(const FailedAttempt& attempt) {
    if (!RetryPolicy::may_have_begun(attempt)) return;
    may_run_ = true;
}

}  // namespace backend::snowflake
