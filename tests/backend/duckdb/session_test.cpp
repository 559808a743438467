// The embedded backend as it is served: Snowflake's SQL, the sample data, names from contexts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "backend/duckdb/duckdb_session.hpp"
#include "backend/duckdb/embedded.hpp"

namespace backend::duckdb::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

DuckdbBackend& served_backend() {
    static DuckdbBackend* const backend = [] {
        auto opened = DuckdbBackend::open({}, blocking_pool());
        if (!opened) throw std::runtime_error{opened.error().message()};
        return opened->release();
    }();
    return *backend;
}

class Served : public ::testing::Test {
protected:
    Answer ask(std::string text, Context context = {}) {
        Answer answer = client_.ask(std::move(text), std::move(context));
        if (answer.error) ADD_FAILURE() << answer.error->message();
        return answer;
    }
    std::string one(std::string text, Context context = {}) {
        const Answer answer = ask(std::move(text), std::move(context));
        return answer.rows.empty() ? "nothing" : answer.rows.front().front();
    }
    std::string code(std::string text, Context context = {}) {
        const Answer answer = client_.ask(std::move(text), std::move(context));
        return answer.error ? answer.error->code() : "answered";
    }

    Client client_{served_backend()};
};

TEST_F(Served, names_resolve_with_one_to_three_parts) {
    EXPECT_EQ(one("select count(*) from sample_data.transport.cars"), "406");
    EXPECT_EQ(one("SELECT COUNT(*) FROM Transport.Cars"), "406");
    EXPECT_EQ(one("SELECT COUNT(*) FROM cars", {.schema = "TRANSPORT"}), "406");
    EXPECT_EQ(one("SELECT COUNT(*) FROM \"CARS\"", {.database = "sample_data", .schema = "transport"}), "406");
    EXPECT_EQ(one("SELECT COUNT(*) FROM football_results"), "6508") << "PUBLIC is the sessions' own schema";
    EXPECT_EQ(code("SELECT * FROM cars"), "002003");
    EXPECT_EQ(code("SELECT * FROM \"cars\"", {.schema = "TRANSPORT"}), "002003") << "a quoted name is exact";
    EXPECT_EQ(code("SELECT * FROM nope.transport.cars"), "002003");
}

TEST_F(Served, a_statement_leaves_no_context_to_the_next) {
    EXPECT_EQ(one("SELECT CURRENT_SCHEMA()", {.schema = "TRANSPORT"}), "TRANSPORT");
    EXPECT_EQ(one("SELECT CURRENT_SCHEMA()"), "PUBLIC");
    EXPECT_EQ(one("SELECT CURRENT_DATABASE()"), "SAMPLE_DATA");
    EXPECT_EQ(one("SELECT CURRENT_WAREHOUSE()"), "EMBEDDED");
    EXPECT_EQ(code("SELECT 1", {.database = "NOPE"}), "002003");
}

TEST_F(Served, columns_are_named_as_snowflake_names_them) {
    EXPECT_THAT(ask("select name, cylinders c from transport.cars limit 1").names(), ElementsAre("NAME", "C"));
    EXPECT_THAT(ask("select * from transport.flights_2k limit 1").names(),
                ElementsAre("DATE", "DELAY", "DISTANCE", "ORIGIN", "DESTINATION"));
}

TEST_F(Served, information_schema_is_there_for_each_database) {
    EXPECT_THAT(ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'NETWORKS' ORDER BY 1")
                    .column("TABLE_NAME"),
                ElementsAre("FLARE", "FLARE_DEPENDENCIES", "LOOKUP_GROUPS", "LOOKUP_PEOPLE", "MISERABLES_LINKS",
                            "MISERABLES_NODES"));
    EXPECT_THAT(ask("SELECT c.column_name, c.data_type FROM sample_data.information_schema.columns c WHERE "
                    "c.table_name = 'STOCKS' ORDER BY c.ordinal_position")
                    .rows,
                ElementsAre(ElementsAre("SYMBOL", "TEXT"), ElementsAre("DATE", "DATE"), ElementsAre("PRICE", "FLOAT")));
    EXPECT_EQ(one("SELECT COUNT(*) FROM information_schema.views WHERE table_schema = 'PUBLIC'"), "8");
    EXPECT_EQ(code("SELECT * FROM information_schema.nope"), "002003");
    EXPECT_THAT(ask("DESC VIEW information_schema.schemata").column("name"), Contains("SCHEMA_NAME"));
}

TEST_F(Served, get_ddl_is_a_function) {
    EXPECT_THAT(one("SELECT GET_DDL('table', 'transport.cars')"),
                AllOf(HasSubstr("create or replace TABLE CARS ("), HasSubstr("\tNAME VARCHAR(16777216)")));
    EXPECT_THAT(one("SELECT GET_DDL('VIEW', 'daily_flights', true)"),
                AllOf(HasSubstr("view SAMPLE_DATA.PUBLIC.DAILY_FLIGHTS("), HasSubstr("COUNT(*) AS FLIGHTS")));
    EXPECT_EQ(code("SELECT GET_DDL('TABLE', 'nope')"), "002003");
}

TEST_F(Served, chains_flow_from_show_to_select) {
    const Answer answer =
        ask("SHOW TABLES IN SCHEMA transport ->> SELECT \"name\", \"rows\" FROM $1 WHERE \"rows\" > 1000000");
    EXPECT_THAT(answer.rows, ElementsAre(ElementsAre("FLIGHTS_3M", "3000000")));
    EXPECT_THAT(ask("SELECT 1 AS a ->> SELECT a + 1 AS b FROM $1 ->> SELECT a, b FROM $1, $2").rows,
                ElementsAre(ElementsAre("1", "2")));
    EXPECT_EQ(one("SHOW TABLES LIKE 'none' ->> SELECT COUNT(*) FROM $1"), "0");
}

TEST_F(Served, explains_snowflake_sql) {
    EXPECT_THAT(one("EXPLAIN USING TEXT SELECT name FROM transport.cars WHERE cylinders = 8 QUALIFY ROW_NUMBER() OVER "
                    "(ORDER BY name) < 3"),
                HasSubstr("DuckDB"));
    EXPECT_EQ(code("EXPLAIN SELECT * FROM nope"), "002003");
}

TEST_F(Served, every_sample_view_can_be_read) {
    for (const char* view : {"FLIGHTS", "AIRPORT_DELAYS", "DAILY_FLIGHTS", "STOCK_MONTHLY_RETURNS", "MONTHLY_WEATHER",
                             "FILM_PROFITS", "LIFE_EXPECTANCY_CHANGE", "FOOTBALL_RESULTS"})
        EXPECT_THAT(ask(std::string{"SELECT * FROM "} + view + " LIMIT 2").rows, SizeIs(2)) << view;
}

TEST_F(Served, the_definition_of_a_view_is_snowflake_sql) {
    const Answer views = ask("SELECT view_definition FROM information_schema.views WHERE table_schema = 'PUBLIC'");
    EXPECT_THAT(views.rows, SizeIs(8));
    for (const auto& row : views.rows)
        EXPECT_THAT(ask("SELECT COUNT(*) FROM (" + row.front() + ")").rows, SizeIs(1)) << row.front();
}

TEST(ServedFile, unquoted_names_reach_lower_case_tables) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "shop.duckdb").string();
    make_database(
        file,
        {"CREATE TABLE orders (id INTEGER, amount DECIMAL(10,2), doc JSON, tags VARCHAR[], ref STRUCT(a INTEGER))",
         "INSERT INTO orders VALUES (1, 2.50, '{\"k\": 7}', ['x', 'y'], {'a': 5})",
         "CREATE TABLE \"Order Lines\" (\"Line No\" INTEGER)"});
    auto backend = DuckdbBackend::open({.database = file, .cache_dir = folder.path().string()}, blocking_pool());
    ASSERT_TRUE(backend) << backend.error().message();
    Client client{**backend};
    const auto rows = [&](const char* text) {
        const Answer answer = client.ask(text);
        if (answer.error) ADD_FAILURE() << text << ": " << answer.error->message();
        return answer.rows;
    };
    EXPECT_THAT(rows("SELECT o.id, orders.amount FROM orders o JOIN shop.main.orders ON orders.id = o.id"),
                ElementsAre(ElementsAre("1", "2.50")));
    EXPECT_THAT(rows("SELECT \"ID\" FROM \"ORDERS\""), SizeIs(1));
    EXPECT_THAT(rows("SELECT \"Line No\" FROM \"Order Lines\""), SizeIs(0));
    EXPECT_THAT(rows("SELECT doc:k::INTEGER, tags[1]::VARCHAR, ref:a::INTEGER FROM orders"),
                ElementsAre(ElementsAre("7", "y", "5")));
    EXPECT_THAT(client.ask("SELECT * FROM orders").names(), ElementsAre("ID", "AMOUNT", "DOC", "TAGS", "REF"));
}

TEST_F(Served, semi_structured_cells_are_json_and_text_is_not) {
    const Answer answer = ask(
        "SELECT PARSE_JSON('{\"a\": 1}') AS v, OBJECT_CONSTRUCT('k', 'x') AS o, ARRAY_CONSTRUCT(1, 2) AS l, '{}' AS t");
    EXPECT_THAT(answer.kinds, ElementsAre(Cell::Kind::json, Cell::Kind::json, Cell::Kind::json, Cell::Kind::text));
    EXPECT_THAT(answer.rows.front(), ElementsAre(R"({"a":1})", R"({"k":"x"})", "[1,2]", "{}"));
}

TEST(QueryIds, are_uuids_and_never_the_same) {
    std::set<std::string> ids;
    for (int i = 0; i < 10'000; ++i) ids.insert(new_query_id());
    EXPECT_THAT(ids, SizeIs(10'000));
    EXPECT_EQ(ids.begin()->size(), 36u);
}

}  // namespace
}  // namespace backend::duckdb::testing
