#include "backend/snowflake/session/event_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace backend::snowflake {
namespace {

/// "name=data" of each.
std::vector<std::string> events(EventReader& reader) {
    std::vector<std::string> all;
    while (const auto event = reader.next()) all.push_back(event->name + "=" + event->data);
    return all;
}

using Events = std::vector<std::string>;

TEST(EventReader, reads_names_and_data) {
    EventReader reader;
    reader.feed("event: response.text.delta\ndata: {\"a\":1}\n\n: comment\nid: 7\nretry: 10\ndata: x\n\n");
    EXPECT_EQ(events(reader), (Events{"response.text.delta={\"a\":1}", "message=x"}));
}

TEST(EventReader, joins_lines_of_data) {
    EventReader reader;
    reader.feed("data: a\ndata:b\ndata\ndata:  c\n\n");
    EXPECT_EQ(events(reader), (Events{"message=a\nb\n\n c"}));
}

TEST(EventReader, does_not_care_how_the_bytes_are_cut) {
    const std::string text =
        "\xEF\xBB\xBF"
        "event: e\r\ndata: one\r\ndata: two\r\n\r\ndata: x\r\rdata: y\n\n";
    const Events wanted{"e=one\ntwo", "message=x", "message=y"};
    for (std::size_t size = 1; size <= text.size(); ++size) {
        EventReader reader;
        for (std::size_t at = 0; at < text.size(); at += size) reader.feed(std::string_view{text}.substr(at, size));
        EXPECT_EQ(events(reader), wanted) << size;
    }
}

TEST(EventReader, an_event_without_data_is_none) {
    EventReader reader;
    reader.feed("event: ping\n\n\n\ndata: x\n\n");
    EXPECT_EQ(events(reader), (Events{"message=x"}));
}

TEST(EventReader, what_stands_at_the_end_counts) {
    EventReader reader;
    reader.feed("event: done\ndata: [DONE]");
    EXPECT_TRUE(events(reader).empty());
    reader.finish();
    EXPECT_EQ(events(reader), (Events{"done=[DONE]"}));
}

TEST(EventReader, says_where_an_event_is_too_long) {
    EventReader reader{10};
    reader.feed("data: 12\n\n");
    EXPECT_FALSE(reader.overflowed());
    reader.feed("data: 1234567890\n\n");
    EXPECT_TRUE(reader.overflowed());
    EXPECT_EQ(events(reader), (Events{"message=12"}));
}

TEST(RestPath, encodes_what_people_name) {
    EXPECT_EQ(rest_path({"databases", "MY DB", "schemas", "a/b", "cortex-search-services", "S%", ":query"}),
              "/api/v2/databases/MY%20DB/schemas/a%2Fb/cortex-search-services/S%25:query");
    EXPECT_EQ(rest_path({"cortex", "analyst", "message"}), "/api/v2/cortex/analyst/message");
    EXPECT_EQ(rest_path({"databases", ".."}).find("/.."), std::string::npos);
}

}  // namespace
}  // namespace backend::snowflake
