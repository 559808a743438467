/// A login on the account, shared by whoever uses it: the core under its mutex, renewals and logins for all at once.
///
/// Place: owned by its `SnowflakeSession` and by what outlives that (clean-ups, result sets): hence shared. Threads:
/// any worker; the mutex is held for a step, never across a wait. Lifetime: the link and the policy outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/wait_queue.hpp"
#include "backend/session.hpp"
#include "backend/snowflake/result/query_answer.hpp"
#include "backend/snowflake/session/account_link.hpp"
#include "backend/snowflake/session/left_running.hpp"
#include "backend/snowflake/session/session_core.hpp"
#include "backend/snowflake/session/statement_body.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"

namespace backend::snowflake {

/// What a login gives.
struct Opening {
    Tokens tokens;
    Context context;      ///< as the server named it
    Parts in_doubt = {};  ///< which it did not name
    ParameterList parameters;
    std::string session_header;
};

/// How the sessions of a connection are opened.
struct LoginPolicy {
    /// One login, its own retries and all. Errors: stage `login`.
    std::function<async::Task<base::Result<Opening>>(async::Call& call)> log_in;
    /// Would a login ask a person now?
    std::function<bool()> interactive = [] { return false; };
    std::string secondary_roles = "NONE";  ///< NONE or ALL: the first statement after each login
    std::chrono::seconds patience{120};    ///< for a login in the background
};

class SessionState : public std::enable_shared_from_this<SessionState> {
public:
    using Ptr = std::shared_ptr<SessionState>;
    using Ticket = SessionCore::Ticket;

    SessionState(AccountLink& link, const LoginPolicy& policy) : link_{link}, policy_{policy} {}

    AccountLink& link() const { return link_; }

    /// The first login, for `call`. Errors: stage `login`.
    async::Task<base::Result<void>> open(async::Call& call);

    /// A token that is good as far as we know; waits where the session is just being renewed. Errors: stage `login`.
    async::Task<base::Result<Ticket>> ticket(async::Call& call);
    /// The token as it stands, whatever the session does: for what belongs to a login itself, and for log-outs.
    Ticket present_ticket() const;
    /// A request with this token was refused: ends when there is another one. Errors: there will be none.
    async::Task<base::Result<void>> cure(async::Call& call, std::uint64_t generation, int code);
    /// A new login, for a context that no USE can reach.
    async::Task<base::Result<void>> open_afresh(async::Call& call);

    // ---- What answers tell

    /// `sent`: of the request; `submitted_in`: the opening in which the query was submitted, 0 where it was elsewhere.
    /// What it says of its context is then another session's, and tells nothing of this one.
    void answered(const QueryAnswer& answer, std::string session_header, const Ticket& sent, std::uint64_t submitted_in,
                  bool is_read);
    void proven(std::uint64_t generation);
    void heartbeat_answered(base::TimePoint now);
    /// A statement failed, or was left, that may have changed the context.
    void context_in_doubt();
    std::optional<ContextStep> next_switch(const Context& wanted) const;
    void switched(const ContextStep& step, const Context& wanted);
    void lose(base::Error error);
    void close();

    /// The body of a submission, with the session's next sequence id and its query context.
    std::string statement_body(const Statement& statement, const RunOptions& options, std::int64_t now_ms);

    // ---- Clean-ups: a statement that was left is being cancelled on the server

    void cleanup_begins();
    void cleanup_ends();
    bool settling() const;
    /// Ends when no clean-up is under way.
    async::Task<base::Result<void>> settled(async::Call& call);

    // ---- Asynchronous queries that were submitted here and have not been seen to end

    /// `until`: when the server has ended it at the latest.
    void left_running(base::TimePoint now, std::string query_id, base::TimePoint until);
    void seen_ended(std::string_view query_id);
    bool carries_queries(base::TimePoint now) const;

    bool usable() const;
    std::optional<base::TimePoint> ends_at() const;
    Context context() const;
    bool context_known() const;
    Context own_context() const;
    std::uint64_t openings() const;
    std::string parameter(std::string_view name) const;

private:
    struct Need;
    async::Task<base::Result<void>> mended(async::Call& call, Need need);
    void start(async::Call& call, SessionCore::Cure cure);
    void wake_all(const std::optional<base::Error>& error);
    async::Task<std::optional<base::Error>> log_in(async::Call& call);
    async::Task<std::optional<base::Error>> renew(async::Call& call);
    static async::Task<void> run_cure(async::Call& call, Ptr self, SessionCore::Cure cure);

    AccountLink& link_;
    const LoginPolicy& policy_;
    mutable base::Mutex mutex_;
    SessionCore core_ BASE_GUARDED_BY(mutex_);
    async::WaitQueue waiting_ BASE_GUARDED_BY(mutex_);   // for a renewal or a login
    async::WaitQueue settlers_ BASE_GUARDED_BY(mutex_);  // for clean-ups
    int cleanups_ BASE_GUARDED_BY(mutex_) = 0;
    LeftRunning running_ BASE_GUARDED_BY(mutex_);
};

}  // namespace backend::snowflake
