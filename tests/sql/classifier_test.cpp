#include "sql/classifier.hpp"

#include <gtest/gtest.h>

namespace sql {
namespace {

std::string kind_of(std::string_view text) {
    const auto kinds = classify_text(text);
    return kinds.size() == 1 ? std::string{to_string(kinds.front())} : "not one statement";
}

TEST(Classifier, names_a_statement_by_its_command) {
    EXPECT_EQ(kind_of("select 1"), "SELECT");
    EXPECT_EQ(kind_of("((SELECT 1))"), "SELECT");
    EXPECT_EQ(kind_of("desc table t"), "DESCRIBE");
    EXPECT_EQ(kind_of("ls @s"), "LIST");
    EXPECT_EQ(kind_of("rm @s"), "REMOVE");
    EXPECT_EQ(kind_of("alter session set x = 1"), "ALTER SESSION");
    EXPECT_EQ(kind_of("alter table t add a int"), "ALTER");
    EXPECT_EQ(kind_of("begin"), "BEGIN");
    EXPECT_EQ(kind_of("begin select 1; end"), "SCRIPTING");
    EXPECT_EQ(kind_of("x := 1"), "SCRIPTING");
    EXPECT_EQ(kind_of("\"select\" 1"), "UNKNOWN");
    EXPECT_EQ(kind_of("hello"), "UNKNOWN");
}

TEST(Classifier, looks_behind_common_tables) {
    EXPECT_EQ(kind_of("WITH a AS (SELECT 1) SELECT 1"), "WITH ... SELECT");
    EXPECT_EQ(kind_of("WITH RECURSIVE a (x) AS (SELECT (1)), b AS (SELECT 2) (SELECT 1)"), "WITH ... SELECT");
    EXPECT_EQ(kind_of("WITH a (SELECT 1) SELECT 1"), "WITH ... SELECT");
    EXPECT_EQ(kind_of("WITH a AS (SELECT 1) DELETE FROM t"), "DELETE");
    EXPECT_EQ(kind_of("WITH p AS PROCEDURE () RETURNS INT AS 'x' CALL p()"), "ANONYMOUS PROCEDURE");
    EXPECT_EQ(kind_of("WITH a SELECT 1"), "UNKNOWN");
    EXPECT_EQ(kind_of("WITH"), "UNKNOWN");
}

TEST(Classifier, gives_a_chain_the_kind_of_its_first_link) { EXPECT_EQ(kind_of("SHOW TABLES ->> SELECT 1"), "SHOW"); }

TEST(StatementKind, has_a_name_for_every_kind) {
    for (std::size_t i = 1; i < statement_kinds; ++i) {
        const auto kind = static_cast<StatementKind>(i);
        EXPECT_NE(to_string(kind), "UNKNOWN");
        if (!may_be_allowed(kind)) continue;
        const auto set = parse_commands(to_string(kind));
        ASSERT_TRUE(set.has_value()) << to_string(kind);
        EXPECT_TRUE(set->contains(kind)) << to_string(kind);
    }
}

TEST(StatementKind, reads_a_list_of_commands) {
    EXPECT_EQ(*parse_commands(" select, SHOW,desc , explain, with ... select, values,"), CommandSet::reads());
    EXPECT_EQ(*parse_commands("SELECT,WITH,SHOW,DESCRIBE,EXPLAIN,VALUES"), CommandSet::reads());
    EXPECT_TRUE(parse_commands("LS")->contains(StatementKind::list));
    EXPECT_FALSE(CommandSet::reads().contains(StatementKind::list));
}

TEST(StatementKind, refuses_commands_that_no_setting_may_open) {
    for (const char* text :
         {"SET", "USE", "ALTER SESSION", "EXECUTE IMMEDIATE", "BEGIN", "SCRIPTING", "FLY", "UNKNOWN"}) {
        EXPECT_FALSE(parse_commands(text).has_value()) << text;
    }
    EXPECT_NE(parse_commands("USE").error().message().find("shared"), std::string::npos);
}

}  // namespace
}  // namespace sql
