#include "net/client/loopback_listener.hpp"

#include <gtest/gtest.h>

#include "net/client/client_driver.hpp"
#include "net/client/scripted_server.hpp"

namespace client_test {
namespace {

using net::client::Callback;
using net::client::LoopbackListener;

/// A browser's connection, blocking, on a thread of its own.
std::string ask(std::uint16_t port, const std::string& request) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "no connection";
    Socket socket{fd};
    socket.send(request);
    std::string answer;
    char bytes[4096];
    for (;;) {
        const auto got = socket.receive(bytes, sizeof bytes);
        if (got <= 0) return answer;
        answer.append(bytes, static_cast<std::size_t>(got));
    }
}

class Loopback : public testing::Test {
protected:
    void SetUp() override {
        listener_ = LoopbackListener::open(driver_.worker()).value();
        host_ = "Host: 127.0.0.1:" + std::to_string(listener_->port()) + "\r\n";
    }
    /// What `next` gives while a browser sends `requests` one after the other; answers in `answers_`.
    base::Result<Callback> next(const std::string& path, const std::vector<std::string>& requests,
                                const std::string& text = "You may close this window.") {
        std::thread browser{[&] {
            for (const auto& request : requests) answers_.push_back(ask(listener_->port(), request));
        }};
        auto result =
            driver_.run<base::Result<Callback>>([&](async::Call& call) { return listener_->next(call, path); });
        listener_->reply(true, "Logged in", text);
        browser.join();
        return result;
    }

    Driver driver_;
    std::unique_ptr<LoopbackListener> listener_;
    std::string host_;
    std::vector<std::string> answers_;
};

TEST_F(Loopback, takes_the_code_and_answers_with_a_page) {
    const auto got =
        next("/callback", {"GET /callback?code=a%20b&state=1 HTTP/1.1\r\n" + host_ + "\r\n"}, "<b>bold</b>");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->path, "/callback");
    EXPECT_EQ(got->query, "code=a%20b&state=1");
    EXPECT_TRUE(answers_.at(0).starts_with("HTTP/1.1 200 OK\r\n")) << answers_.at(0);
    EXPECT_NE(answers_.at(0).find("&lt;b&gt;bold"), std::string::npos) << "escaped: " << answers_.at(0);
}

TEST_F(Loopback, waits_past_what_is_not_the_callback) {
    const auto got = next(
        "/callback",
        {"GET /favicon.ico HTTP/1.1\r\n" + host_ + "\r\n", "nonsense\r\n\r\n",
         "GET /callback HTTP/1.1\r\nHost: evil.example\r\n\r\n", "DELETE /callback HTTP/1.1\r\n" + host_ + "\r\n",
         "OPTIONS /callback HTTP/1.1\r\n" + host_ + "Origin: https://acme.example\r\n\r\n",
         "POST /callback HTTP/1.1\r\n" + host_ + "Origin: https://acme.example\r\nContent-Length: 7\r\n\r\ntoken=x"});
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->method, "POST");
    EXPECT_EQ(got->body, "token=x");
    EXPECT_EQ(got->origin, "https://acme.example");
    ASSERT_EQ(answers_.size(), 6U);
    EXPECT_TRUE(answers_[0].starts_with("HTTP/1.1 404 ")) << answers_[0];
    EXPECT_TRUE(answers_[1].starts_with("HTTP/1.1 400 ")) << answers_[1];
    EXPECT_TRUE(answers_[2].starts_with("HTTP/1.1 403 ")) << answers_[2];
    EXPECT_TRUE(answers_[3].starts_with("HTTP/1.1 405 ")) << answers_[3];
    EXPECT_TRUE(answers_[4].starts_with("HTTP/1.1 204 ")) << answers_[4];
    EXPECT_NE(answers_[4].find("Access-Control-Allow-Origin: https://acme.example\r\n"), std::string::npos);
    EXPECT_NE(answers_[5].find("Access-Control-Allow-Origin: https://acme.example\r\n"), std::string::npos);
}

TEST_F(Loopback, a_connection_that_says_nothing_holds_up_nobody) {
    const int idle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(idle, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_TRUE(next("/", {"GET /?token=1 HTTP/1.1\r\n" + host_ + "\r\n"}));
    ::close(idle);
}

TEST_F(Loopback, refuses_what_is_too_large) {
    const auto got = next("/", {"GET /" + std::string(40'000, 'x') + " HTTP/1.1\r\n" + host_ + "\r\n",
                                "POST / HTTP/1.1\r\n" + host_ + "Content-Length: 70000\r\n\r\n",
                                "GET /?token=1 HTTP/1.1\r\n" + host_ + "\r\n"});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->query, "token=1");
}

TEST_F(Loopback, stops_with_its_call) {
    const auto running = driver_.start<base::Result<Callback>>(
        [&](async::Call& call) { return listener_->next(call, "/"); }, std::chrono::seconds{60});
    EXPECT_TRUE(driver_.until([&] { return running->call != nullptr; }));
    driver_.worker().poll();
    driver_.skip(std::chrono::seconds{61});
    EXPECT_TRUE(driver_.until([&] { return running->done(); }));
    ASSERT_FALSE(*running->result);
    EXPECT_EQ(running->result->error().kind(), base::Kind::timeout);
}

TEST_F(Loopback, opens_on_this_machine_only_and_no_port_twice) {
    EXPECT_FALSE(LoopbackListener::open(driver_.worker(), "0.0.0.0"));
    EXPECT_FALSE(LoopbackListener::open(driver_.worker(), "192.0.2.1"));
    const auto twice = LoopbackListener::open(driver_.worker(), "127.0.0.1", listener_->port());
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().message().find(std::to_string(listener_->port())), std::string::npos);
}

}  // namespace
}  // namespace client_test
