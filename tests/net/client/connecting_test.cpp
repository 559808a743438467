// Names, addresses, and every moment at which a call may stop.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <ostream>

#include "net/client/client_driver.hpp"
#include "net/client/resolver.hpp"
#include "net/client/scripted_server.hpp"
#include "net/client/tls_wire.hpp"

namespace client_test {
namespace {

using net::client::Address;
using net::client::Cause;
using net::client::Resolver;
using net::client::Sent;

Address v4(const char* text) {
    Address address;
    auto& socket = reinterpret_cast<sockaddr_in&>(address.socket);
    socket.sin_family = AF_INET;
    inet_pton(AF_INET, text, &socket.sin_addr);
    address.size = sizeof socket;
    return address;
}

/// A look-up that the test answers. Its thread may outlive the test: it owns what it touches.
class HeldLookUp {
public:
    Resolver::LookUp look_up() {
        return [state = state_](const std::string&) -> base::Result<std::vector<Address>> {
            ++state->asked;
            while (!state->open) state->open.wait(false);
            return std::vector{v4("127.0.0.1")};
        };
    }
    void open() {
        state_->open = true;
        state_->open.notify_all();
    }
    int asked() const { return state_->asked; }

private:
    struct State {
        std::atomic<int> asked = 0;
        std::atomic<bool> open = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

std::string named(const ScriptedServer& server, const std::string& name = "acme.example") {
    return "http://" + name + ":" + std::to_string(server.port()) + "/";
}

TEST(Resolving, a_name_that_is_unknown_is_an_error_that_names_it) {
    Driver driver{{}, [](const std::string& host) -> base::Result<std::vector<Address>> {
                      return base::fail(base::Kind::unavailable, "the name " + host + " is not resolved: no such name");
                  }};
    const auto got = driver.fetch(get("https://acme.example/"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::dns);
    EXPECT_EQ(got.error().sent, Sent::no);
    EXPECT_EQ(got.error().kind(), base::Kind::unavailable);
    EXPECT_NE(got.error().message().find("acme.example"), std::string::npos);
}

TEST(Resolving, one_look_up_serves_all_who_wait_and_is_kept) {
    ScriptedServer server{answer_all};
    HeldLookUp held;
    Driver driver{{}, held.look_up()};
    std::vector<std::shared_ptr<Driver::Running<Outcome<Answer>>>> all;
    for (int i = 0; i < 5; ++i) all.push_back(driver.start_fetch(get(named(server))));
    EXPECT_TRUE(driver.until([&] { return held.asked() == 1; }));
    held.open();
    for (const auto& one : all) {
        EXPECT_TRUE(driver.until([&] { return one->done(); }));
        EXPECT_TRUE(*one->result) << one->result->error().message();
    }
    EXPECT_TRUE(driver.fetch(get(named(server))));
    EXPECT_EQ(held.asked(), 1);
    driver.drop_client();
}

TEST(Resolving, a_call_that_stops_does_not_stop_the_look_up_for_others) {
    ScriptedServer server{answer_all};
    HeldLookUp held;
    Driver driver{{}, held.look_up()};
    const auto leaves = driver.start_fetch(get(named(server)));
    const auto stays = driver.start_fetch(get(named(server)));
    EXPECT_TRUE(driver.until([&] { return held.asked() == 1 && stays->call != nullptr; }));
    driver.worker().poll();
    leaves->call->stop(async::StopReason::client);
    EXPECT_TRUE(driver.until([&] { return leaves->done(); }));
    EXPECT_EQ(leaves->result->error().cause, Cause::stopped);
    held.open();
    EXPECT_TRUE(driver.until([&] { return stays->done(); }));
    EXPECT_TRUE(*stays->result);
    driver.drop_client();
}

TEST(Resolving, a_look_up_that_hangs_ends_with_the_time_for_connecting) {
    HeldLookUp held;
    Driver driver{{.connect_timeout = std::chrono::seconds{5}}, held.look_up()};
    const auto running = driver.start_fetch(get("https://acme.example/"));
    EXPECT_TRUE(driver.until([&] { return held.asked() == 1; }));
    driver.skip(std::chrono::seconds{6});
    EXPECT_TRUE(driver.until([&] { return running->done(); }));
    EXPECT_EQ(running->result->error().cause, Cause::dns);
    EXPECT_EQ(running->result->error().kind(), base::Kind::unavailable);
    EXPECT_NE(running->result->error().message().find("acme.example:443"), std::string::npos);
    held.open();
}

TEST(Resolving, the_system_knows_its_own_name) {
    const auto found = Resolver::system_look_up("localhost");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_FALSE(found->empty());
    EXPECT_FALSE(Resolver::system_look_up("no-such-host.invalid"));
}

TEST(Connecting, a_refusal_is_an_error_with_its_reason) {
    int port = 0;
    {
        port = ScriptedServer{answer_all}.port();
    }
    Driver driver;
    const auto got = driver.fetch(get("http://127.0.0.1:" + std::to_string(port) + "/"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::connect);
    EXPECT_EQ(got.error().sent, Sent::no);
    EXPECT_NE(got.error().message().find("refused"), std::string::npos) << got.error().message();
}

TEST(Connecting, the_next_address_is_tried_when_one_refuses) {
    ScriptedServer server{answer_all};  // on 127.0.0.1 only
    Driver driver{{}, [](const std::string&) -> base::Result<std::vector<Address>> {
                      return std::vector{v4("127.0.0.2"), v4("127.0.0.3"), v4("127.0.0.1")};
                  }};
    const auto got = driver.fetch(get(named(server)));
    ASSERT_TRUE(got) << got.error().message();
    driver.drop_client();
}

/// A listening socket whose queue is full: who connects waits, as with a host that drops packets.
class DeafServer {
public:
    DeafServer() {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
        socklen_t size = sizeof address;
        ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listening_, 0);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        for (auto& fd : callers_) {
            fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
        }
    }
    ~DeafServer() {
        for (const int fd : callers_) ::close(fd);
        ::close(listening_);
    }
    int port() const { return port_; }

private:
    int listening_ = -1;
    int port_ = 0;
    std::array<int, 4> callers_{};
};

TEST(Connecting, an_address_that_is_silent_gets_a_head_start_only) {
    DeafServer deaf;  // 127.0.0.2
    // The same port on 127.0.0.1, which answers.
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(deaf.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::listen(listening, 8);
    std::thread server{[&] {
        Socket socket{::accept(listening, nullptr, nullptr)};
        answer_all(socket, 0);
    }};
    {
        Driver driver{{}, [](const std::string&) -> base::Result<std::vector<Address>> {
                          return std::vector{v4("127.0.0.2"), v4("127.0.0.1")};
                      }};
        const auto running = driver.start_fetch(get("http://acme.example:" + std::to_string(deaf.port()) + "/"));
        EXPECT_TRUE(driver.until([&] { return running->call != nullptr; }));
        EXPECT_TRUE(driver.until([&] {
            driver.skip(std::chrono::milliseconds{1});
            return running->done();
        }));
        ASSERT_TRUE(*running->result) << running->result->error().message();
        driver.drop_client();
    }
    server.join();
    ::close(listening);
}

TEST(Connecting, a_host_that_never_answers_ends_with_the_time_for_connecting) {
    DeafServer deaf;
    Driver driver{{.connect_timeout = std::chrono::seconds{5}}};
    const auto running = driver.start_fetch(get("http://127.0.0.2:" + std::to_string(deaf.port()) + "/"));
    EXPECT_TRUE(driver.until([&] { return running->call != nullptr; }));
    driver.worker().poll();
    driver.skip(std::chrono::seconds{6});
    EXPECT_TRUE(driver.until([&] { return running->done(); }));
    EXPECT_EQ(running->result->error().cause, Cause::connect);
    EXPECT_NE(running->result->error().message().find("within 5 s"), std::string::npos)
        << running->result->error().message();
}

// --- stopping, moment by moment

struct Moment {
    const char* name;
    std::string url_scheme;
    std::string bytes;  // what the server sends before it falls silent
    bool reads;         // does it read the request first?
    std::size_t body;   // of the request
    Sent sent;

    friend void PrintTo(const Moment& moment, std::ostream* out) { *out << moment.name; }
};

class Stopping : public testing::TestWithParam<std::tuple<Moment, async::StopReason>> {};

TEST_P(Stopping, is_a_value_and_closes_the_connection) {
    const auto& [moment, reason] = GetParam();
    std::atomic<bool> seen = false;
    std::atomic<bool> closed = false;
    ScriptedServer server{[&](Socket& socket, int) {
        char hello[1];
        if (moment.url_scheme == "https") {
            socket.receive(hello, 1);  // of the handshake
        } else if (moment.reads) {
            socket.request();
        }
        socket.send(moment.bytes);
        seen = true;
        if (!moment.reads) {
            while (!closed) std::this_thread::yield();  // takes nothing of the body
        }
        socket.closed_by_client();
        closed = true;
    }};
    Driver driver;
    const auto running = driver.start_fetch(
        post(moment.url_scheme + "://127.0.0.1:" + std::to_string(server.port()) + "/", std::string(moment.body, 'x')),
        std::chrono::seconds{100});
    EXPECT_TRUE(driver.until([&] { return seen && running->call != nullptr; }));
    for (int i = 0; i < 50; ++i) driver.worker().poll();
    ASSERT_FALSE(running->done());
    if (reason == async::StopReason::deadline) {
        driver.skip(std::chrono::seconds{101});
    } else {
        running->call->stop(reason);
    }
    EXPECT_TRUE(driver.until([&] { return running->done(); }));
    if (!moment.reads) closed = true;
    ASSERT_FALSE(*running->result);
    EXPECT_EQ(running->result->error().kind(), async::kind_of(reason)) << running->result->error().message();
    EXPECT_EQ(running->result->error().cause, Cause::stopped);
    EXPECT_EQ(running->result->error().sent, moment.sent);
    EXPECT_TRUE(driver.until([&] { return closed.load(); })) << "the server sees it";
    EXPECT_EQ(driver.client().idle_connections(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Client, Stopping,
    testing::Combine(testing::Values(Moment{"in_the_handshake", "https", "", true, 1, Sent::no},
                                     Moment{"while_sending", "http", "", false, 50'000'000, Sent::maybe},
                                     Moment{"before_the_answer", "http", "", true, 1, Sent::maybe},
                                     Moment{"in_the_head", "http", "HTTP/1.1 200 OK\r\n", true, 1, Sent::answered},
                                     Moment{"in_the_body", "http", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                                            true, 1, Sent::answered}),
                     testing::Values(async::StopReason::client, async::StopReason::deadline, async::StopReason::drain)),
    [](const auto& info) {
        const auto reason = std::get<1>(info.param);
        return std::string{std::get<0>(info.param).name} + (reason == async::StopReason::client     ? "_by_client"
                                                            : reason == async::StopReason::deadline ? "_by_deadline"
                                                                                                    : "_by_drain");
    });

TEST(StoppingEarly, before_anything_costs_no_connection) {
    ScriptedServer server{answer_all};
    Driver driver;
    const auto got = driver.fetch(get(server.url()), std::chrono::milliseconds{0});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::stopped);
    EXPECT_EQ(got.error().sent, Sent::no);
    EXPECT_EQ(server.connections(), 0);
}

TEST(StoppingEarly, while_the_proxy_is_silent) {
    ScriptedServer proxy{[](Socket& socket, int) {
        socket.request();
        socket.closed_by_client();
    }};
    net::client::ClientSettings settings;
    settings.https_proxy = base::Secret{"127.0.0.1:" + std::to_string(proxy.port())};
    Driver driver{settings};
    const auto running = driver.start_fetch(get("https://acme.example/"));
    EXPECT_TRUE(driver.until([&] { return proxy.connections() == 1 && running->call != nullptr; }));
    for (int i = 0; i < 20; ++i) driver.worker().poll();
    running->call->stop(async::StopReason::client);
    EXPECT_TRUE(driver.until([&] { return running->done(); }));
    EXPECT_EQ(running->result->error().cause, Cause::stopped);
}

}  // namespace
}  // namespace client_test
