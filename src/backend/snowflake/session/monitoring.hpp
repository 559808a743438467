/// How a query stands, by id: `GET /monitoring/queries/<id>` (snowflake-wire.md section 4.5).
#pragma once

#include <string>
#include <string_view>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/snowflake/services.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

async::Task<base::Result<QueryStatus>> monitor_query(async::Call& call, SessionState::Ptr state, std::string query_id);

/// What the body says. Pure. Errors: `unavailable` where it is no such answer.
base::Result<QueryStatus> parse_monitoring(std::string_view body);

/// What Snowflake's word means; unknown words are `unknown`.
QueryStatus::State query_state(std::string_view word);

}  // namespace backend::snowflake
