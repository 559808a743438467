#include "backend/duckdb/memory_rows.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "backend/duckdb/type_map.hpp"

namespace backend::duckdb {
namespace {

class MemoryBatch final : public Batch {
public:
    explicit MemoryBatch(MemoryRows rows) : rows_{std::move(rows)} {}
    std::size_t rows() const override { return rows_.rows.size(); }
    Cell cell(std::size_t row, std::size_t column) const override { return cell_of(rows_.rows[row][column]); }
    const std::vector<Column>& columns() const { return rows_.columns; }

private:
    MemoryRows rows_;
};

class MemoryResultSet final : public ResultSet {
public:
    MemoryResultSet(MemoryRows rows, std::string query_id) : batch_{std::move(rows)}, query_id_{std::move(query_id)} {}
    const std::vector<Column>& columns() const override { return batch_.columns(); }
    async::Task<base::Result<const Batch*>> next(async::Call&) override {
        if (std::exchange(read_, true) || batch_.rows() == 0) co_return nullptr;
        co_return &batch_;
    }
    const std::string& query_id() const override { return query_id_; }
    std::optional<std::uint64_t> total_rows() const override { return batch_.rows(); }

private:
    MemoryBatch batch_;
    std::string query_id_;
    bool read_ = false;
};

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote) out += c;
    }
    return out += quote;
}

std::string literal(const MemoryValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text, '\'');
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* time = std::get_if<base::WallTime>(&value))
        return fmt::format("system.main.make_timestamptz({})",
                           std::chrono::duration_cast<std::chrono::microseconds>(time->time_since_epoch()).count());
    return "NULL";
}

}  // namespace

std::string duckdb_type_of(std::string_view snowflake_type) {
    const TypeParts type = type_parts(snowflake_type);
    if (type.name == "NUMBER") {
        if (type.second > 0) return fmt::format("DECIMAL({},{})", type.first, type.second);
        return type.first <= 18 ? "BIGINT" : "HUGEINT";
    }
    if (type.name == "FLOAT") return "DOUBLE";
    if (type.name == "BINARY") return "BLOB";
    if (type.name == "TIMESTAMP_NTZ") return "TIMESTAMP";
    if (type.name == "TIMESTAMP_LTZ") return "TIMESTAMP WITH TIME ZONE";
    if (type.name == "VARIANT" || type.name == "OBJECT" || type.name == "ARRAY") return "JSON";
    if (type.name == "BOOLEAN" || type.name == "DATE" || type.name == "TIME") return type.name;
    return "VARCHAR";
}

Cell cell_of(const MemoryValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return Cell::text(*text);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return Cell::integer(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return Cell::boolean(*flag);
    if (const auto* time = std::get_if<base::WallTime>(&value)) {
        const auto since = time->time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(since - seconds);
        return Cell::timestamp({.seconds = seconds.count(),
                                .nanoseconds = static_cast<std::int32_t>(rest.count() * 1'000'000),
                                .scale = 3,
                                .zone = Timestamp::Zone::local});
    }
    return Cell::null();
}

std::unique_ptr<ResultSet> memory_result(MemoryRows rows, std::string query_id) {
    return std::make_unique<MemoryResultSet>(std::move(rows), std::move(query_id));
}

std::string as_values_sql(const MemoryRows& rows) {
    std::string columns;
    std::string casts;
    std::string nothing;
    for (const Column& column : rows.columns) {
        const std::string name = quoted(column.name, '"');
        if (!columns.empty()) columns += ", ", casts += ", ", nothing += ", ";
        columns += name;
        casts += fmt::format("CAST({} AS {}) AS {}", name, duckdb_type_of(column.type), name);
        nothing += "NULL";
    }
    std::string values;
    for (const auto& row : rows.rows) {
        values += values.empty() ? "(" : ", (";
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) values += ", ";
            values += literal(row[i]);
        }
        values += ')';
    }
    if (values.empty())
        return fmt::format("(SELECT {} FROM (VALUES ({})) AS t({}) WHERE false)", casts, nothing, columns);
    return fmt::format("(SELECT {} FROM (VALUES {}) AS t({}))", casts, values, columns);
}

}  // namespace backend::duckdb
