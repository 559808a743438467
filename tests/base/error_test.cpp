#include "base/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using base::Error;
using base::Kind;
using base::Result;
using base::Stage;

TEST(Error, carries_what_happened_where_and_what_to_do) {
    const Error error = Error{Kind::overloaded, "busy"}
                            .at(Stage::queue)
                            .about("limit")
                            .retry_after(std::chrono::milliseconds{250})
                            .code("000604", "57014")
                            .query("01b2");
    EXPECT_EQ(error.kind(), Kind::overloaded);
    EXPECT_EQ(error.stage(), Stage::queue);
    EXPECT_EQ(error.message(), "busy");
    EXPECT_EQ(error.argument(), "limit");
    EXPECT_EQ(error.retry_after(), std::chrono::milliseconds{250});
    EXPECT_EQ(error.code(), "000604");
    EXPECT_EQ(error.sqlstate(), "57014");
    EXPECT_EQ(error.query_id(), "01b2");
}

TEST(Error, is_a_value_that_copies_deeply) {
    Error first{Kind::sql, "one"};
    const Error second = first;
    first = Error{Kind::timeout, "two"};
    EXPECT_EQ(second.message(), "one");
    EXPECT_EQ(first.kind(), Kind::timeout);
    EXPECT_EQ(sizeof(Error), sizeof(void*));
}

TEST(Error, has_a_name_of_its_own_for_each_kind_and_stage) {
    std::set<std::string_view> kinds;
    for (int i = 0; i <= static_cast<int>(Kind::internal); ++i) {
        kinds.insert(base::to_string(static_cast<Kind>(i)));
    }
    EXPECT_EQ(kinds.size(), static_cast<std::size_t>(Kind::internal) + 1);
    std::set<std::string_view> stages;
    for (int i = 0; i <= static_cast<int>(Stage::render); ++i) {
        stages.insert(base::to_string(static_cast<Stage>(i)));
    }
    EXPECT_EQ(stages.size(), static_cast<std::size_t>(Stage::render) + 1);
}

TEST(Error, is_what_a_failed_result_holds) {
    const Result<int> failed = base::fail(Kind::not_found, "no such table");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind(), Kind::not_found);
}

}  // namespace
