#include "mcp/message.hpp"

#include <gtest/gtest.h>

#include "mcp/document.hpp"
#include "mcp/raw_json.hpp"

namespace {

std::string id_of(std::string_view text) {
    mcp::Document document;
    const auto value = document.parse(text, 64);
    return value ? mcp::classify(**value, text).id : "not JSON";
}

TEST(Message, an_id_comes_back_digit_for_digit) {
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","id":1.50,"method":"m"})"), "1.50");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","method":"m","params":{"id":7},"id" : 123456789012345678901234567890 })"),
              "123456789012345678901234567890");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","id":1e3,"method":"m"})"), "1e3");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","id":-0.0,"method":"m"})"), "-0.0");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","id":-9223372036854775808,"method":"m"})"), "-9223372036854775808");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","id":"1","method":"m"})"), R"("1")");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","i\u0064":2.5,"method":"m"})"), "2.5");
    EXPECT_EQ(id_of(R"({"jsonrpc":"2.0","id":1,"method":"m","id":2.25})"), "2.25") << "the last one counts";
}

TEST(Message, tells_requests_notifications_and_responses_apart) {
    using Kind = mcp::Message::Kind;
    const auto kind = [](std::string_view text) {
        mcp::Document document;
        return mcp::classify(**document.parse(text, 64), text).kind;
    };
    EXPECT_EQ(kind(R"({"jsonrpc":"2.0","id":1,"method":"m"})"), Kind::request);
    EXPECT_EQ(kind(R"({"jsonrpc":"2.0","method":"m"})"), Kind::notification);
    EXPECT_EQ(kind(R"({"jsonrpc":"2.0","id":1,"result":null})"), Kind::response);
    EXPECT_EQ(kind(R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}})"), Kind::response);
    EXPECT_EQ(kind(R"({"jsonrpc":"2.0","id":1,"error":5})"), Kind::invalid);
    EXPECT_EQ(kind(R"({"jsonrpc":"2.0","result":1})"), Kind::invalid);
    EXPECT_EQ(kind(R"("text")"), Kind::invalid);
}

TEST(RawJson, members_and_elements_are_found_whatever_is_in_them) {
    EXPECT_EQ(mcp::raw_member(R"( { "a" : {"id":[1,"}"]} , "b":"\"}" , "id" : [ 1 , 2 ] } )", "id"), "[ 1 , 2 ]");
    EXPECT_EQ(mcp::raw_member("{}", "id"), "");
    EXPECT_EQ(mcp::raw_elements(R"([1, "a,]", {"b":[2]} , [], null])"),
              (std::vector<std::string_view>{"1", R"("a,]")", R"({"b":[2]})", "[]", "null"}));
    EXPECT_TRUE(mcp::raw_elements("[ ]").empty());
}

TEST(RawJson, never_leaves_a_text_that_is_cut) {
    const std::string whole = R"([{"a":"b\\","c":[1,2,{"d":null}]},"e"])";
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        const auto part = std::string_view{whole}.substr(0, length);
        for (const auto element : mcp::raw_elements(part)) EXPECT_GE(element.data(), part.data());
        EXPECT_LE(mcp::raw_member(part.substr(std::min<std::size_t>(1, length)), "c").size(), length);
    }
}

TEST(Document, refuses_what_is_nested_too_deep) {
    mcp::Document document;
    EXPECT_TRUE(document.parse(std::string(64, '[') + std::string(64, ']'), 64));
    const auto deep = document.parse(std::string(100'000, '['), 64);
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().message(), "nested deeper than 64 levels");
}

TEST(Document, refuses_text_that_is_not_utf8) {
    mcp::Document document;
    EXPECT_FALSE(document.parse("\"\xff\"", 64));
    EXPECT_FALSE(document.parse("\"\xed\xa0\x80\"", 64)) << "a surrogate";
    EXPECT_FALSE(document.parse(R"("\ud800")", 64)) << "half a pair";
    EXPECT_TRUE(document.parse(R"("\ud83d\ude00")", 64));
}

TEST(Document, is_used_again) {
    mcp::DocumentPool pool;
    mcp::Document* first = nullptr;
    {
        auto document = pool.take();
        first = document.get();
        EXPECT_TRUE(document->parse(R"({"a":")" + std::string(100'000, 'x') + "\"}", 64));
    }
    auto document = pool.take();
    EXPECT_EQ(document.get(), first);
    EXPECT_TRUE(document->parse("[1]", 64));
}

}  // namespace
