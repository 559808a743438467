#include "backend/duckdb/kept_metadata.hpp"

#include <fmt/format.h>

#include "backend/duckdb/built_database.hpp"

namespace backend::duckdb {
namespace {

constexpr std::string_view view_kind = "VIEW";
constexpr std::string_view schema_kind = "SCHEMA";
constexpr std::string_view warning_kind = "WARNING";

}  // namespace

base::Result<void> keep_metadata(Connection& connection, const KeptMetadata& metadata) {
    const std::string table = fmt::format("{}.KEPT", duckdb_name(hidden_schema));
    std::string sql = fmt::format(
        "CREATE SCHEMA {}; CREATE TABLE {} (KIND VARCHAR, SCHEMA_NAME VARCHAR, NAME VARCHAR, CONTENT VARCHAR);",
        duckdb_name(hidden_schema), table);
    const auto add = [&](std::string_view kind, std::string_view schema, std::string_view name, std::string_view text) {
        sql += fmt::format("INSERT INTO {} VALUES ({}, {}, {}, {});", table, duckdb_string(kind), duckdb_string(schema),
                           duckdb_string(name), duckdb_string(text));
    };
    for (const auto& [view, text] : metadata.view_definitions) add(view_kind, view.first, view.second, text);
    for (const auto& [schema, text] : metadata.schema_comments) add(schema_kind, schema, "", text);
    for (const std::string& text : metadata.warnings) add(warning_kind, "", "", text);
    return connection.run(sql);
}

base::Result<KeptMetadata> kept_metadata(Connection& connection, std::string_view database) {
    KeptMetadata metadata;
    const auto table = connection.rows(fmt::format(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = {} AND schema_name = {} AND table_name = 'KEPT'",
        duckdb_string(database), duckdb_string(hidden_schema)));
    if (!table) return base::fail(table.error());
    if (table->empty()) return metadata;
    const auto rows = connection.rows(fmt::format("SELECT KIND, SCHEMA_NAME, NAME, CONTENT FROM {}.{}.KEPT",
                                                  duckdb_name(database), duckdb_name(hidden_schema)));
    if (!rows) return base::fail(rows.error());
    for (const auto& row : *rows) {
        const std::string& text = row[3].first;
        if (row[0].first == view_kind) metadata.view_definitions[{row[1].first, row[2].first}] = text;
        if (row[0].first == schema_kind) metadata.schema_comments[row[1].first] = text;
        if (row[0].first == warning_kind) metadata.warnings.push_back(text);
    }
    return metadata;
}

}  // namespace backend::duckdb
