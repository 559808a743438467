#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/duckdb/embedded.hpp"

namespace backend::duckdb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Engine, answers_a_constant) {
    Client client{sample_backend()};
    const Answer answer = client.ask("SELECT 42 AS A, 'x' AS B");
    ASSERT_FALSE(answer.error) << answer.error->message();
    EXPECT_THAT(answer.names(), ElementsAre("A", "B"));
    EXPECT_THAT(answer.rows, ElementsAre(ElementsAre("42", "x")));
    EXPECT_EQ(answer.columns[0].type, "NUMBER(38,0)");
    EXPECT_EQ(answer.query_id.size(), 36u);
}

TEST(Engine, shows) {
    Client client{sample_backend()};
    for (const char* text : {"SHOW TABLES IN ACCOUNT", "SHOW SCHEMAS", "SHOW VIEWS", "DESC TABLE TRANSPORT.FLIGHTS_3M",
                             "SHOW DATABASES"}) {
        const Answer answer = client.ask(text);
        if (answer.error) ADD_FAILURE() << answer.error->message();
        for (const auto& row : answer.rows) {
            std::string line;
            for (const auto& cell : row) line += cell.substr(0, 400) + " | ";
            puts(line.c_str());
        }
    }
}

}  // namespace
}  // namespace backend::duckdb::testing
