/// A login on a backend, vendor-neutral: what the pool lends and the pipeline runs statements on.
///
/// Threads: a backend is shared by all workers; a session is lent by the pool to one caller at a time, or to several
/// where it `carries_several()`. What may be asked at any moment from any thread is marked so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/context.hpp"
#include "backend/result_set.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace backend {

struct Binding {
    std::string type;                  ///< FIXED, TEXT, DATE, …
    std::optional<std::string> value;  ///< absent: NULL
};

/// One statement as the guard judged it: these bytes run and no others.
struct Statement {
    std::string text;
    std::vector<Binding> bindings;
    Context context;
    std::string tag;                     ///< query tag (JSON), at most 2,000 characters
    std::optional<std::uint64_t> limit;  ///< rows the caller will take at most: a hint to stop early
    /// Judged to change nothing, so that it may be sent again when its answer is lost. False: unknown or a write.
    bool is_read = false;
};

/// Several reads in one text, each judged by its own: they go out as one request and run one after the other.
struct ReadsInOne {
    std::string text;       ///< parted by semicolons
    std::size_t count = 0;  ///< exactly so many statements
    Context context;
    std::string tag;  ///< as a statement's
};

/// What became of one of them.
struct ReadInOne {
    enum class State : std::uint8_t {
        ran,        // `open` gives its rows
        failed,     // `error` is its own
        never_ran,  // one before it failed
        unknown,    // nobody can say
    };
    State state = State::unknown;
    std::string query_id;              ///< empty: not known
    std::optional<base::Error> error;  ///< exactly where it failed
    /// Its rows, for any call of any worker; the session may have gone home, or have ended (an error then). `limit`:
    /// as `Statement::limit`. Set exactly where it ran.
    std::function<async::Task<base::Result<std::unique_ptr<ResultSet>>>(async::Call& call,
                                                                        std::optional<std::uint64_t> limit)>
        open;
};

class Session {
public:
    virtual ~Session() = default;

    /// Runs a statement in its context: switches first, or by the way, where the session is in another one. Must not
    /// be called again until the result set is gone, unless `carries_several()`; then the pool gives only statements of
    /// the context in which the session is, from any workers at once. Where the backend refuses because another
    /// statement runs: `busy_error`, nothing has run, and `carries_several()` is false from then on.
    virtual async::Task<base::Result<std::unique_ptr<ResultSet>>> execute(async::Call& call, Statement statement) = 0;

    /// Runs several reads as one request; answers as many as there are, in their order. Otherwise as `execute`. Only
    /// where the backend `runs_several_in_one()`. Errors: none of them has rows that could be had, by what hindered all
    /// of them or (`sql`) by the refusal of a request that names no results.
    virtual async::Task<base::Result<std::vector<ReadInOne>>> execute_all(async::Call& call, ReadsInOne reads);

    /// As the last answer named it, each part spelled as `Statement::context` spelled it where that means the same
    /// object. Asked only while nothing runs on the session. Right after the login: the session's own.
    virtual const Context& context() const = 0;
    /// False: after an error the context is unknown until the next answer names it. Asked as `context()` is.
    virtual bool context_known() const { return true; }

    /// False: the pool throws it away. Any thread, any time; once false, false for ever.
    virtual bool usable() const = 0;
    /// May several statements run on it at once? Any thread, any time; once false, false for ever.
    virtual bool carries_several() const { return false; }
    /// When the backend will end it whatever we do (Snowflake: the master token's end); the pool has a successor ready
    /// before. Any thread, any time; may move.
    virtual std::optional<base::TimePoint> ends_at() const { return std::nullopt; }
    /// True while something on the backend needs the login to stand after we have gone (an asynchronous query that
    /// another replica will ask for): the pool then drops the session without `close`. Any thread, any time.
    virtual bool keep_logged_in() const { return false; }

    /// A sign of life, never SQL (Snowflake: /session/heartbeat). Only while nobody borrows it; the pool throws the
    /// session away after an error.
    virtual async::Task<base::Result<void>> check(async::Call& call);
    /// Logs out; the session is destroyed afterwards. What goes wrong is the session's to log. Only while nobody
    /// borrows it, at most once, within the call's (short) deadline.
    virtual async::Task<void> close(async::Call& call);
};

/// What `Session::execute` answers where the backend refused because the session runs another statement.
base::Error busy_error(std::string message);
bool is_busy_error(const base::Error& error);

/// A backend makes sessions. One a connection; shared by all workers; thread-safe.
class Backend {
public:
    virtual ~Backend() = default;
    virtual std::string_view name() const = 0;  ///< "duckdb", "snowflake"
    /// `context`: what the session is to be in (the pool asks for `default_context()`). Within the call's deadline; the
    /// call's principal is who waits, or the server itself. Errors: `credentials` and others that another attempt
    /// cannot mend are not tried again; `unavailable`, `timeout` and `overloaded` are.
    virtual async::Task<base::Result<std::unique_ptr<Session>>> login(async::Call& call, Context context,
                                                                      Identity identity) = 0;
    virtual Context default_context() const = 0;
    /// Whatever its answers depend on beside statement and context: which account or file it is, as whom it logs in,
    /// the session parameters that change answers. Part of the cache's key, which others may share: two backends whose
    /// texts are equal must give equal answers. May hold digests of secrets, never a secret.
    virtual std::string answers_depend_on() const { return {}; }
    /// True: a login now would ask a person to act (browser, push message). The pool then logs in one at a time and
    /// only while a caller waits. Any thread, any time; may change (a token was cached).
    virtual bool interactive() const { return false; }
    /// May its sessions carry several statements at once?
    virtual bool carries_several() const { return false; }
    /// Can a request hold several statements (`Session::execute_all`)?
    virtual bool runs_several_in_one() const { return false; }
};

}  // namespace backend
