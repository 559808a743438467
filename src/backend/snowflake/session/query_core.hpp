/// One statement on its way: submit, poll, renew and replay, try again, give up. What to do next, nothing else.
///
/// Place: one a statement; `run_query` (query_run.hpp) does what it says. Pure: told the time, the answers and the
/// randomness. Threads: none.
///
/// The rules (docs/snowflake-protocol.md): one request id for the whole of it; a submission that is sent again says so
/// (`retry=true`, retryCount, retryReason, clientStartTime); once the server has named the query, it is polled by GET,
/// which may be repeated freely; what may write is submitted again only where the server cannot have begun it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/snowflake/session/retry_policy.hpp"
#include "base/clock.hpp"

namespace backend::snowflake {

class QueryCore {
public:
    struct Rules {
        Repeat repeat = Repeat::only_if_unseen;
        /// An asynchronous submission ends with the first "in progress".
        bool leave_running = false;
        RetryPolicy::Limits retries{};
    };

    /// What came back, as far as it matters here.
    struct Reply {
        int status = 200;
        bool readable = false;  ///< the body was an answer
        bool success = false;
        int code = 0;
        std::string_view query_id;
        std::string_view get_result_url;
        std::optional<std::chrono::milliseconds> retry_after;
        std::chrono::milliseconds took{0};  ///< from the request to its answer
    };

    enum class Do : std::uint8_t {
        submit,  // POST query-request
        poll,    // GET the result
        renew,   // have the token renewed (`refused_code`), then `token_ready`
        wait,    // for `delay`, then `waited`
        finish,  // the last reply is the answer (or the server's refusal of the statement)
        fail,    // the last failure is the error
    };
    struct Step {
        Do what = Do::submit;
        std::chrono::milliseconds delay{0};
        int refused_code = 0;
    };

    explicit QueryCore(Rules rules) : rules_{rules}, retries_{rules.repeat, rules.retries} {}

    /// The result of a query that runs elsewhere: begins with a poll.
    static QueryCore of_running(std::string query_id, Rules rules);

    Step begin() const { return {.what = pending_}; }
    Step replied(const Reply& reply, base::TimePoint now, base::TimePoint deadline, double jitter);
    Step failed(const FailedAttempt& attempt, base::TimePoint now, base::TimePoint deadline, double jitter);
    /// The call stopped while a request was out, or it failed for good.
    void left(const FailedAttempt& attempt);
    /// The session has a new token; the same request goes out again.
    Step token_ready() const { return {.what = pending_}; }
    Step waited() const { return {.what = pending_}; }
    /// The submission is about to be sent (once more).
    void submitting() { ++submissions_; }

    /// Marks of the submission that is about to be sent: how often it was sent before, and why that was not enough.
    int resend_count() const { return submissions_; }
    int resend_reason() const { return reason_; }
    const std::string& query_id() const { return query_id_; }
    /// Where to poll: what the server said, or empty (then by query id).
    const std::string& result_url() const { return result_url_; }
    bool in_progress() const { return pending_ == Do::poll; }

    /// Something may be running on the server that nobody waits for any more: it must be cancelled there.
    bool needs_abort() const { return may_run_ && !elsewhere_; }
    /// With `fail`, and where it is given up: a statement that may write may have run, wholly or in part; nobody knows.
    bool outcome_unknown() const { return may_write() && may_run_; }

private:
    bool may_write() const { return rules_.repeat == Repeat::only_if_unseen; }
    Step again_after(std::optional<std::chrono::milliseconds> wait);
    Step progress(const Reply& reply);
    Step refused(int code);

    Rules rules_;
    RetryPolicy retries_;
    Do pending_ = Do::submit;
    int submissions_ = 0;
    int reason_ = 0;
    int renewals_ = 0;
    int polls_ = 0;  // answers "still running", for the pace
    bool may_run_ = false;
    bool elsewhere_ = false;  // submitted by somebody else, who may want it to go on
    std::string query_id_;
    std::string result_url_;
};

}  // namespace backend::snowflake
