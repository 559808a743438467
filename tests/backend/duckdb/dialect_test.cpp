/// The embedded backend answers as Snowflake's documentation says, or refuses: tests/data/embedded-sql/*.test.
#include <gtest/gtest.h>

#include <filesystem>

#include "backend/duckdb/dialect_file.hpp"
#include "backend/duckdb/embedded.hpp"
#include "backend/duckdb/engine.hpp"

namespace backend::duckdb::testing {
namespace {

DuckdbBackend& snowflake_backend() {
    static DuckdbBackend* const backend = [] {
        auto opened = DuckdbBackend::open({}, blocking_pool(), snowflake_dialect());
        if (!opened) throw std::runtime_error{opened.error().message()};
        return opened->release();
    }();
    return *backend;
}

std::vector<std::string> types_of(const Answer& answer) {
    std::vector<std::string> types;
    for (const Column& column : answer.columns) types.push_back(column.type);
    return types;
}

class DialectFiles : public ::testing::TestWithParam<std::string> {};

TEST_P(DialectFiles, answers_as_the_documentation_says) {
    const DialectFile file = read_dialect_file(GetParam());
    for (const std::string& complaint : file.complaints) ADD_FAILURE() << complaint;
    ASSERT_FALSE(file.cases.empty()) << file.path;
    Client client{snowflake_backend()};
    for (const DialectCase& one : file.cases) {
        SCOPED_TRACE(file.path + ":" + std::to_string(one.line) + "\n" + one.statement);
        const Answer answer = client.ask(one.statement);
        if (!one.error.empty()) {
            ASSERT_TRUE(answer.error) << "it answers instead of an error";
            EXPECT_NE(answer.error->message().find(one.error), std::string::npos) << answer.error->message();
            continue;
        }
        EXPECT_FALSE(answer.error) << answer.error->message();
        if (answer.error) continue;
        EXPECT_EQ(answer.rows, one.rows);
        if (!one.names.empty()) EXPECT_EQ(answer.names(), one.names);
        if (!one.types.empty()) EXPECT_EQ(types_of(answer), one.types);
        EXPECT_EQ(client.ask(one.statement).rows, answer.rows) << "asked again, by the plan that was kept";
    }
}

std::string file_name(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = std::filesystem::path{info.param}.stem().string();
    for (char& c : name) {
        if (c == '-') c = '_';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(EmbeddedSql, DialectFiles, ::testing::ValuesIn(dialect_files()), file_name);

TEST(Dialect, bindings_are_taken_in_the_order_of_the_text) {
    Client client{snowflake_backend()};
    const Answer answer = client.ask(Statement{
        .text = "SELECT ? AS a, b, :4 FROM (WITH c AS (SELECT ? AS b UNION ALL SELECT ?) SELECT MAX(b) AS b FROM c)",
        .bindings = {{"TEXT", "x'y"}, {"FIXED", "7"}, {"FIXED", "-5"}, {"DATE", "2024-02-29"}}});
    ASSERT_FALSE(answer.error) << answer.error->message();
    EXPECT_EQ(answer.rows, (std::vector<std::vector<std::string>>{{"x'y", "7", "2024-02-29"}}));
    EXPECT_EQ(types_of(answer), (std::vector<std::string>{"VARCHAR(3)", "NUMBER(1,0)", "DATE"}));
    EXPECT_TRUE(client.ask("SELECT ?").error) << "a binding that is not there";
}

TEST(Dialect, has_enough_documented_statements) {
    std::size_t answers = 0;
    std::size_t refusals = 0;
    for (const std::string& path : dialect_files()) {
        for (const DialectCase& one : read_dialect_file(path).cases) ++(one.error.empty() ? answers : refusals);
    }
    EXPECT_GE(answers, 250U);
    EXPECT_GE(refusals, 25U);
}

}  // namespace
}  // namespace backend::duckdb::testing
