#include "net/client/url.hpp"

#include <gtest/gtest.h>

using net::client::Scheme;
using net::client::Url;

namespace {

TEST(Url, takes_its_parts_apart) {
    const auto url = Url::parse("HTTPS://Acme.Snowflakecomputing.COM:8443/queries/v1?requestId=1#x").value();
    EXPECT_EQ(url.scheme, Scheme::https);
    EXPECT_EQ(url.host, "acme.snowflakecomputing.com");
    EXPECT_EQ(url.port, 8443);
    EXPECT_EQ(url.target, "/queries/v1?requestId=1");
    EXPECT_EQ(url.authority(), "acme.snowflakecomputing.com:8443");
}

TEST(Url, leaves_the_default_port_out_of_the_host_header) {
    EXPECT_EQ(Url::parse("https://a.example:443").value().authority(), "a.example");
    EXPECT_EQ(Url::parse("http://a.example:80?x=1").value().authority(), "a.example");
    EXPECT_EQ(Url::parse("http://a.example?x=1").value().target, "/?x=1");
    EXPECT_EQ(Url::parse("http://a.example:443/").value().authority(), "a.example:443");
    EXPECT_EQ(Url::parse("https://a.example/").value().origin(), "https://a.example:443");
}

TEST(Url, knows_ipv6_literals) {
    const auto url = Url::parse("http://[::1]:8080/x").value();
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.authority(), "[::1]:8080");
    EXPECT_EQ(url.to_string(), "http://[::1]:8080/x");
}

TEST(Url, refuses_what_is_none) {
    for (const auto* text :
         {"", "a.example", "ftp://a.example/", "https://", "https:///x", "https://a b/", "https://a/ b",
          "https://a/\r\nx", "https://a:0/", "https://a:65536/", "https://a:x/", "https://[::1/", "https://[nonsense]/",
          "https://a/\xc3\xa4", "https://a%00/", "https://a\\b/"}) {
        EXPECT_FALSE(Url::parse(text)) << text;
    }
}

TEST(Url, never_repeats_a_password_in_its_error) {
    const auto refused = Url::parse("https://user:hunter2@a.example/");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message().find("hunter2"), std::string::npos);
}

TEST(Url, resolves_a_location_as_rfc_3986_does) {
    const auto base = Url::parse("https://a.example/b/c/d?q").value();
    EXPECT_EQ(base.resolve("g").value().target, "/b/c/g");
    EXPECT_EQ(base.resolve("./g").value().target, "/b/c/g");
    EXPECT_EQ(base.resolve("../g").value().target, "/b/g");
    EXPECT_EQ(base.resolve("../../../g").value().target, "/g");
    EXPECT_EQ(base.resolve("/g?x=1").value().target, "/g?x=1");
    EXPECT_EQ(base.resolve("?y").value().target, "/b/c/d?y");
    EXPECT_EQ(base.resolve("..").value().target, "/b/");
    EXPECT_EQ(base.resolve("//other.example/x").value().to_string(), "https://other.example/x");
    EXPECT_EQ(base.resolve("http://other.example/x").value().to_string(), "http://other.example/x");
    EXPECT_FALSE(base.resolve("javascript:alert(1)"));
    EXPECT_FALSE(base.resolve("/a b"));
}

TEST(Url, a_name_is_one_segment_whatever_it_holds) {
    EXPECT_EQ(net::client::encode_segment("a/b c?d%"), "a%2Fb%20c%3Fd%25");
    EXPECT_EQ(net::client::encode_segment(".."), "%2E%2E");
    EXPECT_EQ(net::client::encode_segment("."), "%2E");
    EXPECT_EQ(net::client::encode_segment("\xc3\xa4-_.~"), "%C3%A4-_.~");
}

TEST(Url, appends_query_parameters) {
    std::string target = "/queries/v1/query-request";
    net::client::append_query(target, "requestId", "a b");
    net::client::append_query(target, "x&y", "=");
    EXPECT_EQ(target, "/queries/v1/query-request?requestId=a%20b&x%26y=%3D");
}

TEST(Url, forms_are_read_and_written) {
    const auto pairs = net::client::parse_form("code=a%2Fb&state=x+y&empty=&alone&&z=%41").value();
    ASSERT_EQ(pairs.size(), 5U);
    EXPECT_EQ(pairs[0], (std::pair<std::string, std::string>{"code", "a/b"}));
    EXPECT_EQ(pairs[1].second, "x y");
    EXPECT_EQ(pairs[3].first, "alone");
    EXPECT_EQ(pairs[4].second, "A");
    EXPECT_FALSE(net::client::parse_form("a=%4"));
    EXPECT_FALSE(net::client::parse_form("a=%zz"));
    EXPECT_EQ(net::client::write_form({{"grant type", "a&b"}, {"x", "\xc3\xa4"}}), "grant+type=a%26b&x=%C3%A4");
}

}  // namespace
