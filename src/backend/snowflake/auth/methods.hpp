/// The ways to log in, each a script from the first step to the account's reply.
///
/// Place: `LoginCore` starts one of them. Each answers the account's last reply, refusals included (`refusal` puts them
/// in words), after it has tried what the method allows: a kept token first, then the person or the provider. Pure.
#pragma once

#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/method.hpp"
#include "backend/snowflake/auth/script.hpp"

namespace backend::snowflake {

using LoginScript = Script<base::Result<Reply>>;

LoginScript by_password(Dialogue& with, LoginTask& task);
LoginScript by_password_mfa(Dialogue& with, LoginTask& task);
LoginScript by_key_pair(Dialogue& with, LoginTask& task);
LoginScript by_access_token(Dialogue& with, LoginTask& task);
LoginScript by_oauth(Dialogue& with, LoginTask& task);
LoginScript by_client_credentials(Dialogue& with, LoginTask& task);
LoginScript by_authorization_code(Dialogue& with, LoginTask& task);
LoginScript by_external_browser(Dialogue& with, LoginTask& task);
LoginScript by_okta(Dialogue& with, LoginTask& task);
LoginScript by_workload_identity(Dialogue& with, LoginTask& task);
LoginScript by_container(Dialogue& with, LoginTask& task);

/// Sends login-request with `fields` (tried again as `again` says); answers Duo's second and third request where the
/// server asks for them.
LoginScript submit(Dialogue& with, LoginTask& task, LoginFields fields, bool again = true);

/// The error for a method that would ask a person where nobody may be asked.
base::Error nobody_to_ask(Method method);

}  // namespace backend::snowflake
