// TLS: what is trusted, what is not, and what a truncated stream means.
#include <gtest/gtest.h>

#include <mutex>

#include "net/client/client_driver.hpp"
#include "net/client/scripted_server.hpp"
#include "net/client/tls_wire.hpp"

namespace client_test {
namespace {

using net::client::Cause;
using net::client::Sent;

class Tls : public testing::Test {
protected:
    net::client::ClientSettings trusting() const { return {.ca_file = authority_.file()}; }

    /// Answers over TLS until the client leaves.
    ScriptedServer::Script serving(const Authority::Wish& wish) {
        return [this, identity = authority_.issue(wish)](Socket& socket, int number) {
            TlsWire tls{socket, *identity};
            if (!tls.accept()) return;
            {
                const std::lock_guard lock{mutex_};
                names_.push_back(tls.sni());
                resumptions_ += tls.resumed() ? 1 : 0;
            }
            answer_all(tls, number);
        };
    }
    static std::string url(const ScriptedServer& server, const std::string& host = "localhost") {
        return "https://" + host + ":" + std::to_string(server.port()) + "/";
    }
    void expect_refused(const Authority::Wish& wish, const char* why, const std::string& host = "localhost") {
        ScriptedServer server{serving(wish)};
        Driver driver{trusting()};
        const auto got = driver.fetch(get(url(server, host)));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().cause, Cause::certificate) << got.error().message();
        EXPECT_EQ(got.error().sent, Sent::no);
        EXPECT_NE(got.error().message().find(why), std::string::npos) << got.error().message();
        EXPECT_NE(got.error().message().find("CLIENT_CA_FILE"), std::string::npos) << got.error().message();
    }

    Authority authority_;
    std::mutex mutex_;
    std::vector<std::string> names_;
    int resumptions_ = 0;
};

TEST_F(Tls, a_server_of_a_trusted_authority_is_served_and_kept) {
    ScriptedServer server{serving({})};
    Driver driver{trusting()};
    for (int i = 0; i < 3; ++i) {
        const auto got = driver.fetch(get(url(server)));
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(got->connection_note, "0");
    }
    driver.drop_client();
    EXPECT_EQ(names_, std::vector<std::string>{"localhost"}) << "the name is announced (SNI)";
}

TEST_F(Tls, an_address_is_checked_as_one) {
    ScriptedServer server{serving({})};
    Driver driver{trusting()};
    const auto got = driver.fetch(get(url(server, "127.0.0.1")));
    ASSERT_TRUE(got) << got.error().message();
    driver.drop_client();
    EXPECT_EQ(names_, std::vector<std::string>{""}) << "no SNI for addresses";
}

TEST_F(Tls, large_bodies_pass_both_ways) {
    const std::string large(2'000'000, 'x');
    const auto identity = authority_.issue({});
    ScriptedServer server{[&](Socket& socket, int) {
        TlsWire tls{socket, *identity};
        if (tls.accept()) tls.send(reply(tls.request().substr(0, 4) + large));
        tls.closed_by_client();
    }};
    Driver driver{trusting()};
    const auto got = driver.fetch(post(url(server), large));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body, "POST" + large);
    driver.drop_client();
}

TEST_F(Tls, sessions_are_resumed) {
    for (const bool old : {false, true}) {
        names_.clear();
        resumptions_ = 0;
        ScriptedServer server{serving({.only_tls_1_2 = old})};
        Driver driver{{.keep_alive = std::chrono::seconds{0}, .ca_file = authority_.file()}};
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(driver.fetch(get(url(server))));
        EXPECT_TRUE(driver.until([&] {
            const std::lock_guard lock{mutex_};
            return names_.size() == 3;
        }));
        EXPECT_EQ(resumptions_, 2) << (old ? "TLS 1.2" : "TLS 1.3");
    }
}

TEST_F(Tls, refuses_a_certificate_that_is_not_good) {
    expect_refused({.names = "DNS:other.example"}, "mismatch");
    expect_refused({.names = "DNS:localhost"}, "mismatch", "127.0.0.1");
    expect_refused({.from = std::chrono::hours{-3}, .until = std::chrono::hours{-2}}, "expired");
    expect_refused({.from = std::chrono::hours{2}, .until = std::chrono::hours{3}}, "not yet valid");
    expect_refused({.self_signed = true}, "self-signed");
}

TEST_F(Tls, refuses_an_authority_that_was_not_named) {
    ScriptedServer server{serving({})};
    Driver driver;
    const auto got = driver.fetch(get(url(server)));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::certificate) << got.error().message();
}

TEST_F(Tls, refuses_tls_older_than_1_2) {
    ScriptedServer server{serving({.only_tls_1_1 = true})};
    Driver driver{trusting()};
    const auto got = driver.fetch(get(url(server)));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::tls) << got.error().message();
    EXPECT_EQ(got.error().sent, Sent::no);
}

TEST_F(Tls, a_server_without_tls_is_an_error) {
    ScriptedServer server{[](Socket& socket, int) {
        char some[100];
        socket.receive(some, sizeof some);
        socket.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    }};
    Driver driver;
    const auto got = driver.fetch(get(url(server)));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::tls) << got.error().message();
}

TEST_F(Tls, a_server_that_closes_in_the_handshake_is_an_error) {
    ScriptedServer server{[](Socket& socket, int) {
        char some[100];
        socket.receive(some, sizeof some);
    }};
    Driver driver;
    const auto got = driver.fetch(get(url(server)));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cause, Cause::tls) << got.error().message();
    EXPECT_EQ(got.error().sent, Sent::no);
}

TEST_F(Tls, a_body_without_length_must_end_with_a_goodbye) {
    for (const bool polite : {true, false}) {
        const auto identity = authority_.issue({});
        ScriptedServer server{[&](Socket& socket, int) {
            TlsWire tls{socket, *identity};
            if (!tls.accept()) return;
            tls.request();
            tls.send("HTTP/1.1 200 OK\r\n\r\nall of it?");
            if (polite) tls.say_goodbye();
        }};
        Driver driver{trusting()};
        const auto got = driver.fetch(get(url(server)));
        if (polite) {
            ASSERT_TRUE(got) << got.error().message();
            EXPECT_EQ(got->body, "all of it?");
        } else {
            ASSERT_FALSE(got) << "anybody on the way could have cut it";
            EXPECT_EQ(got.error().cause, Cause::closed);
        }
    }
}

TEST_F(Tls, a_handshake_has_the_time_for_connecting) {
    ScriptedServer server{[](Socket& socket, int) { socket.closed_by_client(); }};
    Driver driver{{.connect_timeout = std::chrono::seconds{20}}};
    const auto running = driver.start_fetch(get(url(server)));
    EXPECT_TRUE(driver.until([&] { return server.connections() == 1; }));
    driver.skip(std::chrono::seconds{19});
    driver.worker().poll();
    EXPECT_FALSE(running->done());
    driver.skip(std::chrono::seconds{2});
    EXPECT_TRUE(driver.until([&] { return running->done(); }));
    ASSERT_FALSE(*running->result);
    EXPECT_EQ(running->result->error().cause, Cause::tls);
    EXPECT_NE(running->result->error().message().find("CLIENT_CONNECT_TIMEOUT_SECONDS"), std::string::npos);
}

TEST(TlsContext, a_ca_file_that_cannot_be_read_is_named) {
    const auto refused = net::client::Outbound::create({.ca_file = "/nowhere/ca.pem"});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("CLIENT_CA_FILE /nowhere/ca.pem"), std::string::npos);
}

// --- proxies

net::client::ClientSettings by_proxy(const ScriptedServer& proxy, const Authority& authority,
                                     const char* scheme = "http") {
    net::client::ClientSettings settings{.ca_file = authority.file()};
    settings.all_proxy = base::Secret{std::string{scheme} + "://user:p%40ss@localhost:" + std::to_string(proxy.port())};
    return settings;
}

TEST_F(Tls, goes_through_a_connect_proxy_with_its_login) {
    std::string connect;
    const auto identity = authority_.issue({.names = "DNS:acme.example"});
    ScriptedServer proxy{[&](Socket& socket, int number) {
        connect = socket.request();
        socket.send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
        TlsWire tls{socket, *identity};
        if (tls.accept()) answer_all(tls, number);
    }};
    Driver driver{by_proxy(proxy, authority_)};
    for (int i = 0; i < 2; ++i) {
        const auto got = driver.fetch(get("https://acme.example/x"));
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(got->body, "GET /x HTTP/1.1") << "the proxy's login is not for the server";
        EXPECT_EQ(got->connection_note, "0");
    }
    driver.drop_client();
    EXPECT_EQ(connect,
              "CONNECT acme.example:443 HTTP/1.1\r\nHost: acme.example:443\r\n"
              "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n");
}

TEST_F(Tls, goes_through_a_proxy_that_speaks_tls_itself) {
    const auto outer = authority_.issue({});
    const auto inner = authority_.issue({.names = "DNS:acme.example"});
    ScriptedServer proxy{[&](Socket& socket, int number) {
        TlsWire tls{socket, *outer};
        if (!tls.accept()) return;
        tls.request();
        tls.send("HTTP/1.1 200 OK\r\n\r\n");
        TlsWire tunnelled{tls, *inner};
        if (tunnelled.accept()) answer_all(tunnelled, number);
    }};
    Driver driver{by_proxy(proxy, authority_, "https")};
    const auto got = driver.fetch(post("https://acme.example/x", std::string(100'000, 'x')));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body, "POST /x HTTP/1.1");
    driver.drop_client();
}

TEST_F(Tls, a_plain_request_names_the_whole_url_to_the_proxy) {
    std::string seen;
    ScriptedServer proxy{[&](Socket& socket, int) {
        seen = socket.request();
        socket.send(reply(""));
        socket.closed_by_client();
    }};
    {
        Driver driver{by_proxy(proxy, authority_)};
        EXPECT_TRUE(driver.fetch(get("http://acme.example:8080/x?y")));
        driver.drop_client();
    }
    EXPECT_TRUE(seen.starts_with("GET http://acme.example:8080/x?y HTTP/1.1\r\nHost: acme.example:8080\r\n")) << seen;
    EXPECT_NE(seen.find("Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"), std::string::npos) << seen;
}

TEST_F(Tls, a_proxy_that_refuses_is_named) {
    struct Refusal {
        std::string answer;
        base::Kind kind;
        const char* message;
    };
    for (const auto& [answer, kind, message] :
         {Refusal{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", base::Kind::credentials,
                  "407"},
          Refusal{"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nnever", base::Kind::unavailable, "403 Forbidden"},
          Refusal{"HTTP/1.1 502 Bad Gateway\r\n\r\n", base::Kind::unavailable, "502"},
          Refusal{"", base::Kind::unavailable, "closed the connection"},
          Refusal{"SSH-2.0-x\r\n", base::Kind::unavailable, "no HTTP proxy"},
          Refusal{"HTTP/1.1 200 OK\r\n\r\nsurprise", base::Kind::unavailable, "nobody asked for"}}) {
        ScriptedServer proxy{[&](Socket& socket, int) {
            socket.request();
            socket.send(answer);
        }};
        Driver driver{by_proxy(proxy, authority_)};
        const auto got = driver.fetch(get("https://acme.example/"));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().cause, Cause::proxy) << got.error().message();
        EXPECT_EQ(got.error().kind(), kind);
        EXPECT_EQ(got.error().sent, Sent::no);
        EXPECT_NE(got.error().message().find(message), std::string::npos) << got.error().message();
        EXPECT_NE(got.error().message().find("localhost:" + std::to_string(proxy.port())), std::string::npos)
            << got.error().message();
        EXPECT_EQ(got.error().message().find("p@ss"), std::string::npos);
    }
}

TEST_F(Tls, hosts_of_no_proxy_are_reached_directly) {
    ScriptedServer server{answer_all};
    net::client::ClientSettings settings;
    settings.all_proxy = base::Secret{"http://localhost:1"};
    settings.no_proxy = "127.0.0.0/8";
    Driver driver{settings};
    EXPECT_TRUE(driver.fetch(get(server.url())));
    driver.drop_client();
}

}  // namespace
}  // namespace client_test
