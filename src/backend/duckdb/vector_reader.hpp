/// Reads DuckDB's vectors into cells: numbers, dates and text straight from the vector; what needs building (nested
/// values as JSON, UUID, INTERVAL, ENUM, ...) is rendered once a chunk, on the thread that fetched it.
///
/// Place: between a result's chunks and `Batch`; .cpp files only. Threads: a `ColumnReader` is immutable and shared by
/// a result's batches; a `ChunkBatch` belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/zone.hpp"
#include "backend/result_set.hpp"

namespace backend::duckdb {

/// How one column is read.
class ColumnReader {
public:
    /// `zone` outlives the reader.
    ColumnReader(const Api& api, LogicalType type, const Zone& zone);

    std::string snowflake_type() const;
    /// What is text to DuckDB is JSON to the caller (VARIANT, OBJECT, ARRAY of the dialect).
    void read_text_as_json() { alias_ = "JSON"; }
    /// False: values of this type cannot be read (VARIANT, ...).
    bool readable() const;
    /// True: `render` makes the cell's text; else `cell` reads the vector.
    bool renders() const { return renders_; }
    Cell cell(const void* data, std::size_t row) const;
    /// Appends the value at `row` (not NULL) as text or JSON.
    void render(std::string& out, duckdb_vector vector, std::size_t row) const;
    Cell rendered(std::string_view text) const { return json_ ? Cell::json(text) : Cell::text(text); }

private:
    void render_json(std::string& out, duckdb_vector vector, std::size_t row) const;
    void render_list(std::string& out, duckdb_vector child, std::size_t from, std::size_t count) const;
    void render_struct(std::string& out, duckdb_vector vector, std::size_t row) const;
    void render_map(std::string& out, duckdb_vector vector, std::size_t row) const;
    void render_union(std::string& out, duckdb_vector vector, std::size_t row) const;
    void render_text(std::string& out, const void* data, std::size_t row) const;
    Cell decimal_cell(const void* data, std::size_t row) const;
    Cell timestamp_cell(std::int64_t seconds, std::int64_t nanoseconds) const;

    const Api* api_;
    LogicalType type_;
    const Zone* zone_;
    duckdb_type id_;
    duckdb_type storage_;  // of DECIMAL and ENUM
    std::string alias_;
    std::int16_t scale_ = 0;
    std::uint8_t width_ = 0;
    std::uint64_t array_size_ = 0;
    bool renders_ = false;
    bool json_ = false;
    std::vector<std::string> names_;      // of ENUM values, STRUCT fields, UNION members
    std::vector<ColumnReader> children_;  // of nested types; MAP: key, value
};

/// One chunk.
class ChunkBatch final : public Batch {
public:
    ChunkBatch(std::shared_ptr<const std::vector<ColumnReader>> readers, const Api& api, Chunk chunk);

    std::size_t rows() const override { return rows_; }
    Cell cell(std::size_t row, std::size_t column) const override;

    /// At most so many rows are shown.
    void cut(std::size_t rows) { rows_ = rows < rows_ ? rows : rows_; }
    /// Memory behind it, roughly.
    std::size_t bytes() const { return bytes_; }

private:
    struct Source {
        const void* data;
        const std::uint64_t* validity;
        std::string text;                   // rendered values, one after the other
        std::vector<std::uint32_t> starts;  // rows + 1 of them; empty: not rendered
    };
    std::shared_ptr<const std::vector<ColumnReader>> readers_;
    Chunk chunk_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
    std::vector<Source> sources_;
};

}  // namespace backend::duckdb
