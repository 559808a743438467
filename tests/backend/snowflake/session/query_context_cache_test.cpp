#include "backend/snowflake/session/query_context_cache.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

std::string entry(int id, int timestamp, int priority, const char* context = "") {
    return fmt::format(R"({{"id":{},"timestamp":{},"priority":{},"context":"{}"}})", id, timestamp, priority, context);
}
template <class... Entry>
std::string entries(Entry... all) {
    std::string joined;
    ((joined += (joined.empty() ? "" : ",") + all), ...);
    return R"({"entries":[)" + joined + "]}";
}
std::string written(const QueryContextCache& cache) {
    std::string out;
    cache.write(out);
    return out;
}

TEST(QueryContextCache, sends_back_what_it_was_given_by_priority) {
    QueryContextCache cache;
    cache.merge(entries(entry(1, 10, 1, "b"), entry(0, 10, 0, "a"), entry(2, 10, 2)));
    EXPECT_EQ(written(cache), R"({"entries":[{"id":0,"timestamp":10,"priority":0,"context":{"base64Data":"a"}},)"
                              R"({"id":1,"timestamp":10,"priority":1,"context":{"base64Data":"b"}},)"
                              R"({"id":2,"timestamp":10,"priority":2,"context":{}}]})");
}

TEST(QueryContextCache, the_newer_timestamp_of_an_id_wins) {
    QueryContextCache cache;
    cache.merge(entries(entry(1, 10, 1, "old")));
    cache.merge(entries(entry(1, 9, 1, "older")));
    EXPECT_NE(written(cache).find("\"old\""), std::string::npos);
    cache.merge(entries(entry(1, 11, 1, "new")));
    EXPECT_NE(written(cache).find("\"new\""), std::string::npos);
    cache.merge(entries(entry(1, 11, 4, "moved")));
    EXPECT_NE(written(cache).find("\"priority\":4"), std::string::npos);
}

TEST(QueryContextCache, an_equal_priority_replaces) {
    QueryContextCache cache;
    cache.merge(entries(entry(1, 10, 1, "a")));
    cache.merge(entries(entry(2, 5, 1, "b")));
    EXPECT_EQ(written(cache), R"({"entries":[{"id":2,"timestamp":5,"priority":1,"context":{"base64Data":"b"}}]})");
}

TEST(QueryContextCache, keeps_the_first_five) {
    QueryContextCache cache;
    cache.merge(
        entries(entry(1, 1, 1), entry(2, 1, 2), entry(3, 1, 3), entry(4, 1, 4), entry(5, 1, 5), entry(6, 1, 6)));
    EXPECT_NE(written(cache).find("\"priority\":5"), std::string::npos);
    EXPECT_EQ(written(cache).find("\"priority\":6"), std::string::npos);
    cache.set_capacity(2);
    EXPECT_EQ(written(cache).find("\"priority\":3"), std::string::npos);
}

TEST(QueryContextCache, nothing_said_changes_nothing_and_nonsense_empties_it) {
    QueryContextCache cache;
    cache.merge(entries(entry(1, 1, 1)));
    cache.merge("");
    EXPECT_FALSE(cache.empty());
    for (const char* text : {"{}", "null", R"({"entries":[]})", R"({"entries":null})", R"({"entries":[{"id":"x"}]})",
                             R"({"entries":[{"id":1,"timestamp":1}]})", "[", R"({"entries":[1]})"}) {
        cache.merge(entries(entry(1, 1, 1)));
        ASSERT_FALSE(cache.empty());
        cache.merge(text);
        EXPECT_TRUE(cache.empty()) << text;
        EXPECT_EQ(written(cache), "{}");
    }
}

}  // namespace
}  // namespace backend::snowflake
