#include "query/batching/batch_text.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "query/hostile_strings.hpp"
#include "sql/guard.hpp"
#include "sql/splitter.hpp"

namespace {

using query::batch_part;
using query::compose;

std::string part(std::string_view text) { return std::string{batch_part(text).value_or("(none)")}; }

TEST(BatchText, a_plain_query_is_a_part_from_its_first_to_its_last_byte) {
    EXPECT_EQ(part("SELECT 1"), "SELECT 1");
    EXPECT_EQ(part("  select a, 'x--y' from t  "), "select a, 'x--y' from t");
    EXPECT_EQ(part("WITH a AS (SELECT 1) SELECT * FROM a"), "WITH a AS (SELECT 1) SELECT * FROM a");
    EXPECT_EQ(part("VALUES (1), (2)"), "VALUES (1), (2)");
    EXPECT_EQ(part("(SELECT 1) UNION ALL (SELECT 2)"), "(SELECT 1) UNION ALL (SELECT 2)");
    EXPECT_EQ(part("SELECT 1 /* inside */ + 1"), "SELECT 1 /* inside */ + 1");
}

TEST(BatchText, what_stands_around_the_statement_stays_at_home) {
    EXPECT_EQ(part("SELECT 1;"), "SELECT 1");
    EXPECT_EQ(part("SELECT 1 ; ;\n"), "SELECT 1");
    EXPECT_EQ(part("SELECT 1 -- no line end"), "SELECT 1");
    EXPECT_EQ(part("SELECT 1; // no line end"), "SELECT 1");
    EXPECT_EQ(part("-- first\nSELECT 1 /* last */"), "SELECT 1");
}

TEST(BatchText, what_another_splitter_could_read_differently_goes_alone) {
    for (const std::string_view text :
         {"SELECT $$a$$", "SELECT $$;$$", "SELECT ';'", "SELECT \"a;b\" FROM t", "SELECT 1 /* ; */ + 1",
          "SELECT 1 -- a;b\n + 1", "SHOW TABLES ->> SELECT * FROM $1", "SELECT 1 ->> SELECT * FROM $1", "SELECT ?",
          "SELECT :1", "SELECT 1; SELECT 2", "SELECT 'open", "", ";", "-- only words"}) {
        EXPECT_EQ(batch_part(text), std::nullopt) << text;
    }
}

TEST(BatchText, only_queries_are_parts) {
    for (const std::string_view text :
         {"SHOW TABLES", "DESCRIBE TABLE t", "EXPLAIN SELECT 1", "LIST @s", "INSERT INTO t VALUES (1)", "USE ROLE r",
          "DELETE FROM t", "CALL p()", "BEGIN", "SET a = 1", "CREATE TABLE t AS SELECT 1",
          "WITH p AS PROCEDURE () RETURNS INT LANGUAGE SQL AS 'x' CALL p()"}) {
        EXPECT_EQ(batch_part(text), std::nullopt) << text;
    }
}

TEST(BatchText, a_long_text_goes_alone) {
    const std::string fits = "SELECT '" + std::string(query::longest_batched_text - 9, 'x') + "'";
    EXPECT_EQ(part(fits), fits);
    EXPECT_EQ(batch_part(fits + " "), std::nullopt);
}

/// Whatever the parts are, together they are as many statements, each with the bytes that were judged.
void expect_same_statements(const std::vector<std::string>& parts) {
    const auto text = compose(parts);
    const auto statements = sql::split_statements(text);
    ASSERT_EQ(statements.size(), parts.size()) << text;
    for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(statements[i], parts[i]) << text;
    for (const auto& verdict : sql::judge(text, sql::Policy{})) EXPECT_TRUE(verdict.is_allowed()) << verdict.reason;
}

TEST(BatchText, composed_parts_are_read_as_the_statements_they_were) {
    std::vector<std::string> parts;
    for (const std::string_view text :
         {"SELECT 1 -- end", "SELECT 'it''s' // end", "select \"a\"\"b\" from t;", "SELECT a:b.c FROM t;-- x",
          "SELECT '\\\\' ", "SELECT 1 /* a */", "VALUES (1)", "SELECT 1 AS begin",
          "SELECT CASE WHEN a THEN 1 END FROM t", "WITH begin AS (SELECT 1) SELECT * FROM begin",
          "SELECT x AS declare FROM t", "SELECT 2"}) {
        const auto one = batch_part(text);
        ASSERT_TRUE(one) << text;
        parts.emplace_back(*one);
    }
    expect_same_statements(parts);
    for (const auto& first : parts) {
        for (const auto& second : parts) expect_same_statements({first, second});
    }
}

TEST(BatchText, hostile_texts_do_not_break_out) {
    for (const auto& [name, hostile] : hostile::strings()) {
        for (const auto& text :
             {"SELECT '" + hostile + "'", "SELECT 1 " + hostile, hostile, "SELECT 1 -- " + hostile}) {
            const auto one = batch_part(text);
            if (!one || !sql::judge_call(text, sql::Policy{}).is_allowed()) continue;
            expect_same_statements({std::string{*one}, "SELECT 2", std::string{*one}});
        }
    }
}

}  // namespace
