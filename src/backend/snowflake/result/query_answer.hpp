/// The answer to a statement, read from the body of a reply: finished, still running, or refused.
///
/// Place: between the session (which sends and polls) and the result set (which reads the rows). One pass over the
/// body and no tree: rows, chunks, parameters and the query context stay text inside it until somebody asks.
/// Threads: a value. Views it gives live as long as the answer stands where it is (moving it keeps the body's bytes
/// only where they are not short: take views after the last move).
///
/// Tolerant as the drivers are (snowflake-wire.md 12.5): `code` as text or number, `rowtype` or `rowType`, type names
/// in any case, any field missing, unknown fields ignored, `data` null.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/memory_budget.hpp"

namespace backend::snowflake {

/// One item of `rowtype`. Numbers that the server left out are absent.
struct RowType {
    std::string name;
    std::string type;           ///< lower case: fixed, text, timestamp_ntz, …
    std::string ext_type_name;  ///< lower case: geography, geometry; else empty
    bool nullable = true;
    std::optional<std::int64_t> length;  ///< characters
    std::optional<std::int64_t> byte_length;
    std::optional<std::int64_t> precision;
    std::optional<std::int64_t> scale;
    std::optional<std::int64_t> vector_dimension;
    std::vector<RowType> fields;  ///< of structured OBJECT (named), ARRAY, MAP (key, value), VECTOR
};

enum class RowFormat : std::uint8_t { json, arrow };

/// Rows that stand elsewhere, behind a pre-signed URL.
struct Chunk {
    std::string url;
    std::uint64_t rows = 0;
    std::optional<std::uint64_t> uncompressed_bytes;
    std::optional<std::uint64_t> compressed_bytes;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;
/// Name and value; a boolean is true or false, a number its digits.
using ParameterList = std::vector<std::pair<std::string, std::string>>;

struct QueryAnswer {
    struct Slice {
        std::size_t at = 0;
        std::size_t size = 0;
    };
    enum class Rowset : std::uint8_t { absent, null, array };
    struct DmlStats {
        std::optional<std::uint64_t> inserted;
        std::optional<std::uint64_t> updated;
        std::optional<std::uint64_t> deleted;
        std::optional<std::uint64_t> duplicates;
    };

    std::string body;   ///< everything below borrows from it
    base::Lease lease;  ///< of the body, where it is large

    bool success = false;
    int code = 0;  ///< 0: none. 333333 and 333334: still running
    std::string message;
    bool has_data = false;  ///< `data` was an object

    std::string query_id;
    std::string sql_state;
    std::string get_result_url;                       ///< where to poll, relative
    std::optional<std::chrono::seconds> abort_after;  ///< queryAbortsAfterSecs
    std::string progress;                             ///< progressDesc

    std::vector<RowType> row_types;
    bool has_row_types = false;
    RowFormat format = RowFormat::json;
    std::string unknown_format;  ///< what queryResultFormat said, where it is neither
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> returned;
    Rowset rowset = Rowset::absent;

    std::string final_role;  ///< empty: not named
    std::string final_warehouse;
    std::string final_database;
    std::string final_schema;

    std::optional<std::int64_t> statement_type_id;
    std::vector<std::string> result_ids;  ///< children of a multi-statement request
    std::vector<std::string> result_types;
    std::optional<std::int64_t> version;
    std::optional<std::int64_t> number_of_binds;
    DmlStats stats;
    std::optional<std::int64_t> error_line;  ///< of a refused statement, from 1
    std::optional<std::int64_t> error_position;

    bool in_progress() const { return code == 333333 || code == 333334; }

    /// The text between the outer brackets of `rowset`; empty where there is none.
    std::string_view rowset_text() const { return view(rowset_); }
    /// The characters of the JSON string `rowsetBase64`, escapes not undone.
    std::string_view rowset_base64() const { return view(rowset_base64_); }
    /// The query context as the server wrote it (an object), or empty.
    std::string_view query_context() const { return view(query_context_); }
    /// The array `parameters` as it was written, or empty: equal text means that nothing has changed.
    std::string_view parameters_text() const { return view(parameters_); }

    ParameterList parameters() const;
    /// One parameter's value; names compare without case.
    std::optional<std::string> parameter(std::string_view name) const;

    bool has_chunks() const { return chunks_.size != 0; }
    /// Errors: `unavailable` where an item has no URL.
    base::Result<std::vector<Chunk>> chunks() const;
    /// What goes with a request for a chunk: `chunkHeaders` where present (even empty), else what follows from `qrmk`.
    HeaderList chunk_headers() const;

    // Where things stand in `body`; set by the parser.
    Slice rowset_;
    Slice rowset_base64_;
    Slice query_context_;
    Slice parameters_;
    Slice chunks_;
    Slice chunk_headers_;
    Slice qrmk_;
    bool has_chunk_headers_ = false;

private:
    std::string_view view(Slice slice) const { return std::string_view{body}.substr(slice.at, slice.size); }
};

/// Reads a whole reply of query-request, of a result by id, or of a poll. Errors: `unavailable` where the body is no
/// such reply: it broke off, or is not JSON (a proxy's page). An answer that says `success: false` is not an error
/// here. Whether the rows are all there is checked by who reads them (`open_result`).
base::Result<QueryAnswer> parse_query_answer(std::string body);

}  // namespace backend::snowflake
