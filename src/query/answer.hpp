/// What a tool asks of the pipeline, and what it gets.
///
/// Threads: values; a request and its answer belong to one call. The bytes of an answer may be shared
/// (base/payload.hpp).
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/session.hpp"
#include "base/payload.hpp"

namespace query {

/// How the rows stand in the text content.
enum class Format : std::uint8_t {
    markdown,  // a table
    csv,       // RFC 4180
    json,      // an array of objects
};

/// Which of the result's columns are shown, and how they are called; none: all, as they are.
struct Pick {
    std::string_view source;  ///< the result's column, whatever its case
    std::string_view name;
    bool optional = false;  ///< not every backend has it: then it is NULL
    /// Instead of the value whether this holds of it, as BOOLEAN; the same for all callers as long as the server runs.
    std::function<bool(std::string_view)> holds = {};
};

/// The rows whose column `source` is exactly `value`.
struct Only {
    std::string_view source;
    std::string value;
};

struct Request {
    std::string text;           ///< one statement; these bytes are judged, and these run
    backend::Context context;   ///< what names resolve in; empty parts: the connection's own
    std::size_t limit = 100;    ///< rows in the answer; MAX_QUERY_RESULT_ROWS bounds it
    std::size_t max_bytes = 0;  ///< of the answer; 0 or above MAX_RESULT_BYTES: that
    /// For all of it, its turn and its session included; 0: the call's own deadline, and QUERY_TIMEOUT_SECONDS.
    std::chrono::seconds timeout{0};
    Format format = Format::markdown;
    std::string cursor;     ///< of an earlier answer to the same text in the same context
    std::string_view tool;  ///< name of the tool, for the query tag and the audit
    std::vector<Pick> picks;
    std::optional<Only> only;    ///< these rows
    std::optional<Only> except;  ///< not these rows
    /// `text` is a SELECT that the server composed without LIMIT: one that fits is added before it is judged.
    bool add_limit_clause = false;
    /// Read on to the end behind the rows that are shown, to say how many there are. For SHOW and DESCRIBE.
    bool count_all = false;
    bool fresh = false;      ///< not from the cache; the answer is kept for others
    bool pages = true;       ///< false: the tool takes no cursor, so none is given
    std::uint64_t skip = 0;  ///< rows passed over before the first, beside the cursor's
};

/// For `elapsed_ms`: hundredths are enough.
double milliseconds(std::chrono::nanoseconds time);

/// Figures of one answer.
struct Facts {
    std::size_t row_count = 0;                ///< rows in the answer
    std::optional<std::uint64_t> total_rows;  ///< in the whole result, where that is known
    bool truncated = false;                   ///< there is more, or values were cut
    std::string cursor;                       ///< how to go on; empty at the end
    std::string query_id;
    double elapsed_ms = 0;
};

/// Where an answer came from.
struct CacheUse {
    enum class Status : std::uint8_t {
        none,    // such a statement is never kept, or nothing is
        hit,     // from the cache
        miss,    // from the warehouse, and kept
        bypass,  // from the warehouse, because the caller wanted it so
    };
    Status status = Status::none;
    std::chrono::milliseconds age{0};  ///< of a hit
};

struct Answer {
    base::Payload content;     ///< JSON: the `content` array of a tool's result
    base::Payload structured;  ///< JSON: the object for `structuredContent`
    Facts facts;
    CacheUse cache = {};
};

}  // namespace query
