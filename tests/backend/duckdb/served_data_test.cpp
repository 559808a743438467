// What is served: the sample data, a folder, a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "backend/duckdb/data_folder.hpp"
#include "backend/duckdb/embedded.hpp"
#include "backend/duckdb/sample_tables.hpp"

namespace backend::duckdb::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::unique_ptr<DuckdbBackend> opened(Settings settings) {
    auto backend = DuckdbBackend::open(settings, blocking_pool(), plain_duckdb());
    if (backend) return std::move(*backend);
    ADD_FAILURE() << backend.error().message();
    return nullptr;
}

base::Error refused(Settings settings) {
    auto backend = DuckdbBackend::open(settings, blocking_pool(), plain_duckdb());
    if (!backend) return backend.error();
    ADD_FAILURE() << "opened";
    return base::Error{base::Kind::internal, "opened"};
}

// ---- SAMPLE_DATA

TEST(SampleData, every_table_holds_rows_and_a_comment_with_its_licence) {
    const Catalog& catalog = sample_backend().engine().catalog();
    ASSERT_THAT(catalog.databases(), SizeIs(1));
    std::size_t tables = 0;
    for (const CatalogSchema& schema : catalog.databases().front().schemas) {
        EXPECT_FALSE(schema.comment.empty()) << schema.name;
        for (const CatalogRelation& relation : schema.relations) {
            EXPECT_FALSE(relation.comment.empty()) << relation.name;
            EXPECT_FALSE(relation.columns.empty()) << relation.name;
            if (relation.kind != CatalogRelation::Kind::table) continue;
            ++tables;
            EXPECT_GT(relation.rows.value_or(0), 0u) << relation.name;
            EXPECT_THAT(relation.comment, HasSubstr("Licence: ")) << relation.name;
        }
    }
    EXPECT_EQ(tables, sample_tables().size());
    EXPECT_GE(sample_views().size(), 5u);
}

TEST(SampleData, dates_are_dates_and_numbers_are_numbers) {
    Client client{sample_backend()};
    const auto type = [&](const char* table, const char* column) {
        const Answer answer = client.ask(std::string{"SELECT "} + column + " FROM SAMPLE_DATA." + table + " LIMIT 1");
        return answer.columns.empty() ? std::string{"none"} : answer.columns.front().type;
    };
    EXPECT_EQ(type("TRANSPORT.FLIGHTS_3M", "DATE"), "TIMESTAMP_NTZ(9)");
    EXPECT_EQ(type("TRANSPORT.FLIGHTS_2K", "DATE"), "TIMESTAMP_NTZ(9)");
    EXPECT_EQ(type("SOCIETY.MOVIES", "RELEASE_DATE"), "DATE");
    EXPECT_EQ(type("SOCIETY.MOVIES", "TITLE"), "VARCHAR(16777216)");
    EXPECT_EQ(type("ECONOMY.STOCKS", "DATE"), "DATE");
    EXPECT_EQ(type("ECONOMY.SP500", "DATE"), "DATE");
    EXPECT_EQ(type("ECONOMY.BUDGET", "AMOUNT"), "NUMBER(38,0)");
    EXPECT_EQ(type("ECONOMY.POLITICAL_CONTRIBUTIONS", "OTHER_LOANS"), "NUMBER(38,0)");
    EXPECT_EQ(type("ECONOMY.POLITICAL_CONTRIBUTIONS", "COVERAGE_END_DATE"), "DATE");
    EXPECT_EQ(type("ECONOMY.WHEAT", "YEAR"), "NUMBER(38,0)");
    EXPECT_EQ(type("GEOGRAPHY.EARTHQUAKES", "TIME"), "TIMESTAMP_NTZ(9)");
    EXPECT_EQ(type("GEOGRAPHY.ZIPCODES", "ZIP_CODE"), "VARCHAR(16777216)");
}

TEST(SampleData, holds_what_the_package_holds) {
    Client client{sample_backend()};
    const auto one = [&](const std::string& sql) {
        const Answer answer = client.ask(sql);
        if (answer.error) ADD_FAILURE() << answer.error->message();
        return answer.rows.empty() ? std::string{} : answer.rows.front().front();
    };
    EXPECT_EQ(one("SELECT count(*) FROM SAMPLE_DATA.TRANSPORT.FLIGHTS_3M"), "3000000");
    EXPECT_EQ(one("SELECT count(*) FROM SAMPLE_DATA.GEOGRAPHY.EARTHQUAKES"), "1707");
    EXPECT_EQ(one("SELECT count(*) FROM SAMPLE_DATA.CLIMATE.ANNUAL_PRECIP"), "60480");
    EXPECT_EQ(one("SELECT count(*) FROM SAMPLE_DATA.GEOGRAPHY.VOLCANO"), "5307");
    EXPECT_EQ(one("SELECT count(*) FROM SAMPLE_DATA.NETWORKS.MISERABLES_LINKS"), "254");
    EXPECT_EQ(one("SELECT TITLE FROM SAMPLE_DATA.SOCIETY.MOVIES WHERE TITLE = '1776'"), "1776")
        << "a title that is a number in the file";
    EXPECT_EQ(one("SELECT MIN(ZIP_CODE) FROM SAMPLE_DATA.GEOGRAPHY.ZIPCODES"), "00501");
}

TEST(SampleData, every_view_answers) {
    Client client{sample_backend()};
    for (const SampleView& view : sample_views()) {
        const Answer answer = client.ask("SELECT * FROM SAMPLE_DATA.PUBLIC." + std::string{view.name} + " LIMIT 3");
        EXPECT_FALSE(answer.error) << view.name << ": " << (answer.error ? answer.error->message() : "");
        EXPECT_THAT(answer.rows, SizeIs(3)) << view.name;
    }
}

TEST(SampleData, views_keep_the_text_they_were_made_from) {
    const auto ddl = sample_backend().engine().catalog().ddl("VIEW", "SAMPLE_DATA.PUBLIC.DAILY_FLIGHTS", false, {});
    ASSERT_TRUE(ddl);
    EXPECT_THAT(*ddl, HasSubstr("COUNT(*) AS FLIGHTS"));
}

TEST(SampleData, every_data_set_of_the_package_is_a_table_or_left_out_with_a_reason) {
    std::ifstream file{std::string{TEST_DATA_DIR} + "/../../third_party/.downloads/vega-datasets/datapackage.json"};
    ASSERT_TRUE(file);
    const std::string package{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::string_view> known;
    for (const SampleTable& table : sample_tables()) known.push_back(table.resource);
    for (const SampleOmission& omission : sample_omissions()) known.push_back(omission.resource);
    std::size_t resources = 0;
    for (std::size_t at = package.find("\"resources\"");
         (at = package.find("\n      \"name\": \"", at)) != std::string::npos; ++at) {
        const std::size_t start = at + 16;
        EXPECT_THAT(known, Contains(package.substr(start, package.find('"', start) - start)));
        ++resources;
    }
    EXPECT_GT(resources, 60u);
}

TEST(SampleData, a_missing_package_is_one_line_with_the_remedy) {
    const TemporaryFolder cache;
    const base::Error error = refused({.sample_source = "/nowhere", .cache_dir = cache.path().string()});
    EXPECT_EQ(error.stage(), base::Stage::config);
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("/nowhere"), HasSubstr("EMBEDDED_SAMPLE_SOURCE"), Not(HasSubstr("\n"))));
    EXPECT_TRUE(std::filesystem::is_empty(cache.path())) << "nothing half-built stays";
}

// ---- EMBEDDED_DATA_DIR

TEST(DataFiles, become_tables_of_schemas) {
    std::vector<std::string> warnings;
    std::vector<std::string> names;
    for (const DataFile& file : plan_data_files({"orders.csv", "order-lines 2024.parquet", "sales/eu/north.json",
                                                 "README.md", "sales/2020.csv.gz", "x.tsv", ".csv"},
                                                warnings))
        names.push_back(file.schema + "." + file.table);
    EXPECT_THAT(names, UnorderedElementsAre("PUBLIC.ORDERS", "PUBLIC.ORDER_LINES_2024", "SALES_EU.NORTH", "SALES._2020",
                                            "PUBLIC.X"));
    EXPECT_THAT(warnings, IsEmpty());
}

TEST(DataFiles, clashes_are_told_apart_and_told) {
    std::vector<std::string> warnings;
    std::vector<std::string> names;
    for (const DataFile& file : plan_data_files({"Orders.csv", "orders.json", "orders.parquet"}, warnings))
        names.push_back(file.table);
    EXPECT_THAT(names, ElementsAre("ORDERS", "ORDERS_JSON", "ORDERS_PARQUET"));
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("orders.json"), HasSubstr("orders.parquet")));
}

TEST(Identifiers, are_what_needs_no_quotes) {
    EXPECT_EQ(identifier_from("order id"), "ORDER_ID");
    EXPECT_EQ(identifier_from("Beak Length (mm)"), "BEAK_LENGTH_MM");
    EXPECT_EQ(identifier_from("_comment"), "_COMMENT");
    EXPECT_EQ(identifier_from("2020"), "_2020");
    EXPECT_EQ(identifier_from("  "), "COLUMN");
    EXPECT_THAT(identifiers_from({"a b", "A_B", "a-b"}), ElementsAre("A_B", "A_B_2", "A_B_3"));
}

class DataFolder : public ::testing::Test {
protected:
    Settings settings() const { return {.data_dir = folder_.path().string(), .cache_dir = cache_.path().string()}; }
    TemporaryFolder folder_;
    TemporaryFolder cache_;
};

TEST_F(DataFolder, files_are_tables_with_real_types) {
    folder_.write("orders.csv", "Order Id,placed,price\n1,2024-02-29,12.50\n2,2024-03-01,7\n");
    folder_.write(
        "crm/people.json",
        R"([{"name": "Ann", "tags": ["a", "b"], "home": {"city": "Oslo"}}, {"name": "Bo", "tags": [], "home": null}])");
    folder_.write("log.ndjson", "{\"n\": 1}\n{\"n\": 2}\n");
    const auto backend = opened(settings());
    ASSERT_TRUE(backend);
    const std::string database = backend->default_context().database;
    EXPECT_EQ(backend->default_context().schema, "PUBLIC");
    Client client{*backend};
    const Answer orders = client.ask("SELECT * FROM \"" + database + "\".PUBLIC.ORDERS ORDER BY 1");
    EXPECT_THAT(orders.names(), ElementsAre("ORDER_ID", "PLACED", "PRICE"));
    EXPECT_EQ(orders.columns[1].type, "DATE");
    EXPECT_THAT(orders.rows, ElementsAre(ElementsAre("1", "2024-02-29", "12.5"), ElementsAre("2", "2024-03-01", "7")));
    const Answer people = client.ask("SELECT NAME, TAGS, HOME FROM \"" + database + "\".CRM.PEOPLE ORDER BY NAME");
    EXPECT_EQ(people.columns[1].type, "VARIANT");
    EXPECT_THAT(people.rows.front(), ElementsAre("Ann", R"(["a","b"])", R"({"city":"Oslo"})"));
    EXPECT_THAT(client.ask("SHOW TABLES IN ACCOUNT").column("name"), ElementsAre("PEOPLE", "LOG", "ORDERS"));
    EXPECT_THAT(client.ask("DESC TABLE ORDERS").column("comment"),
                ElementsAre("In the file: Order Id", "NULL", "NULL"));
}

TEST_F(DataFolder, a_changed_file_is_read_again) {
    folder_.write("t.csv", "a\n1\n");
    ASSERT_TRUE(opened(settings()));
    folder_.write("t.csv", "a\n1\n2\n");
    const auto backend = opened(settings());
    ASSERT_TRUE(backend);
    Client client{*backend};
    EXPECT_THAT(client.ask("SELECT count(*) FROM \"" + backend->default_context().database + "\".PUBLIC.T").rows,
                ElementsAre(ElementsAre("2")));
    std::size_t kept = 0;
    for (const auto& entry : std::filesystem::directory_iterator{cache_.path()})
        kept += entry.path().filename().string().starts_with("EMBEDDED") ? 1 : 0;
    EXPECT_EQ(kept, 1u) << "the older build is removed";
}

TEST_F(DataFolder, a_broken_file_is_left_out_with_a_warning_each_time) {
    folder_.write("good.csv", "a\n1\n");
    folder_.write("bad.parquet", "this is no parquet file");
    for (int i = 0; i < 2; ++i) {
        const auto backend = opened(settings());
        ASSERT_TRUE(backend);
        EXPECT_THAT(backend->engine().warnings(), ElementsAre(AllOf(HasSubstr("bad.parquet"), HasSubstr("left out"))));
    }
}

TEST_F(DataFolder, problems_name_the_setting_and_the_folder) {
    EXPECT_THAT(refused({.data_dir = "/nowhere", .cache_dir = cache_.path().string()}).message(),
                AllOf(HasSubstr("EMBEDDED_DATA_DIR"), HasSubstr("/nowhere")));
    EXPECT_THAT(refused(settings()).message(), HasSubstr("holds no CSV, Parquet or JSON file"));
    folder_.write("bad.json", "{");
    const base::Error error = refused(settings());
    EXPECT_EQ(error.stage(), base::Stage::config);
    EXPECT_THAT(error.message(), HasSubstr("bad.json"));
}

// ---- EMBEDDED_DATABASE

class DatabaseFile : public ::testing::Test {
protected:
    Settings settings(const std::string& file) const {
        return {.database = file, .cache_dir = folder_.path().string()};
    }
    TemporaryFolder folder_;
};

TEST_F(DatabaseFile, lower_case_names_are_served_in_capitals) {
    const std::string file = (folder_.path() / "shop.duckdb").string();
    make_database(
        file, {"CREATE TABLE orders (id INTEGER NOT NULL, amount DECIMAL(10,2), \"Ship To\" VARCHAR, tags VARCHAR[])",
               "INSERT INTO orders VALUES (1, 2.50, 'Oslo', ['x'])", "CREATE SCHEMA crm",
               "CREATE VIEW crm.big AS SELECT id FROM orders WHERE amount > 1",
               "CREATE TABLE \"Mixed\" (\"A\" INTEGER, a_b INTEGER)", "COMMENT ON TABLE orders IS 'all orders'"});
    const auto backend = opened(settings(file));
    ASSERT_TRUE(backend);
    EXPECT_EQ(backend->default_context().database, "SHOP");
    EXPECT_EQ(backend->default_context().schema, "MAIN");
    Client client{*backend};
    EXPECT_THAT(client.ask("SHOW OBJECTS IN ACCOUNT").column("name"), ElementsAre("BIG", "Mixed", "ORDERS"));
    EXPECT_THAT(client.ask("DESC TABLE orders").column("name"), ElementsAre("ID", "AMOUNT", "Ship To", "TAGS"));
    EXPECT_THAT(client.ask("DESC TABLE orders").column("null?"), ElementsAre("N", "Y", "Y", "Y"));
    const auto parts = parse_parts("shop.main.orders", 3);
    const auto found = backend->engine().catalog().relation(*parts, {});
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->needs_alias);
    const Answer answer = client.ask("SELECT * FROM " + found->sql + " AS \"" + found->alias + "\"");
    EXPECT_THAT(answer.names(), ElementsAre("ID", "AMOUNT", "Ship To", "TAGS"));
    EXPECT_THAT(answer.rows, ElementsAre(ElementsAre("1", "2.50", "Oslo", R"(["x"])")));
    const auto view = backend->engine().catalog().relation(*parse_parts("crm.big", 3), backend->default_context());
    ASSERT_TRUE(view);
    EXPECT_THAT(client.ask("SELECT * FROM " + view->sql + " AS v").rows, ElementsAre(ElementsAre("1")));
}

TEST_F(DatabaseFile, is_never_written_to) {
    const std::string file = (folder_.path() / "shop.duckdb").string();
    make_database(file, {"CREATE TABLE t (a INTEGER)"});
    const auto before = std::filesystem::last_write_time(file);
    {
        const auto backend = opened(settings(file));
        ASSERT_TRUE(backend);
        Client client{*backend};
        EXPECT_TRUE(client.ask("INSERT INTO shop.main.t VALUES (1)").error);
    }
    EXPECT_EQ(std::filesystem::last_write_time(file), before);
    EXPECT_FALSE(std::filesystem::exists(file + ".wal"));
}

TEST_F(DatabaseFile, problems_are_one_line_with_the_remedy) {
    EXPECT_THAT(refused(settings("/nowhere/x.duckdb")).message(),
                AllOf(HasSubstr("EMBEDDED_DATABASE /nowhere/x.duckdb"), HasSubstr("does not exist")));
    EXPECT_THAT(refused(settings(folder_.path().string())).message(), HasSubstr("is no file"));
    const std::string corrupt = folder_.write("corrupt.duckdb", std::string(10'000, 'x'));
    const base::Error error = refused(settings(corrupt));
    EXPECT_EQ(error.stage(), base::Stage::config);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("EMBEDDED_DATABASE"), HasSubstr(corrupt),
                                       HasSubstr("cannot be opened"), Not(HasSubstr("\n"))));
}

// ---- Settings

TEST(EmbeddedSettings, a_wrong_library_is_named_with_the_remedy) {
    const TemporaryFolder folder;
    const std::string text = folder.write("libduckdb.so", "no library");
    const base::Error error = refused({.library = text});
    EXPECT_THAT(error.message(), AllOf(HasSubstr(text), HasSubstr("EMBEDDED_DUCKDB_LIBRARY")));
    EXPECT_THAT(refused({.library = "/nowhere/libduckdb.so"}).message(), HasSubstr("/nowhere/libduckdb.so"));
    EXPECT_THAT(refused({.library = "libc.so.6"}).message(), HasSubstr("is no DuckDB"));
}

TEST(EmbeddedSettings, versions_of_the_same_minor_fit) {
    EXPECT_TRUE(version_fits("v1.5.6"));
    EXPECT_TRUE(version_fits("v1.5.12"));
    for (const char* version : {"v1.5.5", "v1.4.9", "v1.6.0", "v2.0.0", "1.5.6", "v1.5.x", "v1.5.6-dev", ""})
        EXPECT_FALSE(version_fits(version)) << version;
}

TEST(EmbeddedSettings, a_time_zone_shows_its_own_wall_clock) {
    const auto backend = opened({.time_zone = "Europe/Paris"});
    ASSERT_TRUE(backend);
    Client client{*backend};
    EXPECT_THAT(client
                    .ask("SELECT TIMESTAMPTZ '2024-01-15 12:00:00+00', TIMESTAMPTZ '2024-07-15 12:00:00+00', "
                         "TIMESTAMPTZ '2024-03-31 00:59:59+00', "
                         "TIMESTAMPTZ '2024-03-31 01:00:00+00'")
                    .rows,
                ElementsAre(ElementsAre("2024-01-15 13:00:00.000 +0100", "2024-07-15 14:00:00.000 +0200",
                                        "2024-03-31 01:59:59.000 +0100", "2024-03-31 03:00:00.000 +0200")));
    EXPECT_THAT(refused({.time_zone = "Europe/Nowhere"}).message(),
                AllOf(HasSubstr("EMBEDDED_TIME_ZONE is Europe/Nowhere"), HasSubstr("IANA")));
}

TEST(InformationSchemaFunction, is_a_table_to_sql) {
    Client client{sample_backend()};
    const Answer answer = client.ask(
        "SELECT TABLE_SCHEMA, count(*) AS N FROM __information_schema('SAMPLE_DATA', 'TABLES') WHERE TABLE_TYPE = "
        "'BASE TABLE' GROUP BY ALL ORDER BY 1");
    ASSERT_FALSE(answer.error) << answer.error->message();
    EXPECT_THAT(answer.column("TABLE_SCHEMA"),
                ElementsAre("CLIMATE", "ECONOMY", "GEOGRAPHY", "NETWORKS", "SCIENCE", "SOCIETY", "TRANSPORT"));
    EXPECT_EQ(
        client.ask("SELECT CREATED FROM __information_schema('SAMPLE_DATA', 'SCHEMATA') LIMIT 1").columns.front().type,
        "TIMESTAMP_LTZ(9)");
    EXPECT_TRUE(client.ask("SELECT * FROM __information_schema('SAMPLE_DATA', 'NOPE')").error);
}

}  // namespace
}  // namespace backend::duckdb::testing
