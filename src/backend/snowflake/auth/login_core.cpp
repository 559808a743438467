#include "backend/snowflake/auth/login_core.hpp"

#include <fmt/format.h>

#include <utility>

#include "backend/snowflake/auth/methods.hpp"
#include "backend/snowflake/auth/refusal.hpp"

namespace backend::snowflake {

namespace {

LoginScript script_of(Method method, Dialogue& with, LoginTask& task) {
    switch (method) {
        case Method::password: return by_password(with, task);
        case Method::password_mfa: return by_password_mfa(with, task);
        case Method::key_pair: return by_key_pair(with, task);
        case Method::access_token: return by_access_token(with, task);
        case Method::oauth: return by_oauth(with, task);
        case Method::oauth_client_credentials: return by_client_credentials(with, task);
        case Method::oauth_authorization_code: return by_authorization_code(with, task);
        case Method::external_browser: return by_external_browser(with, task);
        case Method::okta: return by_okta(with, task);
        case Method::workload_identity: return by_workload_identity(with, task);
        case Method::container: return by_container(with, task);
    }
    std::unreachable();
}

LoginAnswer answer_of(Reply&& reply) {
    const Envelope& envelope = reply.envelope;
    LoginAnswer answer;
    answer.session_token = base::Secret{envelope.text("token").value_or("")};
    answer.master_token = base::Secret{envelope.text("masterToken").value_or("")};
    answer.validity = envelope.lifetime("validityInSeconds");
    answer.master_validity = envelope.lifetime("masterValidityInSeconds");
    answer.parameters = envelope.parameters();
    answer.context = {.role = envelope.text("sessionInfo.roleName").value_or(""),
                      .secondary_roles = {},
                      .warehouse = envelope.text("sessionInfo.warehouseName").value_or(""),
                      .database = envelope.text("sessionInfo.databaseName").value_or(""),
                      .schema = envelope.text("sessionInfo.schemaName").value_or("")};
    answer.sticky = std::move(reply.sticky);
    return answer;
}

base::Error unfinished(const LoginTask& task, const Envelope& envelope) {
    const std::string next = envelope.text("nextAction").value_or("");
    const bool change = next == "PWD_CHANGE";
    return provider_refusal(
        fmt::format("Snowflake account {} wants another step before the login: {}", task.account.name,
                    change         ? "the password must be changed first. Log in once with Snowsight, then set "
                                     "SNOWFLAKE_PASSWORD"
                    : next.empty() ? "its answer holds no token"
                                   : base::escape_untrusted(next)),
        change ? "SNOWFLAKE_PASSWORD" : "SNOWFLAKE_AUTHENTICATOR");
}

Script<base::Result<LoginAnswer>> whole_login(Dialogue& with, LoginTask& task, Method method) {
    auto reply = co_await script_of(method, with, task);
    if (!reply) {
        base::Error error = std::move(reply.error());
        if (error.stage() == base::Stage::none) {
            error = std::move(error).at(base::Stage::login);
        }
        co_return base::fail(std::move(error));
    }
    if (!reply->envelope.success()) {
        co_return base::fail(refusal(task, method, *reply));
    }
    if (reply->envelope.text("token").value_or("").empty()) {
        co_return base::fail(unfinished(task, reply->envelope));
    }
    co_return answer_of(std::move(*reply));
}

}  // namespace

LoginCore::LoginCore(LoginTask task, Method method) : task_{std::move(task)}, method_{method} {}
LoginCore::~LoginCore() = default;

Step LoginCore::start(base::WallTime now) {
    dialogue_.set_now(now);
    script_.emplace(whole_login(dialogue_, task_, method_));
    script_->start();
    return next();
}

Step LoginCore::tell(Event event, base::WallTime now) {
    dialogue_.set_now(now);
    dialogue_.tell(std::move(event));
    return next();
}

Step LoginCore::next() { return script_->ended() ? Step{Ended{}} : dialogue_.take_step(); }

base::Result<LoginAnswer> LoginCore::result() { return script_->result(); }

}  // namespace backend::snowflake
