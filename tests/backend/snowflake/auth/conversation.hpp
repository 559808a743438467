/// A login without network: the test plays Snowflake, the provider, the browser and the clock.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "backend/snowflake/auth/login_core.hpp"

namespace auth_test {

using namespace backend::snowflake;

inline constexpr base::WallTime noon{std::chrono::seconds{1'764'000'000}};  // Mon, 24 Nov 2025 16:00:00 GMT

inline Settings settings_for(std::string authenticator) {
    Settings settings;
    settings.account = "myorg-acct";
    settings.user = "alice";
    settings.authenticator = std::move(authenticator);
    return settings;
}

class Conversation {
public:
    explicit Conversation(Settings settings, Material material = {},
                          std::map<std::string, std::string> variables = {}) {
        const auto method = method_of(settings, !material.container_token.empty());
        if (!method) {
            ADD_FAILURE() << method.error().message();
            return;
        }
        auto account = resolve_account(
            {.account = settings.account, .host = settings.host, .port = settings.port, .protocol = settings.protocol});
        if (!account) {
            ADD_FAILURE() << account.error().message();
            return;
        }
        const auto environment = [variables](const std::string& name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional{found->second};
        };
        LoginTask task{.settings = settings,
                       .account = std::move(*account),
                       .context = settings.context(),
                       .identity = {.version = "1.2.3", .os = "Linux", .os_version = "6"},
                       .material = std::move(material),
                       .environment = environment,
                       .random_bytes = [](std::size_t count) { return std::string(count, 'r'); },
                       .random = [] { return 1.0; }};
        core_ = std::make_unique<LoginCore>(std::move(task), *method);
        step_ = core_->start(now_);
    }

    void pass(std::chrono::milliseconds time) { now_ += time; }

    /// The step that is wanted now, which must be a `T`.
    template <class T>
    T expect() {
        if (auto* const step = std::get_if<T>(&step_)) {
            return *step;
        }
        ADD_FAILURE() << "another step was wanted: number " << step_.index()
                      << (ended() ? " (ended: " + text_of_result() + ")" : std::string{});
        throw std::runtime_error{"the conversation went another way"};
    }
    void tell(Event event) { step_ = core_->tell(std::move(event), now_); }

    /// The request that is wanted now.
    SendRequest request(std::string_view method, std::string_view target_start) {
        auto request = expect<SendRequest>();
        EXPECT_EQ(request.method, method);
        EXPECT_TRUE(request.url.target.starts_with(target_start)) << request.url.target;
        return request;
    }
    /// A login-request's body.
    boost::json::value login() {
        const auto asked = request("POST", "/session/v1/login-request?requestId=");
        EXPECT_EQ(asked.trust, Trust::account);
        for (const auto& [name, value] : asked.headers) {
            EXPECT_NE(name, "Authorization") << "no token belongs to a login";
        }
        return boost::json::parse(asked.body);
    }
    boost::json::object login_data() { return login().at("data").as_object(); }

    void answer(std::string body, int status = 200, Headers headers = {}) {
        tell(HttpAnswer{.status = status, .headers = std::move(headers), .body = std::move(body)});
    }
    void accept(const std::string& more = "") {
        answer(R"({"data":{"token":"session","masterToken":"master","validityInSeconds":3600,)"
               R"("masterValidityInSeconds":14400,"sessionId":1172562260498,"serverVersion":"8.48.0",)"
               R"("parameters":[{"name":"TIMEZONE","value":"UTC"}],"sessionInfo":{"databaseName":"DB",)"
               R"("schemaName":null,"warehouseName":"WH","roleName":"ANALYST"})" +
                   more + R"(},"code":null,"message":null,"success":true})",
               200, {{"X-Snowflake-Session", "sticky"}});
    }
    void refuse(int code, const std::string& message = "no", Headers headers = {}) {
        answer(R"({"data":{"nextAction":"RETRY_LOGIN"},"code":")" + std::to_string(code) + R"(","message":")" +
                   message + R"(","success":false})",
               200, std::move(headers));
    }

    bool ended() const { return std::holds_alternative<Ended>(step_); }
    LoginAnswer logged_in() {
        EXPECT_TRUE(ended());
        auto result = core_->result();
        if (!result) throw std::runtime_error{result.error().message()};
        return std::move(*result);
    }
    base::Error failed() {
        EXPECT_TRUE(ended()) << "step " << step_.index();
        auto result = core_->result();
        if (result) throw std::runtime_error{"it did not fail"};
        EXPECT_NE(result.error().stage(), base::Stage::none);
        return std::move(result.error());
    }
    const std::vector<CacheChange>& changes() const { return core_->changes(); }
    LoginCore& core() { return *core_; }

private:
    std::string text_of_result() {
        auto result = core_->result();
        return result ? "logged in" : result.error().message();
    }

    base::WallTime now_ = noon;
    std::unique_ptr<LoginCore> core_;
    Step step_;
};

inline std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value == nullptr     ? "(absent)"
           : value->is_string() ? std::string{value->get_string()}
                                : boost::json::serialize(*value);
}

inline std::string kept(const CacheChange& change) {
    return change.token ? std::string{change.token->reveal()} : "(dropped)";
}

}  // namespace auth_test
