#include "sql/guard.hpp"

#include <gtest/gtest.h>

namespace sql {
namespace {

TEST(Guard, judges_every_statement_of_a_text) {
    const std::string text = "SELECT 1;\n  DROP TABLE t ; SHOW TABLES";
    const auto verdicts = judge(text, Policy{});
    ASSERT_EQ(verdicts.size(), 3U);
    EXPECT_TRUE(verdicts[0].is_allowed());
    EXPECT_FALSE(verdicts[1].is_allowed());
    EXPECT_EQ(text.substr(verdicts[1].offset, verdicts[1].length), "DROP TABLE t");
    EXPECT_TRUE(verdicts[2].is_allowed());
}

TEST(Guard, answers_nothing_for_a_text_without_statements) {
    EXPECT_TRUE(judge("-- nothing\n;", Policy{}).empty());
    EXPECT_EQ(judge_call("-- nothing\n;", Policy{}).rule, rule::empty_text);
}

TEST(Guard, lets_a_doubt_deny_the_whole_text) {
    const auto verdicts = judge("SELECT 1; SELECT 'x", Policy{});
    ASSERT_EQ(verdicts.size(), 2U);
    for (const Verdict& verdict : verdicts) EXPECT_EQ(verdict.rule, rule::unterminated);
    EXPECT_NE(verdicts[0].reason.find("line 1"), std::string::npos);
}

TEST(Guard, says_which_setting_would_allow_it) {
    EXPECT_NE(judge_call("SELECT f(1)", Policy{}).reason.find("ALLOWED_FUNCTIONS"), std::string::npos);
    EXPECT_NE(judge_call("SELECT $1 FROM @s", Policy{}).reason.find("ALLOW_STAGE_READS"), std::string::npos);
    EXPECT_NE(judge_call("LIST @s", Policy{}).reason.find("ALLOWED_SQL_COMMANDS"), std::string::npos);
}

TEST(Guard, shows_no_hostile_characters_in_its_reasons) {
    const Verdict verdict = judge_call("SELECT \"a\u202Eb\"(1)", Policy{});
    EXPECT_EQ(verdict.rule, rule::unknown_function);
    EXPECT_EQ(verdict.reason.find("\u202E"), std::string::npos);
    EXPECT_LT(judge_call("SELECT \"" + std::string(10'000, 'x') + "\"(1)", Policy{}).reason.size(), 400U);
}

TEST(Guard, names_the_refused_link_of_a_chain) {
    EXPECT_EQ(judge_call("SELECT 1 ->> DROP TABLE t", Policy{}).kind, StatementKind::drop);
}

TEST(Guard, keeps_only_reads_that_do_not_change_by_themselves) {
    EXPECT_TRUE(judge_call("SELECT 1", Policy{}).is_cacheable);
    EXPECT_FALSE(judge_call("SELECT RANDOM()", Policy{}).is_cacheable);
    EXPECT_FALSE(judge_call("DROP TABLE t", Policy{}).is_cacheable);
    Policy policy;
    policy.allowed_commands.add(StatementKind::insert).add(StatementKind::list);
    EXPECT_FALSE(judge_call("INSERT INTO t VALUES (1)", policy).is_cacheable);
    EXPECT_FALSE(judge_call("LIST @s", policy).is_cacheable);
}

TEST(Guard, refuses_one_byte_above_the_limit_and_not_below) {
    Policy policy;
    policy.max_text_bytes = 8;
    EXPECT_TRUE(judge_call("SELECT 1", policy).is_allowed());
    EXPECT_EQ(judge_call("SELECT 12", policy).rule, rule::too_large);
}

}  // namespace
}  // namespace sql
