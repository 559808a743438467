#include "backend/snowflake/session/left_running.hpp"

#include <gtest/gtest.h>

#include <string>

namespace backend::snowflake {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint start = base::TimePoint{} + 1h;

TEST(LeftRunning, keeps_the_login_until_the_query_has_ended) {
    LeftRunning queries;
    EXPECT_FALSE(queries.any(start));
    queries.add(start, "a", start + 1h);
    queries.add(start, "b", start + 1h);
    queries.ended("a");
    queries.ended("a stranger");
    EXPECT_TRUE(queries.any(start));
    queries.ended("b");
    EXPECT_FALSE(queries.any(start));
}

TEST(LeftRunning, what_nobody_asks_about_is_over_when_the_server_must_have_ended_it) {
    LeftRunning queries;
    queries.add(start, "a", start + 10min);
    EXPECT_TRUE(queries.any(start + 10min - 1ns));
    EXPECT_FALSE(queries.any(start + 10min));
    queries.add(start + 11min, "b", start + 20min);
    EXPECT_EQ(queries.size(), 1u) << "and it is forgotten";
}

TEST(LeftRunning, of_too_many_the_one_that_ends_first_is_forgotten) {
    LeftRunning queries;
    queries.add(start, "short", start + 1min);
    for (std::size_t i = 0; i < 3 * LeftRunning::most; ++i) queries.add(start, std::to_string(i), start + 1h);
    EXPECT_EQ(queries.size(), LeftRunning::most);
    EXPECT_TRUE(queries.any(start + 59min));
    queries.ended("short");
    EXPECT_EQ(queries.size(), LeftRunning::most) << "the short one went first";
}

TEST(LeftRunning, the_same_query_counts_once) {
    LeftRunning queries;
    queries.add(start, "a", start + 1min);
    queries.add(start, "a", start + 1h);
    EXPECT_EQ(queries.size(), 1u);
    EXPECT_TRUE(queries.any(start + 30min));
}

}  // namespace
}  // namespace backend::snowflake
