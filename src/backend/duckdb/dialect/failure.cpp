#include "backend/duckdb/dialect/failure.hpp"

#include <fmt/format.h>

namespace backend::duckdb::dialect {

std::string Failure::position(std::uint32_t offset) const {
    std::size_t line = 1;
    std::size_t column = 0;
    for (std::size_t i = 0; i < offset && i < text_.size(); ++i) {
        ++column;
        if (text_[i] == '\n') {
            ++line;
            column = 0;
        }
    }
    return fmt::format("line {} at position {}", line, column);
}

void Failure::set(base::Error error) {
    if (!error_) error_.emplace(std::move(error));
}

void Failure::syntax(std::uint32_t offset, std::string_view unexpected) {
    if (error_) return;
    set(base::Error{base::Kind::sql, fmt::format("SQL compilation error:\nsyntax error {} unexpected '{}'.",
                                                 position(offset), unexpected.empty() ? "<EOF>" : unexpected)}
            .at(base::Stage::query)
            .code("001003", "42000"));
}

void Failure::unknown_column(std::uint32_t offset, std::string_view name) {
    if (error_) return;
    set(base::Error{base::Kind::sql,
                    fmt::format("SQL compilation error: error {}\ninvalid identifier '{}'", position(offset), name)}
            .at(base::Stage::query)
            .code("000904", "42000"));
}

void Failure::compilation(std::uint32_t offset, std::string message, std::string code, std::string sqlstate) {
    if (error_) return;
    set(base::Error{base::Kind::sql, fmt::format("SQL compilation error: error {}\n{}", position(offset), message)}
            .at(base::Stage::query)
            .code(std::move(code), std::move(sqlstate)));
}

void Failure::unsupported(std::string_view what, std::string_view advice) {
    if (error_) return;
    std::string message = fmt::format("{} is not supported by the embedded backend", what);
    message += advice.empty() ? std::string{"."} : fmt::format("; {}.", advice);
    set(base::Error{base::Kind::sql, std::move(message)}.at(base::Stage::query).code("000002", "0A000"));
}

}  // namespace backend::duckdb::dialect
