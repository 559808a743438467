#include "backend/duckdb/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/duckdb/catalog_command.hpp"
#include "backend/duckdb/information_schema.hpp"
#include "backend/duckdb/type_map.hpp"

namespace backend::duckdb {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

CatalogRelation table(std::string own_name, std::vector<RelationColumn> columns = {}) {
    return {.name = shown_name(own_name),
            .own_name = own_name,
            .comment = "about " + own_name,
            .rows = 3,
            .sql = "<" + own_name + ">",
            .columns = std::move(columns)};
}

CatalogRelation view(std::string own_name, std::string definition) {
    return {.name = shown_name(own_name),
            .own_name = own_name,
            .kind = CatalogRelation::Kind::view,
            .definition = std::move(definition),
            .sql = "<" + own_name + ">",
            .columns = {{.name = "A", .type = "NUMBER(38,0)"}}};
}

CatalogSchema schema(std::string own_name, std::vector<CatalogRelation> relations) {
    return {.name = shown_name(own_name), .own_name = own_name, .relations = std::move(relations)};
}

const Catalog& shop() {
    static const Catalog catalog{{
        {.name = "SHOP",
         .own_name = "shop",
         .schemas = {schema("main", {table("orders", {{.name = "ID", .type = "NUMBER(38,0)", .nullable = false},
                                                      {.name = "PRICE", .type = "NUMBER(10,2)", .comment = "it's net"},
                                                      {.name = "Note", .type = "VARCHAR(16777216)"},
                                                      {.name = "AT", .type = "TIMESTAMP_NTZ(9)"}}),
                                     table("Order Lines"), table("MixedCase"), view("big_orders", "SELECT 1 AS A")}),
                     schema("PUBLIC", {table("T"), table("shared")})}},
        {.name = "OTHER", .own_name = "other", .schemas = {schema("PUBLIC", {table("T")})}},
    }};
    return catalog;
}

const Context here{.warehouse = "EMBEDDED", .database = "SHOP", .schema = "MAIN"};

std::string found(std::string_view name, const Context& context = here) {
    const auto parts = parse_parts(name, 3);
    if (!parts) return parts.error().message();
    const auto relation = shop().relation(*parts, context);
    return relation ? relation->sql : relation.error().code();
}

TEST(CatalogNames, plain_lower_case_is_shown_in_capitals) {
    EXPECT_EQ(shown_name("orders"), "ORDERS");
    EXPECT_EQ(shown_name("_x$1"), "_X$1");
    EXPECT_EQ(shown_name("Orders"), "Orders");
    EXPECT_EQ(shown_name("order lines"), "order lines");
    EXPECT_EQ(shown_name("1st"), "1st");
    EXPECT_EQ(shown_name(""), "");
}

TEST(CatalogNames, unquoted_names_fold_and_quoted_ones_are_exact) {
    EXPECT_EQ(found("orders"), "<orders>");
    EXPECT_EQ(found("ORDERS"), "<orders>");
    EXPECT_EQ(found("\"ORDERS\""), "<orders>");
    EXPECT_EQ(found("\"orders\""), "<orders>") << "DuckDB's own name";
    EXPECT_EQ(found("\"Orders\""), "002003");
    EXPECT_EQ(found("\"Order Lines\""), "<Order Lines>");
    EXPECT_EQ(found("\"order lines\""), "002003");
    EXPECT_EQ(found("mixedcase"), "<MixedCase>") << "the only one that differs in case only";
    EXPECT_EQ(found("\"T\""), "<T>");
    EXPECT_EQ(found("\"t\""), "002003");
}

TEST(CatalogNames, one_to_three_parts_resolve_from_the_context) {
    EXPECT_EQ(found("main.orders"), "<orders>");
    EXPECT_EQ(found("shop.main.orders"), "<orders>");
    EXPECT_EQ(found("other.public.t"), "<T>");
    EXPECT_EQ(found("other..t"), "<T>") << "an empty schema is PUBLIC";
    EXPECT_EQ(found("shared"), "<shared>") << "PUBLIC is in the search path";
    EXPECT_EQ(found("other.public.orders"), "002003");
    EXPECT_EQ(found("nope.main.orders"), "002003");
    EXPECT_EQ(found("orders", {}), "090105");
    EXPECT_EQ(found("information_schema.tables"), "__information_schema('SHOP', 'TABLES')");
    EXPECT_EQ(found("other.information_schema.columns"), "__information_schema('OTHER', 'COLUMNS')");
}

TEST(CatalogNames, what_is_no_name_is_refused) {
    for (const char* text : {"", ".", "a.", ".a", "a b", "a.b.c.d", "a;", "'a'"})
        EXPECT_FALSE(parse_parts(text, 3)) << text;
}

TEST(CatalogContext, is_filled_from_the_connections_own) {
    const Context own{.warehouse = "EMBEDDED", .database = "SHOP", .schema = "MAIN"};
    EXPECT_EQ(*shop().resolve({}, own), own);
    EXPECT_EQ(shop().resolve({.database = "other"}, own)->database, "OTHER");
    EXPECT_EQ(shop().resolve({.database = "other"}, own)->schema, "PUBLIC");
    EXPECT_EQ(shop().resolve({.schema = "public"}, own)->schema, "PUBLIC");
    EXPECT_EQ(shop().resolve({.database = "nope"}, own).error().kind(), base::Kind::not_found);
    EXPECT_EQ(shop().resolve({.schema = "nope"}, own).error().kind(), base::Kind::not_found);
}

// ---- SHOW and DESCRIBE

MemoryRows ask(std::string_view text, const Context& context = here) {
    auto command = parse_catalog_command(text);
    if (!command || !*command) {
        ADD_FAILURE() << text << ": " << (command ? "is no command" : command.error().message());
        return {};
    }
    auto rows = answer(**command, shop(), context, {.name = "EMBEDDED", .comment = "here"});
    if (rows) return std::move(*rows);
    ADD_FAILURE() << text << ": " << rows.error().message();
    return {};
}

std::string refusal(std::string_view text) {
    auto command = parse_catalog_command(text);
    if (!command) return command.error().message();
    if (!*command) return "no command";
    auto rows = answer(**command, shop(), here, {});
    return rows ? "answered" : rows.error().message();
}

std::string names_of_columns(const MemoryRows& rows) {
    std::string names;
    for (const Column& column : rows.columns) names += (names.empty() ? "" : ",") + column.name;
    return names;
}

std::vector<std::string> column(const MemoryRows& rows, std::string_view name) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        if (rows.columns[i].name != name) continue;
        for (const auto& row : rows.rows) append_text(values.emplace_back(), cell_of(row[i]));
        return values;
    }
    ADD_FAILURE() << "no column " << name;
    return values;
}

std::vector<std::string> shown(std::string_view text, const Context& context = here) {
    return column(ask(text, context), "name");
}

TEST(Show, has_snowflakes_columns_in_snowflakes_order) {
    EXPECT_EQ(names_of_columns(ask("SHOW DATABASES")),
              "created_on,name,is_default,is_current,origin,owner,comment,options,retention_time,kind,budget,owner_"
              "role_type,object_visibility");
    EXPECT_EQ(
        names_of_columns(ask("SHOW SCHEMAS")),
        "created_on,name,is_default,is_current,database_name,owner,comment,options,retention_time,owner_role_type");
    EXPECT_EQ(names_of_columns(ask("SHOW TABLES")),
              "created_on,name,database_name,schema_name,kind,comment,cluster_by,rows,bytes,owner,retention_time,"
              "automatic_clustering,change_tracking,"
              "search_optimization,search_optimization_progress,search_optimization_bytes,is_external,enable_schema_"
              "evolution,owner_role_type,is_event,budget,"
              "is_hybrid,is_iceberg,is_dynamic,is_immutable");
    EXPECT_EQ(names_of_columns(ask("SHOW VIEWS")),
              "created_on,name,reserved,database_name,schema_name,owner,comment,text,is_secure,is_materialized,owner_"
              "role_type,change_tracking");
    EXPECT_EQ(names_of_columns(ask("SHOW OBJECTS")),
              "created_on,name,database_name,schema_name,kind,comment,cluster_by,rows,bytes,owner,retention_time,owner_"
              "role_type,is_hybrid,is_dynamic,is_iceberg");
    EXPECT_EQ(names_of_columns(ask("SHOW COLUMNS")),
              "table_name,schema_name,column_name,data_type,null?,default,kind,expression,comment,database_name,"
              "autoincrement,schema_evolution_record");
    for (const char* kind : {"DATABASES", "SCHEMAS", "TABLES", "VIEWS", "OBJECTS"})
        EXPECT_EQ(names_of_columns(ask(std::string{"SHOW TERSE "} + kind)),
                  "created_on,name,kind,database_name,schema_name")
            << kind;
    EXPECT_EQ(names_of_columns(ask("SHOW TERSE TABLES HISTORY")),
              "created_on,name,kind,database_name,schema_name,dropped_on");
}

TEST(Show, every_row_is_as_wide_as_its_columns) {
    for (const char* text : {"SHOW DATABASES", "SHOW SCHEMAS", "SHOW TABLES", "SHOW VIEWS", "SHOW OBJECTS",
                             "SHOW COLUMNS", "SHOW WAREHOUSES", "SHOW TERSE DATABASES", "SHOW TERSE SCHEMAS",
                             "SHOW TERSE OBJECTS", "DESCRIBE TABLE orders", "DESC DATABASE shop", "DESC SCHEMA main"}) {
        const MemoryRows rows = ask(text);
        EXPECT_FALSE(rows.rows.empty()) << text;
        for (const auto& row : rows.rows) EXPECT_EQ(row.size(), rows.columns.size()) << text;
    }
}

TEST(Show, scope_is_the_current_schema_unless_said) {
    EXPECT_THAT(shown("SHOW TABLES"), ElementsAre("MixedCase", "ORDERS", "Order Lines"));
    EXPECT_THAT(shown("show tables", {.database = "SHOP"}),
                ElementsAre("MixedCase", "ORDERS", "Order Lines", "SHARED", "T"));
    EXPECT_THAT(shown("SHOW TABLES", {}), SizeIs(6));
    EXPECT_THAT(shown("SHOW TABLES IN ACCOUNT"), SizeIs(6));
    EXPECT_THAT(shown("SHOW TABLES IN DATABASE other"), ElementsAre("T"));
    EXPECT_THAT(shown("SHOW TABLES IN DATABASE"), SizeIs(5));
    EXPECT_THAT(shown("SHOW TABLES IN SCHEMA"), SizeIs(3));
    EXPECT_THAT(shown("SHOW TABLES IN SCHEMA public"), ElementsAre("SHARED", "T"));
    EXPECT_THAT(shown("SHOW TABLES IN SCHEMA other.public"), ElementsAre("T"));
    EXPECT_THAT(shown("SHOW TABLES IN other.public"), ElementsAre("T"));
    EXPECT_THAT(shown("SHOW TABLES IN other"), ElementsAre("T")) << "no such schema here: the database";
    EXPECT_THAT(shown("SHOW VIEWS"), ElementsAre("BIG_ORDERS"));
    EXPECT_THAT(shown("SHOW OBJECTS"), ElementsAre("BIG_ORDERS", "MixedCase", "ORDERS", "Order Lines"));
    EXPECT_THAT(shown("SHOW SCHEMAS"), ElementsAre("INFORMATION_SCHEMA", "MAIN", "PUBLIC"));
    EXPECT_THAT(shown("SHOW SCHEMAS IN other"), ElementsAre("INFORMATION_SCHEMA", "PUBLIC"));
    EXPECT_THAT(shown("SHOW SCHEMAS IN ACCOUNT"), SizeIs(5));
    EXPECT_THAT(shown("SHOW DATABASES"), ElementsAre("OTHER", "SHOP"));
    EXPECT_THAT(shown("SHOW VIEWS IN SCHEMA information_schema"), testing::Contains("TABLES"));
    EXPECT_THAT(shown("SHOW WAREHOUSES"), ElementsAre("EMBEDDED"));
}

TEST(Show, filters_by_pattern_prefix_and_page) {
    EXPECT_THAT(shown("SHOW TABLES LIKE 'ORD%'"), ElementsAre("ORDERS", "Order Lines"));
    EXPECT_THAT(shown("SHOW TABLES LIKE '%order%' IN SCHEMA shop.main"), ElementsAre("ORDERS", "Order Lines"));
    EXPECT_THAT(shown("SHOW TABLES STARTS WITH 'ORD'"), ElementsAre("ORDERS")) << "exact case";
    EXPECT_THAT(shown("SHOW TABLES IN ACCOUNT LIMIT 2"), SizeIs(2));
    EXPECT_THAT(shown("SHOW TABLES LIMIT 1 FROM 'MixedCase'"), ElementsAre("ORDERS"));
    EXPECT_THAT(shown("SHOW TABLES LIMIT 0"), IsEmpty());
    EXPECT_THAT(shown("SHOW TABLES LIKE 'T' IN ACCOUNT STARTS WITH 'T' LIMIT 1 ;"), ElementsAre("T"));
}

TEST(Show, columns_give_types_as_json) {
    const MemoryRows rows = ask("SHOW COLUMNS IN TABLE orders");
    EXPECT_THAT(column(rows, "column_name"), ElementsAre("ID", "PRICE", "Note", "AT"));
    EXPECT_THAT(column(rows, "data_type"),
                ElementsAre(R"({"type":"FIXED","precision":38,"scale":0,"nullable":false})",
                            R"({"type":"FIXED","precision":10,"scale":2,"nullable":true})",
                            R"({"type":"TEXT","length":16777216,"byteLength":16777216,"nullable":true,"fixed":false})",
                            R"({"type":"TIMESTAMP_NTZ","precision":0,"scale":9,"nullable":true})"));
    EXPECT_THAT(column(ask("SHOW COLUMNS LIKE 'p%' IN orders"), "column_name"), ElementsAre("PRICE"));
}

TEST(Show, says_what_is_current) { EXPECT_THAT(column(ask("SHOW DATABASES"), "is_current"), ElementsAre("N", "Y")); }

TEST(Show, refuses_what_there_is_not) {
    EXPECT_THAT(refusal("SHOW ROLES"),
                AllOf(HasSubstr("SHOW ROLES"), HasSubstr("not supported by the embedded backend")));
    EXPECT_THAT(refusal("SHOW GRANTS ON TABLE t"), HasSubstr("SHOW GRANTS"));
    EXPECT_THAT(refusal("SHOW TABLES LIKE"), HasSubstr("expected a string after LIKE"));
    EXPECT_THAT(refusal("SHOW TABLES IN DATABASE nope"), HasSubstr("does not exist"));
    EXPECT_THAT(refusal("SHOW TABLES IN SCHEMA nope"), HasSubstr("does not exist"));
    EXPECT_THAT(refusal("SHOW TABLES LIMIT 'x'"), HasSubstr("LIMIT"));
    EXPECT_THAT(refusal("SHOW TABLES now"), HasSubstr("unexpected 'now'"));
    EXPECT_THAT(refusal("DESCRIBE WAREHOUSE w"), HasSubstr("DESCRIBE WAREHOUSE"));
    EXPECT_THAT(refusal("DESC RESULT 'x'"), HasSubstr("expected"));
    EXPECT_EQ(refusal("SELECT 1"), "no command");
}

TEST(Describe, lists_columns_as_snowflake_does) {
    const MemoryRows rows = ask("DESC TABLE shop.main.orders");
    EXPECT_EQ(
        names_of_columns(rows),
        "name,type,kind,null?,default,primary key,unique key,check,expression,comment,policy name,privacy domain");
    EXPECT_THAT(column(rows, "name"), ElementsAre("ID", "PRICE", "Note", "AT"));
    EXPECT_THAT(column(rows, "type"),
                ElementsAre("NUMBER(38,0)", "NUMBER(10,2)", "VARCHAR(16777216)", "TIMESTAMP_NTZ(9)"));
    EXPECT_THAT(column(rows, "null?"), ElementsAre("N", "Y", "Y", "Y"));
    EXPECT_THAT(column(rows, "comment"), ElementsAre("", "it's net", "", ""));
    EXPECT_THAT(column(ask("DESCRIBE VIEW big_orders"), "name"), ElementsAre("A"));
    EXPECT_THAT(column(ask("desc orders"), "name"), SizeIs(4));
    EXPECT_THAT(column(ask("DESC TABLE orders TYPE = COLUMNS"), "name"), SizeIs(4));
    EXPECT_THAT(column(ask("DESC DATABASE shop"), "kind"), ElementsAre("SCHEMA", "SCHEMA", "SCHEMA"));
    EXPECT_THAT(column(ask("DESC SCHEMA main"), "name"),
                ElementsAre("BIG_ORDERS", "MixedCase", "ORDERS", "Order Lines"));
}

TEST(ShowLike, is_sql_like_in_any_case) {
    EXPECT_TRUE(matches_like("FLIGHTS_3M", "flights%"));
    EXPECT_TRUE(matches_like("FLIGHTS_3M", "%3m"));
    EXPECT_TRUE(matches_like("FLIGHTS_3M", "f%s%m"));
    EXPECT_TRUE(matches_like("FLIGHTS_3M", "FLIGHTS_3M"));
    EXPECT_TRUE(matches_like("FLIGHTSX3M", "FLIGHTS_3M"));
    EXPECT_FALSE(matches_like("FLIGHTSX3M", "FLIGHTS\\_3M"));
    EXPECT_TRUE(matches_like("FLIGHTS_3M", "FLIGHTS\\_3M"));
    EXPECT_TRUE(matches_like("\u00e9", "_"));
    EXPECT_TRUE(matches_like("", "%"));
    EXPECT_FALSE(matches_like("A", ""));
    EXPECT_FALSE(matches_like("AB", "A"));
}

// ---- GET_DDL

TEST(GetDdl, writes_tables_views_and_schemas) {
    EXPECT_EQ(*shop().ddl("table", "orders", false, here),
              "create or replace TABLE ORDERS (\n\tID NUMBER(38,0) NOT NULL,\n\tPRICE NUMBER(10,2) COMMENT 'it''s "
              "net',\n\t\"Note\" VARCHAR(16777216),\n\tAT "
              "TIMESTAMP_NTZ(9)\n)COMMENT='about orders'\n;");
    EXPECT_EQ(*shop().ddl("VIEW", "big_orders", false, here),
              "create or replace view BIG_ORDERS(\n\tA\n) as SELECT 1 AS A;");
    EXPECT_THAT(*shop().ddl("TABLE", "orders", true, here), HasSubstr("TABLE SHOP.MAIN.ORDERS ("));
    EXPECT_THAT(*shop().ddl("TABLE", "big_orders", false, here), HasSubstr("create or replace view"));
    EXPECT_THAT(
        *shop().ddl("SCHEMA", "main", false, here),
        AllOf(HasSubstr("create or replace schema MAIN;"), HasSubstr("TABLE ORDERS"), HasSubstr("view BIG_ORDERS")));
    EXPECT_THAT(*shop().ddl("DATABASE", "shop", true, here),
                AllOf(HasSubstr("create or replace database SHOP;"), HasSubstr("SHOP.PUBLIC.T")));
}

TEST(GetDdl, refuses_what_does_not_exist) {
    EXPECT_EQ(shop().ddl("TABLE", "nope", false, here).error().code(), "002003");
    EXPECT_FALSE(shop().ddl("VIEW", "orders", false, here));
    EXPECT_THAT(shop().ddl("PROCEDURE", "p()", false, here).error().message(),
                HasSubstr("not supported by the embedded backend"));
    EXPECT_FALSE(shop().ddl("TABLE", "a b", false, here));
}

// ---- INFORMATION_SCHEMA

TEST(InformationSchema, tells_of_every_relation_and_itself) {
    const auto tables = information_schema_rows(shop(), "SHOP", "TABLES");
    ASSERT_TRUE(tables);
    EXPECT_THAT(column(*tables, "TABLE_NAME"),
                testing::IsSupersetOf({"ORDERS", "BIG_ORDERS", "T", "TABLES", "COLUMNS"}));
    EXPECT_THAT(column(*tables, "TABLE_TYPE"), testing::Contains("BASE TABLE"));
    EXPECT_FALSE(information_schema_rows(shop(), "SHOP", "NOPE"));
    EXPECT_FALSE(information_schema_rows(shop(), "NOPE", "TABLES"));
}

TEST(InformationSchema, every_view_has_as_many_values_as_columns) {
    for (const CatalogRelation& view : information_schema_of("SHOP").relations) {
        const auto rows = information_schema_rows(shop(), "SHOP", view.name);
        ASSERT_TRUE(rows) << view.name;
        EXPECT_FALSE(rows->rows.empty()) << view.name;
        for (const auto& row : rows->rows) EXPECT_EQ(row.size(), view.columns.size()) << view.name;
    }
}

TEST(InformationSchema, columns_have_parts_of_their_types) {
    const auto columns = information_schema_rows(shop(), "SHOP", "COLUMNS");
    const auto& row = *std::ranges::find_if(
        columns->rows, [](const auto& values) { return std::get<std::string>(values[3]) == "PRICE"; });
    EXPECT_EQ(std::get<std::string>(row[7]), "NUMBER");
    EXPECT_EQ(std::get<std::int64_t>(row[10]), 10);
    EXPECT_EQ(std::get<std::int64_t>(row[12]), 2);
}

TEST(TypeMap, names_every_duckdb_type) {
    EXPECT_EQ(snowflake_type("BIGINT"), "NUMBER(38,0)");
    EXPECT_EQ(snowflake_type("DECIMAL(10,2)"), "NUMBER(10,2)");
    EXPECT_EQ(snowflake_type("STRUCT(a INTEGER)"), "OBJECT");
    EXPECT_EQ(snowflake_type("STRUCT(a INTEGER)[]"), "ARRAY");
    EXPECT_EQ(snowflake_type("VARCHAR[3]"), "ARRAY");
    EXPECT_EQ(snowflake_type("ENUM('a', 'b')"), "VARCHAR(16777216)");
    EXPECT_EQ(snowflake_type("TIMESTAMP WITH TIME ZONE"), "TIMESTAMP_LTZ(9)");
}

}  // namespace
}  // namespace backend::duckdb
