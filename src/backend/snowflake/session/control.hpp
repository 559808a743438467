/// The control requests of a session: renewal, sign of life, log-out, abort. They go by lanes of their own.
///
/// Place: between `SessionState` and the link; each a coroutine of its call's worker, bounded by the call's deadline.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/snowflake/session/account_link.hpp"
#include "backend/snowflake/session/session_core.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// Why a renewal gave no tokens.
struct RenewalFailure {
    base::Error error;
    bool refused = false;  ///< the server said no: only a login helps. Else it did not get through
};

async::Task<std::expected<Tokens, RenewalFailure>> renew_tokens(async::Call& call, AccountLink& link, Tokens present);

/// A request with the session's token, sent again with a new one where it was refused (HTTP 401, or an envelope that
/// says so). What may be repeated freely is tried again after statuses that pass and broken connections, other things
/// only where the server has not seen them. Errors: there was no answer; any status is one.
async::Task<base::Result<LinkReply>> authorized(async::Call& call, SessionState::Ptr state, Ask ask, Repeat repeat);
/// The same up to the answer's head.
async::Task<base::Result<net::client::Response>> authorized_open(async::Call& call, SessionState::Ptr state, Ask ask);

/// Never SQL. A server without this endpoint (404) is alive.
async::Task<base::Result<void>> send_heartbeat(async::Call& call, SessionState::Ptr state);

/// Errors are logged, not answered: the session is gone for us either way.
async::Task<void> log_out(async::Call& call, AccountLink& link, SessionState::Ticket ticket);

/// Which statement is to be cancelled.
struct Abandoned {
    std::string request_id;
    std::string sql_text;
    bool was_seen = false;  ///< by the server, for sure: "not running" then means that it is over
};

/// Until the server says that nothing runs. Errors: nobody knows.
async::Task<base::Result<void>> abort_statement(async::Call& call, SessionState::Ptr state, Abandoned what);
/// By id, from any session of the same user. Errors: `not_found` where there is no such query.
async::Task<base::Result<void>> abort_query(async::Call& call, SessionState::Ptr state, std::string query_id);

/// In the background, on the call's worker: cancels what was left; the session is not used again before it is done,
/// and is thrown away where it cannot be done.
void clean_up(async::Call& call, SessionState::Ptr state, Abandoned what);

}  // namespace backend::snowflake
