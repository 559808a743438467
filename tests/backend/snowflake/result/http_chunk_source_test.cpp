#include <gtest/gtest.h>

#include <fmt/format.h>

#include "backend/snowflake/result/chunk_source.hpp"
#include "net/client/client_driver.hpp"
#include "net/client/scripted_server.hpp"

namespace backend::snowflake {
namespace {

using client_test::Driver;
using client_test::ScriptedServer;
using client_test::Socket;
using Cure = ChunkFailure::Cure;
using Fetched = std::expected<std::string, ChunkFailure>;

std::string answer(std::string_view status, std::string_view body, std::string_view headers = {}) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}

class HttpChunkSourceTest : public testing::Test {
protected:
    /// Fetches a chunk from a server that answers once.
    Fetched fetch(std::string reply, HttpChunkSource::Plain plain = HttpChunkSource::Plain::allowed) {
        ScriptedServer server{[&](Socket& socket, int) {
            request_ = socket.request();
            socket.send(reply);
        }};
        Driver driver;
        HttpChunkSource source{driver.client(), plain};
        return driver.run<Fetched>([&](async::Call& call) {
            return source.fetch(call,
                                {.url = fmt::format("http://127.0.0.1:{}/part?sig=secret", server.port()), .rows = 1},
                                {{"x-amz-server-side-encryption-customer-key", "key="}});
        });
    }
    std::string request_;
};

TEST_F(HttpChunkSourceTest, sends_the_chunks_headers_and_no_authorization) {
    const auto body = fetch(answer("200 OK", R"(["a"])"));
    ASSERT_TRUE(body) << body.error().error.message();
    EXPECT_EQ(*body, R"(["a"])");
    EXPECT_TRUE(request_.starts_with("GET /part?sig=secret HTTP/1.1\r\n")) << request_;
    EXPECT_NE(request_.find("x-amz-server-side-encryption-customer-key: key="), std::string::npos) << request_;
    EXPECT_EQ(request_.find("uthorization"), std::string::npos) << request_;
}

TEST_F(HttpChunkSourceTest, nothing_is_sent_to_what_is_no_https_url) {
    Driver driver;
    HttpChunkSource source{driver.client(), HttpChunkSource::Plain::refused};
    for (const char* url : {"http://127.0.0.1:1/x", "ftp://x/", "", "https://"}) {
        const auto body = driver.run<Fetched>(
            [&](async::Call& call) { return source.fetch(call, {.url = url, .rows = 1}, HeaderList{}); });
        ASSERT_FALSE(body) << url;
        EXPECT_EQ(body.error().cure, Cure::none) << url;
    }
}

TEST_F(HttpChunkSourceTest, statuses_say_what_helps_and_the_url_is_not_shown) {
    const auto expired = fetch(answer("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"));
    ASSERT_FALSE(expired);
    EXPECT_EQ(expired.error().cure, Cure::fresh_url);
    EXPECT_NE(expired.error().error.message().find("AccessDenied"), std::string::npos);
    EXPECT_EQ(expired.error().error.message().find("secret"), std::string::npos);
    const auto busy = fetch(answer("503 Slow Down", "", "Retry-After: 7\r\n"));
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().cure, Cure::again);
    EXPECT_EQ(busy.error().retry_after, std::chrono::seconds{7});
}

TEST_F(HttpChunkSourceTest, an_error_in_xml_with_status_200_is_no_body) {
    const auto body = fetch(answer("200 OK", "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"));
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().cure, Cure::again);
    EXPECT_NE(body.error().error.message().find("InternalError"), std::string::npos);
}

TEST_F(HttpChunkSourceTest, a_body_that_breaks_off_may_be_asked_for_again) {
    const auto body = fetch("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[\"a");
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().cure, Cure::again);
}

}  // namespace
}  // namespace backend::snowflake
