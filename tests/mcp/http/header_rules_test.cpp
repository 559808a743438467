#include "mcp/http/header_rules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using mcp::http::decoded;
using mcp::http::is_json;

/// `Accept` alone, in any number of fields.
class Lines final : public mcp::http::Headers {
public:
    explicit Lines(std::vector<std::string> accept) : accept_{std::move(accept)} {}
    std::string_view get(std::string_view name) const override {
        return count(name) > 0 ? std::string_view{accept_.front()} : std::string_view{};
    }
    std::string_view last(std::string_view name) const override {
        return count(name) > 0 ? std::string_view{accept_.back()} : std::string_view{};
    }
    std::size_t count(std::string_view name) const override { return name == "accept" ? accept_.size() : 0; }

private:
    std::vector<std::string> accept_;
};

std::string accepted(std::vector<std::string> lines) {
    const auto result = mcp::http::accepts(Lines{std::move(lines)});
    return std::string{result.json ? "json " : ""} + (result.stream ? "stream" : "");
}

std::string accepted(const char* accept) { return accepted(std::vector<std::string>{accept}); }

TEST(Accept, says_what_the_client_can_take) {
    EXPECT_EQ(accepted("application/json, text/event-stream"), "json stream");
    EXPECT_EQ(accepted("text/event-stream,application/json"), "json stream");
    EXPECT_EQ(accepted("Application/JSON"), "json ");
    EXPECT_EQ(accepted("text/event-stream;q=0.9"), "stream");
    EXPECT_EQ(accepted("text/*"), "stream");
    EXPECT_EQ(accepted("application/*; q=0.1"), "json ");
    EXPECT_EQ(accepted("*/*"), "json stream");
    EXPECT_EQ(accepted(std::vector<std::string>{}), "json stream");
    EXPECT_EQ(accepted(""), "json stream");
    EXPECT_EQ(accepted("application/json;q=0, text/html"), "");
    EXPECT_EQ(accepted("application/json;q=0.0, text/event-stream"), "stream");
    EXPECT_EQ(accepted("application/json; charset=utf-8"), "json ");
    EXPECT_EQ(accepted("application/jsonp"), "");
    EXPECT_EQ(accepted(std::vector<std::string>{"application/json", "text/event-stream"}), "json stream")
        << "one list in two fields";
    EXPECT_EQ(accepted(std::vector<std::string>{"", "text/html"}), "");
    EXPECT_EQ(accepted(",,;,"), "");
}

TEST(ContentType, is_json_with_or_without_parameters) {
    EXPECT_TRUE(is_json("application/json"));
    EXPECT_TRUE(is_json("Application/JSON; charset=utf-8"));
    EXPECT_FALSE(is_json("text/json"));
    EXPECT_FALSE(is_json("application/json-patch+json"));
    EXPECT_FALSE(is_json(""));
}

// Specification 2026-07-28, "Value Encoding", encoding examples, and what is malformed.
TEST(HeaderValue, is_decoded_as_the_specification_encodes) {
    EXPECT_EQ(decoded("us-west1"), "us-west1");
    EXPECT_EQ(decoded("=?base64?SGVsbG8sIOS4lueVjA==?="), "Hello, 世界");
    EXPECT_EQ(decoded("=?base64?IHBhZGRlZCA=?="), " padded ");
    EXPECT_EQ(decoded("=?base64?bGluZTEKbGluZTI=?="), "line1\nline2");
    EXPECT_EQ(decoded("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="), "=?base64?literal?=");
    EXPECT_EQ(decoded("=?base64?"
                      "?="),
              "");
    EXPECT_EQ(decoded("=?BASE64?SGVsbG8=?="), "=?BASE64?SGVsbG8=?=") << "the marks are case-sensitive";
    EXPECT_EQ(decoded("=?base64?="), "=?base64?=") << "no room for both marks";
    EXPECT_EQ(decoded("SGVsbG8=?="), "SGVsbG8=?=");
    EXPECT_EQ(decoded("=?base64?SGVsbG8?="), std::nullopt) << "padding";
    EXPECT_EQ(decoded("=?base64?SGVs!!!bG8=?="), std::nullopt) << "alphabet";
    EXPECT_EQ(decoded("=?base64?/w==?="), std::nullopt) << "not UTF-8";
    EXPECT_EQ(decoded("caf\xc3\xa9"), std::nullopt) << "not ASCII";
    EXPECT_EQ(decoded("a\x01"), std::nullopt);
    EXPECT_EQ(decoded("a\tb"), "a\tb");
}

}  // namespace
