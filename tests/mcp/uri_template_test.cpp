#include "mcp/uri_template.hpp"

#include <gtest/gtest.h>

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

std::optional<Variables> match(std::string_view text, std::string_view uri) {
    const auto parsed = mcp::UriTemplate::parse(text);
    Variables variables;
    if (!parsed || !parsed->match(uri, variables)) return std::nullopt;
    return variables;
}

TEST(UriTemplate, a_variable_is_one_segment) {
    EXPECT_EQ(match("s://{a}/{b}", "s://x/y"), (Variables{{"a", "x"}, {"b", "y"}}));
    EXPECT_EQ(match("s://{a}/{b}", "s://x"), std::nullopt);
    EXPECT_EQ(match("s://{a}/{b}", "s://x/y/z"), std::nullopt);
    EXPECT_EQ(match("s://{a}/{b}", "s:///y"), std::nullopt) << "never empty";
    EXPECT_EQ(match("s://{a}/{b}", "t://x/y"), std::nullopt);
    EXPECT_EQ(match("s://{a}/{b}", ""), std::nullopt);
}

TEST(UriTemplate, literals_stand_where_they_stand) {
    EXPECT_EQ(match("test://template/{id}/data", "test://template/7/data"), (Variables{{"id", "7"}}));
    EXPECT_EQ(match("test://template/{id}/data", "test://template/7/data/more"), std::nullopt);
    EXPECT_EQ(match("s://{a}.{b}", "s://x.y.z"), (Variables{{"a", "x"}, {"b", "y.z"}}));
    EXPECT_EQ(match("s://{a}x", "s://xxx"), (Variables{{"a", "xx"}})) << "goes back where it took too little";
}

TEST(UriTemplate, a_plus_takes_slashes_too) {
    EXPECT_EQ(match("file:///{+path}", "file:///a/b/c"), (Variables{{"path", "a/b/c"}}));
}

TEST(UriTemplate, values_are_percent_decoded) {
    EXPECT_EQ(match("s://{a}", "s://a%20b%2Fc"), (Variables{{"a", "a b/c"}}));
    EXPECT_EQ(match("s://{a}", "s://a%2"), std::nullopt);
    EXPECT_EQ(match("s://{a}", "s://a%zz"), std::nullopt);
}

TEST(UriTemplate, says_what_is_wrong_with_itself) {
    for (const auto* text : {"s://{a", "s://a}", "s://{}", "s://{a}{a}", "s://{?q}", "s://{a b}"}) {
        EXPECT_FALSE(mcp::UriTemplate::parse(text)) << text;
    }
}

}  // namespace
