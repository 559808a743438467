#include "backend/snowflake/session/statement_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace backend::snowflake {
namespace {

namespace json = boost::json;

json::value body(const Statement& statement, const RunOptions& options = {}, const QueryContextCache* cache = nullptr) {
    std::string out;
    write_statement_body(out, statement, options, 7, 1'700'000'000'123, cache);
    return json::parse(out);
}

Statement statement(std::string text) {
    Statement made;
    made.text = std::move(text);
    return made;
}

TEST(StatementBody, says_what_the_server_needs) {
    Statement given = statement("SELECT 'a\"b\n\xC3\xA9'");
    given.tag = R"({"app":"x"})";
    const auto written = body(given, {.timeout_seconds = 30});
    EXPECT_EQ(written.at("sqlText"), "SELECT 'a\"b\n\xC3\xA9'");
    EXPECT_EQ(written.at("asyncExec"), false);
    EXPECT_EQ(written.at("describeOnly"), false);
    EXPECT_EQ(written.at("sequenceId"), 7);
    EXPECT_EQ(written.at("querySubmissionTime"), 1'700'000'000'123);
    EXPECT_EQ(written.at("parameters"), (json::value{{"QUERY_TAG", R"({"app":"x"})"},
                                                     {"STATEMENT_TIMEOUT_IN_SECONDS", 30},
                                                     {"MULTI_STATEMENT_COUNT", 1}}));
    EXPECT_FALSE(written.as_object().contains("bindings"));
    EXPECT_FALSE(written.as_object().contains("queryContextDTO"));
}

TEST(StatementBody, never_lets_the_server_guess_the_number_of_statements) {
    EXPECT_EQ(body(statement("SELECT 1")).at("parameters").at("MULTI_STATEMENT_COUNT"), 1);
    EXPECT_EQ(body(statement("SELECT 1; SELECT 2"), {.statements = 2}).at("parameters").at("MULTI_STATEMENT_COUNT"), 2);
}

TEST(StatementBody, numbers_its_bindings) {
    Statement given = statement("SELECT ?, ?");
    given.bindings = {
        {.type = "FIXED", .value = "42"}, {.type = "TEXT", .value = std::nullopt}, {.type = "", .value = "x"}};
    EXPECT_EQ(body(given).at("bindings"), (json::value{{"1", {{"type", "FIXED"}, {"value", "42"}}},
                                                       {"2", {{"type", "TEXT"}, {"value", nullptr}}},
                                                       {"3", {{"type", "TEXT"}, {"value", "x"}}}}));
}

TEST(StatementBody, cuts_a_tag_that_the_server_would_refuse) {
    Statement given = statement("SELECT 1");
    given.tag = std::string(3000, 't');
    EXPECT_EQ(body(given).at("parameters").at("QUERY_TAG").as_string().size(), 2000u);
}

TEST(StatementBody, hands_back_the_query_context) {
    QueryContextCache cache;
    cache.merge(R"({"entries":[{"id":0,"timestamp":5,"priority":0,"context":"Yg=="}]})");
    EXPECT_EQ(body(statement("SELECT 1"), {}, &cache).at("queryContextDTO").at("entries").at(0).at("context"),
              (json::value{{"base64Data", "Yg=="}}));
}

TEST(StatementBody, names_the_statement_to_cancel) {
    EXPECT_EQ(json::parse(abort_body("id-1", "SELECT 1")),
              (json::value{{"sqlText", "SELECT 1"}, {"requestId", "id-1"}}));
    EXPECT_EQ(json::parse(renewal_body("old")), (json::value{{"oldSessionToken", "old"}, {"requestType", "RENEW"}}));
}

}  // namespace
}  // namespace backend::snowflake
