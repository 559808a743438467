#include "transport/door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using transport::Door;
using transport::Settings;

TEST(Door, loopback_names_always_come_in) {
    const Door door{Settings{}};
    for (const auto* host : {"localhost", "LocalHost:8000", "localhost.:1", "127.0.0.1", "127.0.0.1:8000", "127.9.9.9",
                             "[::1]", "[::1]:8000"}) {
        EXPECT_TRUE(door.admits_host(host)) << host;
    }
}

TEST(Door, other_names_do_not) {
    const Door door{Settings{}};
    for (const auto* host :
         {"", "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
          "[::2]", "0.0.0.0", "localhost@evil.example", "evil.example/localhost"}) {
        EXPECT_FALSE(door.admits_host(host)) << host;
    }
}

TEST(Door, listed_names_come_in_with_their_port_where_one_is_named) {
    const Door door{
        {.allowed_hosts = {"mcp.example.com", "Other.Example:8443", "*.inner.example", "[2001:db8::1]:80"}}};
    for (const auto* host : {"mcp.example.com", "MCP.example.com:9", "mcp.example.com.", "other.example:8443",
                             "a.inner.example", "a.b.inner.example:1", "[2001:DB8::1]:80"}) {
        EXPECT_TRUE(door.admits_host(host)) << host;
    }
    for (const auto* host : {"example.com", "xmcp.example.com", "other.example", "other.example:8444", "inner.example",
                             "evilinner.example", "[2001:db8::1]"}) {
        EXPECT_FALSE(door.admits_host(host)) << host;
    }
}

TEST(Door, a_star_lets_every_name_in) {
    const Door door{{.allowed_hosts = {"*"}}};
    EXPECT_TRUE(door.admits_host("anything.example:1"));
    EXPECT_TRUE(door.admits_host(""));
}

TEST(Door, pages_of_loopback_may_call_loopback_and_nobody_else) {
    const Door door{{.allowed_hosts = {"mcp.example.com"}}};
    EXPECT_TRUE(door.admits_origin("http://localhost:6274", "127.0.0.1:8000"));
    EXPECT_TRUE(door.admits_origin("http://[::1]:1", "localhost:8000"));
    EXPECT_FALSE(door.admits_origin("http://localhost:6274", "mcp.example.com"));
    EXPECT_FALSE(door.admits_origin("http://evil.example", "localhost:8000"));
    EXPECT_FALSE(door.admits_origin("http://localhost.evil.example", "localhost:8000"));
    EXPECT_FALSE(door.admits_origin("null", "localhost:8000"));
    EXPECT_FALSE(door.admits_origin("", "localhost:8000"));
    EXPECT_FALSE(door.admits_origin("file://", "localhost:8000"));
}

TEST(Door, pages_of_the_same_host_may) {
    const Door door{{.allowed_hosts = {"mcp.example.com"}}};
    EXPECT_TRUE(door.admits_origin("https://mcp.example.com", "mcp.example.com"));
    EXPECT_TRUE(door.admits_origin("http://mcp.example.com:8000", "mcp.example.com:8000"));
    EXPECT_FALSE(door.admits_origin("http://mcp.example.com:9000", "mcp.example.com:8000"));
}

TEST(Door, listed_pages_may_by_scheme_host_and_port) {
    const Door door{
        {.allowed_origins = {"https://app.example.com", "http://dev.example:3000", "vscode-webview://panel"}}};
    for (const auto* origin : {"https://app.example.com", "https://APP.example.com:443", "http://dev.example:3000",
                               "vscode-webview://panel"}) {
        EXPECT_TRUE(door.admits_origin(origin, "mcp.example.com")) << origin;
    }
    for (const auto* origin : {"http://app.example.com", "https://app.example.com:8443", "http://dev.example",
                               "https://app.example.com.evil.example", "https://app.example.com/path"}) {
        EXPECT_FALSE(door.admits_origin(origin, "mcp.example.com")) << origin;
    }
}

TEST(TransportSettings, a_star_needs_keys) {
    EXPECT_FALSE(transport::check({.allowed_hosts = {"*"}}, false));
    EXPECT_FALSE(transport::check({.allowed_origins = {"*"}}, false));
    EXPECT_TRUE(transport::check({.allowed_hosts = {"*"}, .allowed_origins = {"*"}}, true));
    EXPECT_TRUE(transport::check({.allowed_hosts = {"a.example:1"}, .allowed_origins = {"https://b.example"}}, false));
}

TEST(TransportSettings, nonsense_is_named) {
    const auto host = transport::check({.allowed_hosts = {"http://a.example"}}, true);
    ASSERT_FALSE(host);
    EXPECT_THAT(host.error().message(), testing::HasSubstr("ALLOWED_HOSTS names 'http://a.example'"));
    const auto origin = transport::check({.allowed_origins = {"a.example"}}, true);
    ASSERT_FALSE(origin);
    EXPECT_THAT(origin.error().message(), testing::HasSubstr("ALLOWED_ORIGINS names 'a.example'"));
}

}  // namespace
