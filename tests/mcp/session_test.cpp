#include "mcp/session.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

namespace {

using namespace std::chrono_literals;

const base::WallTime start{std::chrono::hours{24 * 365 * 50}};

mcp::Session session(std::string key) {
    return {.revision = mcp::Revision::v2025_06_18,
            .key = std::move(key),
            .client_name = "client",
            .client_version = "1.2",
            .capabilities = {.elicitation_form = true, .sampling = true, .roots = true}};
}

class Sessions : public testing::Test {
protected:
    base::TokenSealer sealer = base::TokenSealer::with_random_key();
    mcp::Sessions sessions{sealer, {.ttl = std::chrono::hours{1}, .ended = 3, .notes = 2}};
};

TEST_F(Sessions, what_initialize_fixed_comes_back_from_the_id_alone) {
    const auto token = sessions.seal(session("k"), "key:a", start);
    const mcp::Sessions other_replica{sealer, {}};
    const auto opened = other_replica.open(token, "key:a", start + 59min);
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->revision, mcp::Revision::v2025_06_18);
    EXPECT_EQ((*opened)->key, "k");
    EXPECT_EQ((*opened)->client_name, "client");
    EXPECT_EQ((*opened)->client_version, "1.2");
    EXPECT_EQ((*opened)->capabilities, session("k").capabilities);
}

TEST_F(Sessions, an_id_is_visible_ascii) {
    for (const char c : sessions.seal(session("k"), "key:a", start)) {
        EXPECT_GE(c, 0x21);
        EXPECT_LE(c, 0x7e);
    }
}

TEST_F(Sessions, of_another_principal_expired_or_made_up_are_all_unknown) {
    const auto token = sessions.seal(session("k"), "key:a", start);
    std::string messages[] = {sessions.open(token, "key:b", start).error().message(),
                              sessions.open(token, "key:a", start + 61min).error().message(),
                              sessions.open("made-up", "key:a", start).error().message(),
                              sessions.open("", "key:a", start).error().message(),
                              sessions.open(token + "x", "key:a", start).error().message()};
    for (const auto& message : messages) EXPECT_EQ(message, messages[0]);
}

TEST_F(Sessions, an_ended_one_is_remembered_until_its_token_expires) {
    const auto token = sessions.seal(session("k"), "key:a", start);
    sessions.end(session("k"), start);
    EXPECT_FALSE(sessions.open(token, "key:a", start + 30min));
    sessions.end(session("other"), start + 2h);
    EXPECT_FALSE(sessions.open(token, "key:a", start + 2h)) << "now it is the token that says no";
}

TEST_F(Sessions, the_list_of_ended_ones_is_bounded) {
    const auto token = sessions.seal(session("k0"), "key:a", start);
    for (int i = 0; i < 3; ++i) sessions.end(session(fmt::format("k{}", i)), start);
    EXPECT_FALSE(sessions.open(token, "key:a", start)) << "three are kept";
    sessions.end(session("k3"), start);
    EXPECT_TRUE(sessions.open(token, "key:a", start)) << "the oldest made room";
}

TEST_F(Sessions, notes_are_bounded_and_the_longest_untouched_goes) {
    sessions.set_log_level("a", mcp::LogLevel::error);
    sessions.subscribe("b", "s://1");
    sessions.set_log_level("a", mcp::LogLevel::debug);
    sessions.subscribe("c", "s://2");
    EXPECT_EQ(sessions.log_level("a"), mcp::LogLevel::debug);
    EXPECT_FALSE(sessions.is_subscribed("b", "s://1"));
    EXPECT_TRUE(sessions.is_subscribed("c", "s://2"));
    sessions.unsubscribe("c", "s://2");
    EXPECT_FALSE(sessions.is_subscribed("c", "s://2"));
    sessions.end(session("a"), start);
    EXPECT_EQ(sessions.log_level("a"), std::nullopt);
}

TEST_F(Sessions, subscriptions_of_one_session_are_bounded) {
    for (std::size_t i = 0; i <= mcp::Sessions::max_subscriptions; ++i) sessions.subscribe("a", fmt::format("s:{}", i));
    EXPECT_FALSE(sessions.is_subscribed("a", "s:0"));
    EXPECT_TRUE(sessions.is_subscribed("a", "s:1"));
}

TEST_F(Sessions, the_stream_opened_last_is_the_current_one) {
    const auto first = sessions.add_stream("a");
    const auto second = sessions.add_stream("a");
    EXPECT_FALSE(sessions.is_current_stream("a", first));
    EXPECT_TRUE(sessions.is_current_stream("a", second));
    sessions.remove_stream("a", second);
    EXPECT_TRUE(sessions.is_current_stream("a", first));
    sessions.remove_stream("a", first);
    EXPECT_FALSE(sessions.is_current_stream("a", first));
}

TEST(Capabilities, are_read_in_the_form_of_each_revision) {
    const auto read = [](std::string_view json) {
        return mcp::capabilities_from(boost::json::parse(json).get_object());
    };
    EXPECT_EQ(read("{}"), mcp::ClientCapabilities{});
    EXPECT_EQ(read(R"({"elicitation":{}})"), (mcp::ClientCapabilities{.elicitation_form = true}));
    EXPECT_EQ(read(R"({"elicitation":{"url":{}}})"), (mcp::ClientCapabilities{.elicitation_url = true}));
    EXPECT_EQ(read(R"({"elicitation":{"url":{},"form":{}}})"),
              (mcp::ClientCapabilities{.elicitation_form = true, .elicitation_url = true}));
    EXPECT_EQ(read(R"({"sampling":{"tools":{}},"roots":{"listChanged":true}})"),
              (mcp::ClientCapabilities{.sampling = true, .sampling_tools = true, .roots = true}));
    EXPECT_EQ(read(R"({"sampling":true,"roots":null})"), mcp::ClientCapabilities{});
}

}  // namespace
