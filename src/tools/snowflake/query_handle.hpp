/// A query that was submitted, in the hands of who submitted it: sealed, so that it is nobody else's and any replica
/// can go on with it (DESIGN.md section 5b). A raw query id is never taken from a client.
///
/// Pure. Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/context.hpp"
#include "base/error.hpp"
#include "base/principal.hpp"
#include "base/sealed_token.hpp"
#include "query/answer.hpp"

namespace tools::snowflake {

struct QueryHandle {
    std::string connection;  ///< name of the account it runs on: it is asked about nowhere else
    std::string query_id;
    std::size_t limit = 100;
    query::Format format = query::Format::markdown;
    /// What was asked, where it is short enough to go along: then a cursor fits the same call of `execute_query`.
    std::string text = {};
    backend::Context context = {};  ///< what the statement was asked to run in
    bool is_read = true;            ///< false: what is kept may not be true any more when it has ended
    bool is_shared = false;         ///< others were given the same query: none of them can end it for the others

    static constexpr std::size_t longest_text = std::size_t{8} * 1024;

    std::string pack() const;
    static std::optional<QueryHandle> unpack(std::string_view packed);
};

/// Good for Snowflake's 24 hours.
std::string seal(const base::TokenSealer& sealer, const base::Principal& principal, const QueryHandle& handle,
                 base::WallTime now);
/// `bad_argument` about "handle": unknown, too old or somebody else's. Whether its connection is one of this server's
/// is for the caller to see, who answers `unknown_handle` too.
base::Result<QueryHandle> open_handle(const base::TokenSealer& sealer, const base::Principal& principal,
                                      std::string_view text, base::WallTime now);

base::Error unknown_handle();

/// How `Pipeline::show` is asked for the rows of a handle. Cursors belong to the statement where that is known, else to
/// the query.
query::Request request_of(const QueryHandle& handle, std::string_view tool);

}  // namespace tools::snowflake
