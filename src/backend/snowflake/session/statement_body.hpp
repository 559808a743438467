/// The bodies that the session sends, written by appending to a buffer (snowflake-wire.md sections 4.1, 4.2, 6, 7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/session.hpp"
#include "backend/snowflake/session/query_context_cache.hpp"

namespace backend::snowflake {

/// How a statement is to be run, beside what it says.
struct RunOptions {
    bool asynchronous = false;         ///< answer at once, go on running
    bool describe_only = false;        ///< compile, do not run
    std::uint32_t statements = 1;      ///< how many the server composed; never 0, which would mean "any"
    std::int64_t timeout_seconds = 0;  ///< the server cancels it then; 0: not said
};

/// The bindings go out by position. `query_context` null: none is sent.
void write_statement_body(std::string& out, const Statement& statement, const RunOptions& options,
                          std::uint64_t sequence_id, std::int64_t submitted_ms, const QueryContextCache* query_context);

std::string abort_body(std::string_view request_id, std::string_view sql_text);
std::string renewal_body(std::string_view old_session_token);

}  // namespace backend::snowflake
