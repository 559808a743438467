#include "app/guard_command.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace app {
namespace {

enum class Format { table, json };

struct Outcome {
    int code = 0;
    std::string out;
    std::string err;
};

Outcome judge(const std::string& text, Format format) {
    std::istringstream in{text};
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_guard(in, format == Format::json, sql::Policy{}, out, err);
    return {code, out.str(), err.str()};
}

TEST(GuardCommand, prints_one_json_array_of_verdicts) {
    const Outcome allowed = judge("SELECT 1", Format::json);
    EXPECT_EQ(allowed.code, 0);
    EXPECT_EQ(allowed.out,
              "[{\"kind\":\"SELECT\",\"verdict\":\"allow\",\"reason\":\"only reads\",\"rule\":\"allowed\"}]\n");
    EXPECT_EQ(allowed.err, "");
}

TEST(GuardCommand, answers_3_when_any_statement_is_refused) {
    const Outcome mixed = judge("SELECT 1; DROP TABLE t", Format::json);
    EXPECT_EQ(mixed.code, 3);
    EXPECT_NE(mixed.out.find("{\"kind\":\"DROP\",\"verdict\":\"deny\""), std::string::npos) << mixed.out;
    EXPECT_NE(mixed.out.find("\"verdict\":\"allow\""), std::string::npos) << mixed.out;
}

TEST(GuardCommand, answers_0_when_all_of_several_are_allowed) {
    EXPECT_EQ(judge("SELECT 1; SHOW TABLES", Format::json).code, 0);
}

TEST(GuardCommand, answers_3_for_an_empty_text) {
    for (const char* text : {"", "  \n", "-- nothing\n", ";"}) {
        const Outcome empty = judge(text, Format::json);
        EXPECT_EQ(empty.code, 3);
        EXPECT_EQ(empty.out, "[]\n");
        EXPECT_NE(empty.err.find("no statement"), std::string::npos);
    }
}

TEST(GuardCommand, prints_a_table_for_people) {
    const Outcome table = judge("SELECT\n  1;\nSELECT my_udf(1)", Format::table);
    EXPECT_EQ(table.code, 3);
    EXPECT_NE(table.out.find("KIND"), std::string::npos);
    EXPECT_NE(table.out.find("SELECT  allow    SELECT 1"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("ALLOWED_FUNCTIONS"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("[unknown-function]"), std::string::npos) << table.out;
}

TEST(GuardCommand, shows_no_control_characters_of_the_text) {
    const Outcome table = judge("SELECT 'a\x1b[2J\x07'", Format::table);
    EXPECT_EQ(table.code, 0);
    EXPECT_EQ(table.out.find('\x1b'), std::string::npos);
    EXPECT_EQ(table.out.find('\x07'), std::string::npos);
    const Outcome json = judge("SELECT \"\x1b[2J\"(1)", Format::json);
    EXPECT_EQ(json.out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace app
