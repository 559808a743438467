/// How to go on: where an answer stopped, sealed into the client's hands (DESIGN.md section 5b).
///
/// A cursor fits the same statement in the same context by the same principal only, in any process with the same keys.
/// It holds no rows: where the backend keeps results (Snowflake, for 24 hours) it names the query, whose result is read
/// on from the position; elsewhere the statement runs again, and the rows before the position are passed over. Threads:
/// pure.
#pragma once

#include "query/namespace.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/session.hpp"
#include "base/error.hpp"
#include "base/principal.hpp"
#include "base/sealed_token.hpp"

namespace query {

/// What a cursor belongs to.
struct CursorSubject {
    std::string_view text;  ///< of the statement, as it was asked
    const backend::Context& context;
    std::string_view connection;
};

/// Where an answer goes on.
struct CursorPlace {
    std::uint64_t offset = 0;  ///< rows of the whole result before it
    std::string query_id;      ///< whose result it is; empty: the statement is run again
};

std::string seal_cursor(const base::TokenSealer& sealer, const base::Principal& principal, const CursorSubject& subject,
                        const CursorPlace& place, base::WallTime now);

/// `bad_argument` about "cursor": unknown, too old, somebody else's, or of another statement.
base::Result<CursorPlace> open_cursor(const base::TokenSealer& sealer, const base::Principal& principal,
                                      const CursorSubject& subject, std::string_view cursor, base::WallTime now);

/// What is said where the backend has not the result any more: `bad_argument` about "cursor".
base::Error result_is_gone();

}  // namespace query
