// The shell against a server that speaks bytes.
#include "backend/snowflake/auth/login.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backend/snowflake/auth/folder.hpp"
#include "net/client/client_driver.hpp"
#include "net/client/scripted_server.hpp"

namespace {

using namespace backend::snowflake;
using auth_test::Folder;
using base::Secret;
using client_test::Driver;
using client_test::reply;
using client_test::ScriptedServer;

constexpr auto welcome = R"({"data":{"token":"session","masterToken":"master"},"code":null,"success":true})";

/// An account on this machine.
class Account {
public:
    using Answer = std::function<std::string(const std::string& request, int number)>;
    explicit Account(Answer answer)
        : server_{[this, answer = std::move(answer)](client_test::Socket& socket, int) {
              if (const std::string request = socket.request(); !request.empty()) {
                  std::string text = answer(request, requests_++);
                  text.insert(text.find("\r\n") + 2, "Connection: close\r\n");
                  socket.send(text);
                  socket.closed_by_client();
              }
          }} {}
    int port() const { return server_.port(); }
    int requests() const { return requests_; }

private:
    std::atomic<int> requests_ = 0;
    ScriptedServer server_;
};

class Login : public testing::Test {
protected:
    Settings settings_for(const Account& account, std::string authenticator) const {
        Settings settings;
        settings.account = "acct";
        settings.user = "alice";
        settings.password = Secret{"pass"};
        settings.authenticator = std::move(authenticator);
        settings.host = "127.0.0.1";
        settings.port = account.port();
        settings.protocol = "http";
        return settings;
    }
    Credentials::Options options() const {
        return {.environment =
                    [home = folder.path()](const std::string& name) {
                        return name == "SF_TEMPORARY_CREDENTIAL_CACHE_DIR" ? std::optional{home + "/cache"}
                                                                           : std::nullopt;
                    },
                .open_browser = [](const std::string&) { return false; }};
    }
    using Result = base::Result<LoginAnswer>;
    std::function<async::Task<Result>(async::Call&)> login(Credentials& credentials) {
        return [this, &credentials](async::Call& call) {
            return log_in(call,
                          {.http = driver.client(),
                           .credentials = credentials,
                           .identity = identity,
                           .random = [] { return 0.0; }},
                          credentials.settings(), credentials.settings().context());
        };
    }

    Folder folder;
    ClientIdentity identity = ClientIdentity::of_this_program("1.2.3", "");
    Driver driver;
};

TEST_F(Login, goes_over_the_wire) {
    std::string seen;
    Account account{[&](const std::string& request, int) {
        seen = request;
        return reply(welcome, "x-snowflake-session: sticky\r\n");
    }};
    Credentials credentials{settings_for(account, "snowflake"), options()};
    const auto answer = driver.run<Result>(login(credentials));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->session_token.reveal(), "session");
    EXPECT_EQ(answer->sticky, "sticky");
    EXPECT_TRUE(seen.starts_with("POST /session/v1/login-request?requestId=")) << seen;
    EXPECT_EQ(seen.find("Authorization"), std::string::npos);
    EXPECT_NE(seen.find("User-Agent: snowflake-mcp/1.2.3"), std::string::npos);
    EXPECT_NE(seen.find("CLIENT_APP_ID: snowflake-mcp"), std::string::npos);
}

TEST_F(Login, asks_once_with_a_password_that_is_refused) {
    Account account{[](const std::string&, int) {
        return reply(R"({"data":null,"code":"390100","message":"Incorrect username or password","success":false})");
    }};
    Credentials credentials{settings_for(account, "snowflake"), options()};
    const auto answer = driver.run<Result>(login(credentials));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::credentials);
    EXPECT_EQ(account.requests(), 1);
}

TEST_F(Login, waits_between_attempts_on_the_worker_s_clock) {
    Account account{[](const std::string&, int number) {
        return number == 0 ? std::string{"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"} : reply(welcome);
    }};
    Credentials credentials{settings_for(account, "snowflake"), options()};
    const auto running = driver.start<Result>(login(credentials));
    ASSERT_TRUE(driver.until([&] { return account.requests() == 1; }));
    for (int i = 0; i < 50; ++i) driver.worker().poll();
    EXPECT_FALSE(running->done());
    ASSERT_TRUE(driver.until([&] {
        driver.skip(std::chrono::milliseconds{20});
        return running->done();
    }));
    EXPECT_TRUE(*running->result);
    EXPECT_EQ(account.requests(), 2);
}

TEST_F(Login, ends_with_its_call) {
    Account account{
        [](const std::string&, int) { return std::string{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}; }};
    Credentials credentials{settings_for(account, "snowflake"), options()};
    const auto running = driver.start<Result>(login(credentials));
    ASSERT_TRUE(driver.until([&] { return account.requests() == 1; }));
    running->call->stop(async::StopReason::client);
    ASSERT_TRUE(driver.until([&] { return running->done(); }));
    EXPECT_EQ((*running->result).error().kind(), base::Kind::cancelled);
}

TEST_F(Login, says_that_nobody_listens_there) {
    int port = 0;
    {
        Account gone{[](const std::string&, int) { return std::string{}; }};
        port = gone.port();
    }
    Account other{[](const std::string&, int) { return std::string{}; }};
    Settings settings = settings_for(other, "snowflake");
    settings.port = port;
    Credentials credentials{settings, options()};
    const auto running = driver.start<Result>(login(credentials));
    ASSERT_TRUE(driver.until([&] {
        driver.skip(std::chrono::milliseconds{20});
        return running->done();
    }));
    const base::Error error = (*running->result).error();
    EXPECT_EQ(error.kind(), base::Kind::unavailable);
    EXPECT_EQ(error.stage(), base::Stage::login);
}

TEST_F(Login, opens_one_browser_for_many_callers_and_none_the_next_time) {
    std::atomic<int> pages = 0;
    std::atomic<int> with_id_token = 0;
    std::atomic<int> browser_port = 0;
    Account account{[&](const std::string& request, int) {
        if (request.find("authenticator-request") != std::string::npos) {
            browser_port = std::stoi(request.substr(request.find("REDIRECT_PORT\":\"") + 16));
            return reply(R"({"data":{"ssoUrl":"http://127.0.0.1:1/sso","proofKey":"proof"},"success":true})");
        }
        if (request.find("\"ID_TOKEN\"") != std::string::npos) {
            ++with_id_token;
            return reply(welcome);
        }
        EXPECT_NE(request.find("\"TOKEN\":\"sso token\""), std::string::npos) << request;
        return reply(R"({"data":{"token":"session","idToken":"id-1"},"success":true})");
    }};
    auto set = options();
    set.interactive_allowed = true;
    set.open_browser = [&](const std::string& url) {
        EXPECT_EQ(url, "http://127.0.0.1:1/sso");
        ++pages;
        return true;
    };
    Credentials credentials{settings_for(account, "externalbrowser"), set};
    EXPECT_TRUE(credentials.would_ask());
    std::vector<std::shared_ptr<Driver::Running<Result>>> callers;
    for (int i = 0; i < 3; ++i) callers.push_back(driver.start<Result>(login(credentials)));
    ASSERT_TRUE(driver.until([&] { return pages == 1; }));
    const auto browser = driver.start_fetch(
        client_test::get("http://127.0.0.1:" + std::to_string(browser_port) + "/?token=sso%20token"));
    ASSERT_TRUE(driver.until(
        [&] { return browser->done() && callers[0]->done() && callers[1]->done() && callers[2]->done(); }));
    EXPECT_EQ((*browser->result)->status, 200);
    for (const auto& caller : callers) {
        EXPECT_TRUE(*caller->result);
    }
    EXPECT_EQ(pages, 1);
    EXPECT_EQ(with_id_token, 2);
    EXPECT_FALSE(credentials.would_ask());
    EXPECT_NE(folder.read("cache/credential_cache_v1.json").find("id-1"), std::string::npos);
}

TEST_F(Login, gives_up_on_a_browser_that_nobody_uses) {
    Account account{[](const std::string&, int) {
        return reply(R"({"data":{"ssoUrl":"http://127.0.0.1:1/sso","proofKey":"proof"},"success":true})");
    }};
    auto set = options();
    set.interactive_allowed = true;
    Credentials credentials{settings_for(account, "externalbrowser"), set};
    const auto first = driver.start<Result>(login(credentials));
    const auto second = driver.start<Result>(login(credentials));
    ASSERT_TRUE(driver.until([&] { return account.requests() == 1; }));
    ASSERT_TRUE(driver.until([&] {
        driver.skip(std::chrono::seconds{1});
        return first->done() && second->done();
    }));
    EXPECT_EQ((*first->result).error().kind(), base::Kind::timeout);
    EXPECT_EQ((*first->result).error().argument(), "SNOWFLAKE_EXTERNAL_BROWSER_TIMEOUT_SECONDS");
    EXPECT_EQ((*second->result).error().argument(), "SNOWFLAKE_EXTERNAL_BROWSER_TIMEOUT_SECONDS")
        << "who waited for it gets the same, and no second browser";
    EXPECT_EQ(account.requests(), 1);
}

}  // namespace
