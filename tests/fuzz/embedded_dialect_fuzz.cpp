/// Any bytes as a statement: the embedded backend's dialect answers a translation or an error, and never falls over.
// links: backend_duckdb
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "backend/duckdb/translation.hpp"

namespace {

using backend::duckdb::FoundRelation;
using backend::duckdb::RelationColumn;

/// Every name is a table with a column of each storage.
class AnyTable final : public backend::duckdb::CatalogLookup {
public:
    base::Result<FoundRelation> relation(std::span<const backend::duckdb::NamePart>,
                                         const backend::Context&) const override {
        return FoundRelation{.sql = "\"D\".\"S\".\"T\"", .alias = "T", .needs_alias = false, .columns = columns_};
    }
    base::Result<std::string> ddl(std::string_view, std::string_view, bool, const backend::Context&) const override {
        return std::string{"create table T"};
    }

private:
    std::vector<RelationColumn> columns_{{.name = "A", .type = "NUMBER(38,0)", .duckdb_type = "BIGINT"},
                                         {.name = "B", .type = "VARCHAR(16777216)", .duckdb_type = "VARCHAR"},
                                         {.name = "C", .type = "NUMBER(10,2)", .duckdb_type = "DECIMAL(10,2)"},
                                         {.name = "D", .type = "DATE", .duckdb_type = "DATE"},
                                         {.name = "E", .type = "TIMESTAMP_NTZ(9)", .duckdb_type = "TIMESTAMP"},
                                         {.name = "F", .type = "FLOAT", .duckdb_type = "DOUBLE"},
                                         {.name = "V", .type = "VARIANT", .duckdb_type = "JSON"},
                                         {.name = "X", .type = "", .duckdb_type = "INTERVAL"}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const AnyTable catalog;
    const backend::duckdb::TranslationContext context{.catalog = catalog};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto translated = backend::duckdb::dialect::translate(text, context);
    if (translated) {
        if (translated->sql.empty()) std::abort();
        if (translated->column_names.size() != translated->column_types.size()) std::abort();
    } else if (translated.error().message().empty()) {
        std::abort();
    }
    return 0;
}
