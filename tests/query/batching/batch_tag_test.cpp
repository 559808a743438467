#include "query/batching/batch_tag.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

namespace {

using query::BatchRider;

boost::json::object tag_of(const std::vector<BatchRider>& riders) {
    const auto text = query::batch_tag(riders);
    EXPECT_LE(text.size(), 2'000U);
    return boost::json::parse(text).as_object();
}

TEST(BatchTag, names_who_rides_in_the_order_of_the_statements) {
    const auto tag =
        tag_of({{"os:ann", "execute_query", "r1"}, {"os:bob", "query_view", "r2"}, {"os:ann", "execute_query", "r3"}});
    EXPECT_EQ(tag.at("app").as_string(), "snowflake-mcp");
    EXPECT_EQ(tag.at("batch").as_int64(), 3);
    EXPECT_EQ(tag.at("principals"), (boost::json::array{"os:ann", "os:bob"}));
    EXPECT_EQ(tag.at("tools"), (boost::json::array{"execute_query", "query_view"}));
    EXPECT_EQ(tag.at("requests"), (boost::json::array{"r1", "r2", "r3"}));
    EXPECT_FALSE(tag.contains("more"));
}

TEST(BatchTag, stays_within_snowflakes_bound_whoever_rides) {
    std::vector<BatchRider> riders;
    for (int i = 0; i < 100; ++i) {
        riders.push_back({"key:" + std::to_string(i) + std::string(300, '"'), "execute_query", std::string(200, '\n')});
        const auto tag = tag_of(riders);
        EXPECT_GE(tag.at("principals").as_array().size(), 1U);
    }
    EXPECT_TRUE(tag_of(riders).at("more").as_bool());
}

TEST(BatchTag, every_length_around_the_bound_fits) {
    for (std::size_t length = 1; length < 200; ++length) {
        std::vector<BatchRider> riders;
        for (int i = 0; i < 12; ++i)
            riders.push_back({std::to_string(i) + std::string(length, 'p'), "t" + std::to_string(i), "r"});
        tag_of(riders);
    }
}

}  // namespace
