#include "backend/duckdb/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/duckdb/embedded.hpp"

namespace backend::duckdb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Embedded : public ::testing::Test {
protected:
    std::vector<std::string> row(std::string text) {
        const Answer answer = client_.ask(std::move(text));
        if (answer.error) ADD_FAILURE() << answer.error->message();
        return answer.rows.empty() ? std::vector<std::string>{} : answer.rows.front();
    }
    std::string type_of(std::string expression) {
        const Answer answer = client_.ask("SELECT " + expression);
        if (answer.error) ADD_FAILURE() << answer.error->message();
        return answer.columns.empty() ? "" : answer.columns.front().type;
    }
    base::Error refused(std::string text) {
        const Answer answer = client_.ask(std::move(text));
        if (!answer.error) ADD_FAILURE() << "was not refused";
        return answer.error.value_or(base::Error{base::Kind::internal, "not refused"});
    }

    Client client_{sample_backend()};
};

TEST_F(Embedded, answers_a_constant) {
    const Answer answer = client_.ask("SELECT 42 AS A, 'x' AS B");
    EXPECT_THAT(answer.names(), ElementsAre("A", "B"));
    EXPECT_THAT(answer.rows, ElementsAre(ElementsAre("42", "x")));
    EXPECT_THAT(answer.query_id, SizeIs(36));
}

TEST_F(Embedded, every_type_has_its_snowflake_name) {
    EXPECT_EQ(type_of("1"), "NUMBER(38,0)");
    EXPECT_EQ(type_of("1::TINYINT"), "NUMBER(38,0)");
    EXPECT_EQ(type_of("1::HUGEINT"), "NUMBER(38,0)");
    EXPECT_EQ(type_of("1.25::DECIMAL(10,2)"), "NUMBER(10,2)");
    EXPECT_EQ(type_of("1.5::DOUBLE"), "FLOAT");
    EXPECT_EQ(type_of("true"), "BOOLEAN");
    EXPECT_EQ(type_of("'x'"), "VARCHAR(16777216)");
    EXPECT_EQ(type_of("'x'::BLOB"), "BINARY(8388608)");
    EXPECT_EQ(type_of("DATE '2024-02-29'"), "DATE");
    EXPECT_EQ(type_of("TIME '13:05:00'"), "TIME(9)");
    EXPECT_EQ(type_of("TIMESTAMP '2024-02-29 13:05:00'"), "TIMESTAMP_NTZ(9)");
    EXPECT_EQ(type_of("TIMESTAMP_NS '2024-02-29 13:05:00'"), "TIMESTAMP_NTZ(9)");
    EXPECT_EQ(type_of("TIMESTAMPTZ '2024-02-29 13:05:00+01'"), "TIMESTAMP_LTZ(9)");
    EXPECT_EQ(type_of("[1, 2]"), "ARRAY");
    EXPECT_EQ(type_of("{'a': 1}"), "OBJECT");
    EXPECT_EQ(type_of("MAP {'a': 1}"), "OBJECT");
    EXPECT_EQ(type_of("'{}'::JSON"), "VARIANT");
    EXPECT_EQ(type_of("uuid()"), "VARCHAR(16777216)");
}

TEST_F(Embedded, numbers_keep_all_digits) {
    EXPECT_THAT(
        row("SELECT (-128)::TINYINT, 255::UTINYINT, (-9223372036854775808)::BIGINT, 18446744073709551615::UBIGINT"),
        ElementsAre("-128", "255", "-9223372036854775808", "18446744073709551615"));
    EXPECT_THAT(row("SELECT 170141183460469231731687303715884105727::HUGEINT, "
                    "-170141183460469231731687303715884105727::HUGEINT, "
                    "340282366920938463463374607431768211455::UHUGEINT"),
                ElementsAre("170141183460469231731687303715884105727", "-170141183460469231731687303715884105727",
                            "340282366920938463463374607431768211455"));
    EXPECT_THAT(row("SELECT 1.5::DECIMAL(4,1), -0.01::DECIMAL(9,2), 123456789012.345::DECIMAL(18,3), "
                    "99999999999999999999999999999999999999::DECIMAL(38,0)"),
                ElementsAre("1.5", "-0.01", "123456789012.345", "99999999999999999999999999999999999999"));
    EXPECT_THAT(row("SELECT 0.1::FLOAT, 0.1::DOUBLE, 'nan'::DOUBLE"), ElementsAre("0.1", "0.1", "NaN"));
}

TEST_F(Embedded, dates_and_times_come_exactly) {
    EXPECT_THAT(row("SELECT DATE '1582-10-10', DATE '0001-01-01', '-infinity'::DATE"),
                ElementsAre("1582-10-10", "0001-01-01", "-infinity"));
    EXPECT_THAT(row("SELECT TIME '13:05:00', TIME '13:05:00.25', TIMETZ '13:05:00+05:30'"),
                ElementsAre("13:05:00", "13:05:00.25", "13:05:00+05:30"));
    EXPECT_THAT(row("SELECT TIMESTAMP '2024-02-29 13:05:00', TIMESTAMP '1969-12-31 23:59:59.999999', "
                    "TIMESTAMP_NS '2024-02-29 13:05:00.123456789', TIMESTAMP_S '2024-02-29 13:05:00', TIMESTAMP_MS "
                    "'2024-02-29 13:05:00.5'"),
                ElementsAre("2024-02-29 13:05:00.000", "1969-12-31 23:59:59.999999", "2024-02-29 13:05:00.123456789",
                            "2024-02-29 13:05:00.000", "2024-02-29 13:05:00.500"));
    EXPECT_THAT(row("SELECT TIMESTAMPTZ '2024-02-29 13:05:00+01'"), ElementsAre("2024-02-29 12:05:00.000 +0000"));
}

TEST_F(Embedded, text_binary_and_rarer_types_have_a_text) {
    EXPECT_THAT(row("SELECT 'short', 'a text of more than twelve bytes', '', NULL"),
                ElementsAre("short", "a text of more than twelve bytes", "", "NULL"));
    EXPECT_THAT(row("SELECT '\\x00\\xFF'::BLOB, '0101'::BIT, 'b'::ENUM('a', 'b')"), ElementsAre("00FF", "0101", "b"));
    EXPECT_THAT(row("SELECT '00112233-4455-6677-8899-aabbccddeeff'::UUID"),
                ElementsAre("00112233-4455-6677-8899-aabbccddeeff"));
    EXPECT_THAT(row("SELECT INTERVAL '1 year 2 months 3 days 04:05:06.5', INTERVAL '-90 seconds', INTERVAL '0 days'"),
                ElementsAre("1 year 2 months 3 days 04:05:06.5", "-00:01:30", "00:00:00"));
}

TEST_F(Embedded, nested_values_are_json) {
    EXPECT_THAT(
        row("SELECT [1, NULL, 3], [['a'], []], {'a': 1, 'b': {'c': 'x\"y'}}, MAP {'k': 1.50::DECIMAL(4,2)}, MAP {7: "
            "'seven'}"),
        ElementsAre("[1,null,3]", R"([["a"],[]])", R"({"a":1,"b":{"c":"x\"y"}})", R"({"k":1.50})", R"({"7":"seven"})"));
    EXPECT_THAT(row("SELECT [DATE '2024-02-29'], [1.5::DOUBLE], [1, 2]::INTEGER[2], union_value(k := 'x'), ['{\"a\": "
                    "1}'::JSON]"),
                ElementsAre(R"(["2024-02-29"])", "[1.5]", "[1,2]", "\"x\"", R"([{"a":1}])"));
    EXPECT_THAT(row("SELECT NULL::INTEGER[], {'a': NULL}"), ElementsAre("NULL", R"({"a":null})"));
}

TEST_F(Embedded, reads_large_results_batch_by_batch) {
    const Answer answer = client_.ask("SELECT i, 'row ' || i FROM range(100000) AS t(i)");
    ASSERT_THAT(answer.rows, SizeIs(100'000));
    EXPECT_THAT(answer.rows.back(), ElementsAre("99999", "row 99999"));
}

TEST_F(Embedded, stops_at_the_limit_of_the_caller) {
    const Answer answer = client_.ask("SELECT * FROM range(1000000000000)", {}, 5000);
    EXPECT_FALSE(answer.error);
    EXPECT_THAT(answer.rows, SizeIs(5000));
}

TEST_F(Embedded, nulls_sort_as_in_snowflake) {
    EXPECT_THAT(client_.ask("SELECT x FROM (VALUES (2), (NULL), (1)) AS t(x) ORDER BY x").column("x"),
                ElementsAre("1", "2", "NULL"));
    EXPECT_THAT(client_.ask("SELECT x FROM (VALUES (2), (NULL), (1)) AS t(x) ORDER BY x DESC").column("x"),
                ElementsAre("NULL", "2", "1"));
}

TEST_F(Embedded, an_error_in_the_middle_of_a_result_is_told) {
    const Answer answer =
        client_.ask("SELECT CASE WHEN i = 90000 THEN error('boom') ELSE i END FROM range(100000) AS t(i)");
    ASSERT_TRUE(answer.error);
    EXPECT_THAT(answer.error->message(), HasSubstr("boom"));
    EXPECT_THAT(answer.error->query_id(), SizeIs(36));
}

TEST_F(Embedded, errors_have_snowflakes_words_and_codes) {
    const base::Error column = refused("SELECT NOPE FROM SAMPLE_DATA.TRANSPORT.CARS");
    EXPECT_EQ(column.kind(), base::Kind::sql);
    EXPECT_EQ(column.code(), "000904");
    EXPECT_THAT(column.message(), HasSubstr("invalid identifier 'NOPE'"));
    EXPECT_EQ(refused("SELECT * FROM SAMPLE_DATA.TRANSPORT.NOPE").code(), "002003");
    EXPECT_EQ(refused("SELECT nope(1)").code(), "002140");
    EXPECT_EQ(refused("SELECT 'abc'::INTEGER").code(), "100038");
    EXPECT_EQ(refused("SELECT 1 +").code(), "001003");
    EXPECT_THAT(refused("SELECT NOPE FROM SAMPLE_DATA.TRANSPORT.CARS").message(), Not(HasSubstr("LINE 1")));
}

TEST_F(Embedded, only_reads_run) {
    for (const char* text : {"CREATE TABLE t (a INTEGER)",
                             "CREATE TEMP TABLE t (a INTEGER)",
                             "CREATE TEMP MACRO f() AS 1",
                             "CREATE VIEW v AS SELECT 1",
                             "INSERT INTO SAMPLE_DATA.TRANSPORT.CARS SELECT * FROM SAMPLE_DATA.TRANSPORT.CARS",
                             "DELETE FROM SAMPLE_DATA.TRANSPORT.CARS",
                             "DROP TABLE SAMPLE_DATA.TRANSPORT.CARS",
                             "SET threads = 1",
                             "RESET threads",
                             "PRAGMA threads=1",
                             "CALL pragma_version()",
                             "ATTACH ':memory:' AS m",
                             "DETACH SAMPLE_DATA",
                             "USE SAMPLE_DATA",
                             "COPY (SELECT 1) TO '/tmp/x.csv'",
                             "EXPORT DATABASE '/tmp/x'",
                             "INSTALL httpfs",
                             "LOAD httpfs",
                             "CHECKPOINT",
                             "BEGIN",
                             "VACUUM",
                             "PREPARE p AS SELECT 1",
                             "SELECT 1; SELECT 2",
                             "EXPLAIN ANALYZE DELETE FROM SAMPLE_DATA.TRANSPORT.CARS"})
        EXPECT_TRUE(client_.ask(text).error) << text;
    EXPECT_THAT(row("SELECT count(*) FROM SAMPLE_DATA.TRANSPORT.CARS"), ElementsAre("406"));
}

TEST_F(Embedded, sql_reaches_neither_files_nor_settings) {
    for (const char* text : {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
                             "SELECT * FROM '/etc/passwd'", "SELECT * FROM read_blob('/proc/self/environ')",
                             "SELECT * FROM glob('/etc/*')",
                             "SELECT * FROM read_parquet('https://example.com/x.parquet')", "SELECT getenv('HOME')"})
        EXPECT_TRUE(client_.ask(text).error) << text;
    EXPECT_THAT(row("SELECT current_setting('lock_configuration'), current_setting('enable_external_access')"),
                ElementsAre("true", "false"));
}

TEST_F(Embedded, macros_of_the_dialect_come_before_built_in_functions) {
    EXPECT_THAT(row("SELECT plus_one(41)"), ElementsAre("42"));
}

TEST_F(Embedded, an_endless_statement_ends_with_its_deadline_and_its_session_is_not_used_again) {
    struct Seen {
        std::optional<base::Error> error;
        bool usable = true;
    } seen;
    static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:test"});
    async::TaskGroup tasks;
    async::Worker& worker = client_.worker();
    async::Call::Parts parts{
        .request_id = "r", .principal = principal, .deadline = worker.now() + std::chrono::milliseconds{50}};
    struct Run {
        static async::Task<void> run(async::Call& call, Seen* seen) {
            auto session = co_await sample_backend().login(call, {}, {});
            Statement statement{.text = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"};
            auto result = co_await (*session)->execute(call, std::move(statement));
            if (!result) seen->error = result.error();
            seen->usable = (*session)->usable();
        }
    };
    tasks.spawn(worker, std::move(parts), [&](async::Call& call) { return Run::run(call, &seen); });
    while (tasks.size() > 0) {
        if (worker.poll() == 0) worker.context().run_one_for(std::chrono::milliseconds{5});
    }
    ASSERT_TRUE(seen.error);
    EXPECT_EQ(seen.error->kind(), base::Kind::timeout);
    EXPECT_FALSE(seen.usable);
    EXPECT_THAT(row("SELECT 1"), ElementsAre("1")) << "the pool's thread came back";
}

TEST_F(Embedded, explains_with_an_honest_label) {
    const Answer tabular = client_.ask("EXPLAIN SELECT NAME FROM SAMPLE_DATA.TRANSPORT.CARS WHERE CYLINDERS = 8");
    ASSERT_FALSE(tabular.error) << tabular.error->message();
    EXPECT_THAT(tabular.names(), ElementsAre("step", "id", "parentOperators", "operation", "objects", "alias",
                                             "expressions", "partitionsTotal", "partitionsAssigned", "bytesAssigned"));
    EXPECT_EQ(tabular.column("operation").front(), "GlobalStats");
    EXPECT_THAT(tabular.column("expressions").front(), HasSubstr("DuckDB"));
    EXPECT_THAT(tabular.column("objects"), ::testing::Contains(HasSubstr("CARS")));
    EXPECT_THAT(row("EXPLAIN USING JSON SELECT 1").front(), HasSubstr("\"engine\":\"DuckDB\""));
    EXPECT_THAT(row("EXPLAIN USING TEXT SELECT 1").front(), HasSubstr("-> "));
    EXPECT_EQ(refused("EXPLAIN USING YAML SELECT 1").code(), "001003");
}

TEST_F(Embedded, a_chain_reads_what_came_before) {
    const Answer answer = client_.ask("SHOW SCHEMAS ->> SHOW DATABASES");
    EXPECT_FALSE(answer.error);
    EXPECT_THAT(answer.column("name"), ElementsAre("SAMPLE_DATA"));
}

}  // namespace
}  // namespace backend::duckdb::testing
