#include "backend/duckdb/errors.hpp"

#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace backend::duckdb {
namespace {

/// Without `Binder Error: ` in front and the statement's text behind.
std::string_view essence(std::string_view message) {
    message = message.substr(0, message.find("\n\nLINE "));
    message = message.substr(0, message.find("\nLINE "));
    const std::size_t colon = message.find(" Error: ");
    if (colon != std::string_view::npos && message.substr(0, colon).find('\n') == std::string_view::npos)
        message.remove_prefix(colon + 8);
    return base::trim(message);
}

/// What stands between `before` and `after`.
std::optional<std::string_view> between(std::string_view text, std::string_view before, std::string_view after) {
    const std::size_t start = text.find(before);
    if (start == std::string_view::npos) return std::nullopt;
    text.remove_prefix(start + before.size());
    const std::size_t end = text.find(after);
    if (end == std::string_view::npos) return std::nullopt;
    return text.substr(0, end);
}

base::Error sql_error(std::string message, std::string code, std::string state) {
    return base::Error{base::Kind::sql, std::move(message)}
        .at(base::Stage::query)
        .code(std::move(code), std::move(state));
}

std::optional<base::Error> unknown_name(std::string_view text) {
    std::string hint;
    if (const auto candidates = text.find("\nCandidate bindings: "); candidates != std::string_view::npos)
        hint = fmt::format(" (known: {})", base::trim(text.substr(candidates + 21)));
    if (const auto name = between(text, "Referenced column \"", "\" not found"))
        return sql_error(fmt::format("SQL compilation error: invalid identifier '{}'{}", *name, hint), "000904",
                         "42000");
    if (const auto name = between(text, "does not have a column named \"", "\""))
        return sql_error(fmt::format("SQL compilation error: invalid identifier '{}'{}", *name, hint), "000904",
                         "42000");
    if (const auto name = between(text, "Referenced table \"", "\" not found"))
        return sql_error(fmt::format("SQL compilation error: invalid identifier '{}'{}", *name, hint), "000904",
                         "42000");
    if (const auto name = between(text, "Table with name ", " does not exist"))
        return sql_error(fmt::format("SQL compilation error: Object '{}' does not exist or not authorized.", *name),
                         "002003", "42S02");
    if (const auto name = between(text, "Function with name ", " does not exist"))
        return sql_error(fmt::format("SQL compilation error: Unknown function {}", base::to_upper(*name)), "002140",
                         "42601");
    if (const auto name = between(text, "Ambiguous reference to column name \"", "\""))
        return sql_error(fmt::format("SQL compilation error: ambiguous column name '{}'", *name), "002028", "42601");
    return std::nullopt;
}

std::optional<base::Error> bad_value(std::string_view text) {
    if (const auto value = between(text, "Could not convert string '", "' to "))
        return sql_error(fmt::format("Numeric value '{}' is not recognized", *value), "100038", "22018");
    if (const auto value = between(text, "Could not convert string \"", "\" to "))
        return sql_error(fmt::format("Numeric value '{}' is not recognized", *value), "100038", "22018");
    if (const auto value = between(text, "invalid date field format: \"", "\""))
        return sql_error(fmt::format("Date '{}' is not recognized", *value), "100035", "22007");
    if (const auto value = between(text, "invalid timestamp field format: \"", "\""))
        return sql_error(fmt::format("Timestamp '{}' is not recognized", *value), "100035", "22007");
    return std::nullopt;
}

}  // namespace

base::Error error_from(int type, std::string_view message) {
    const std::string_view text = essence(message);
    switch (type) {
        case DUCKDB_ERROR_INTERRUPT:
            return base::Error{base::Kind::cancelled, "SQL execution canceled"}
                .at(base::Stage::query)
                .code("000604", "57014");
        case DUCKDB_ERROR_OUT_OF_MEMORY:
            return base::Error{base::Kind::overloaded,
                               fmt::format("the statement needs more memory than the embedded database may use "
                                           "(EMBEDDED_MEMORY_MB): {}",
                                           text)}
                .at(base::Stage::query)
                .about("EMBEDDED_MEMORY_MB");
        case DUCKDB_ERROR_INTERNAL:
        case DUCKDB_ERROR_FATAL:
            return base::Error{base::Kind::internal, fmt::format("the embedded database failed: {}", text)}.at(
                base::Stage::query);
        case DUCKDB_ERROR_PARSER:
        case DUCKDB_ERROR_SYNTAX: return sql_error(fmt::format("SQL compilation error: {}", text), "001003", "42000");
        case DUCKDB_ERROR_DIVIDE_BY_ZERO: return sql_error("Division by zero", "100051", "22012");
        case DUCKDB_ERROR_OUT_OF_RANGE:
            return sql_error(fmt::format("Numeric value is out of range: {}", text), "100039", "22003");
        case DUCKDB_ERROR_PERMISSION:
            return base::Error{base::Kind::denied, fmt::format("the embedded database is locked down: {}", text)}.at(
                base::Stage::query);
        case DUCKDB_ERROR_CONVERSION:
            if (auto error = bad_value(text)) return *error;
            return sql_error(std::string{text}, "100038", "22018");
        case DUCKDB_ERROR_CATALOG:
        case DUCKDB_ERROR_BINDER:
            if (auto error = unknown_name(text)) return *error;
            return sql_error(fmt::format("SQL compilation error: {}", text), "002043", "42601");
        default: return sql_error(std::string{text}, "100132", "P0000");
    }
}

base::Error error_from_text(std::string_view message) {
    constexpr std::pair<std::string_view, int> fronts[] = {
        {"Binder Error", DUCKDB_ERROR_BINDER},
        {"Catalog Error", DUCKDB_ERROR_CATALOG},
        {"Conversion Error", DUCKDB_ERROR_CONVERSION},
        {"Divide by Zero Error", DUCKDB_ERROR_DIVIDE_BY_ZERO},
        {"INTERNAL Error", DUCKDB_ERROR_INTERNAL},
        {"FATAL Error", DUCKDB_ERROR_FATAL},
        {"INTERRUPT Error", DUCKDB_ERROR_INTERRUPT},
        {"Interrupt Error", DUCKDB_ERROR_INTERRUPT},
        {"Out of Memory Error", DUCKDB_ERROR_OUT_OF_MEMORY},
        {"Out of Range Error", DUCKDB_ERROR_OUT_OF_RANGE},
        {"Parser Error", DUCKDB_ERROR_PARSER},
        {"Permission Error", DUCKDB_ERROR_PERMISSION},
        {"Syntax Error", DUCKDB_ERROR_SYNTAX},
    };
    for (const auto& [front, type] : fronts)
        if (message.starts_with(front)) return error_from(type, message);
    return error_from(DUCKDB_ERROR_INVALID, message);
}

}  // namespace backend::duckdb
