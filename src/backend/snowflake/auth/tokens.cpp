// Logins with something in hand: key pair, programmatic access token, the token of a container.
#include "backend/snowflake/auth/jwt.hpp"
#include "backend/snowflake/auth/methods.hpp"

namespace backend::snowflake {

LoginScript by_key_pair(Dialogue& with, LoginTask& task) {
    for (int attempt = 1;; ++attempt) {
        LoginFields fields;  // a fresh token each time: it is valid for a minute
        fields.add("AUTHENTICATOR", "SNOWFLAKE_JWT")
            .add("TOKEN", make_login_jwt(*task.material.key, task.account, task.settings.user, with.now()));
        auto reply = co_await submit(with, task, std::move(fields), false);
        if (reply || attempt == login_attempts || !is_passing(reply.error())) {
            co_return reply;
        }
        if (auto waited = co_await wait_before(with, task, attempt, reply.error()); !waited) {
            co_return base::fail(std::move(waited.error()));
        }
    }
}

LoginScript by_access_token(Dialogue& with, LoginTask& task) {
    LoginFields fields;
    fields.add("AUTHENTICATOR", "PROGRAMMATIC_ACCESS_TOKEN");
    fields.add("TOKEN", task.material.token.empty() ? task.settings.password : task.material.token);
    co_return co_await submit(with, task, std::move(fields));
}

LoginScript by_container(Dialogue& with, LoginTask& task) {
    LoginFields fields;
    fields.with_user = false;
    fields.add("AUTHENTICATOR", "OAUTH").add("TOKEN", task.material.container_token);
    co_return co_await submit(with, task, std::move(fields));
}

}  // namespace backend::snowflake
