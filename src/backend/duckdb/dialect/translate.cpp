#include "backend/duckdb/dialect/binder.hpp"
#include "backend/duckdb/dialect/parser.hpp"
#include "backend/duckdb/translation.hpp"

namespace backend::duckdb::dialect {

base::Result<Translation> translate(std::string_view text, const TranslationContext& context) {
    Arena arena;
    Failure failure{text};
    Parser parser{text, arena, failure};
    const Query* const query = parser.parse_statement();
    if (failure.failed()) return base::fail(failure.take());
    Binder binder{text, context, failure};
    BoundQuery bound = binder.bind_query(*query, nullptr);
    if (failure.failed()) return base::fail(failure.take());
    Translation translation;
    translation.sql = std::move(bound.sql);
    translation.column_names.reserve(bound.columns.size());
    translation.column_types.reserve(bound.columns.size());
    for (Output& column : bound.columns) {
        translation.column_types.push_back(column.type.name());
        translation.column_names.push_back(std::move(column.name));
    }
    return translation;
}

}  // namespace backend::duckdb::dialect
