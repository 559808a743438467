/// A statement from its submission to its answer: the shell around `QueryCore`.
///
/// Place: `SnowflakeSession` and the services. Threads: the call's worker. A call that stops meanwhile leaves at once;
/// what may still run on the server is cancelled by a clean-up of its own.
#pragma once

#include <optional>
#include <string>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/session.hpp"
#include "backend/snowflake/result/query_answer.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "backend/snowflake/session/statement_body.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

struct Run {
    Statement statement;
    RunOptions options;
    /// Where it is to run: switched to before, and again where the session had to be opened anew. Absent: wherever the
    /// session stands.
    std::optional<Context> wanted;
    /// Part of a login: uses the token as it stands, and no token is renewed for it.
    bool of_login = false;
    /// The server's refusal of the statement is answered as an answer, for what it names beside the reason.
    bool keep_refusal = false;
};

/// The finished answer, or (`options.asynchronous`) the one that says it is running. Errors: the server's refusal of
/// the statement (stage `query`), the way there, the call's stop.
async::Task<base::Result<QueryAnswer>> run_query(async::Call& call, SessionState::Ptr state, Run run);

/// The answer of a query that was submitted before, from whatever session of the same user; waits until it has ended.
async::Task<base::Result<QueryAnswer>> query_result(async::Call& call, SessionState::Ptr state, std::string query_id);

/// What an answer that says no means.
base::Error refusal(const QueryAnswer& answer);

/// Goes where `wanted` is, by USE. Errors: the server's.
async::Task<base::Result<void>> reach_context(async::Call& call, SessionState::Ptr state, const Context& wanted);

}  // namespace backend::snowflake
