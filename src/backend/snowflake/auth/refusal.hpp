/// The server's "no" to a login in words that name the setting to change. Pure.
#pragma once

#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/method.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// For a reply with `success` false (or without a token). `Kind::credentials`, stage login, about a setting; the
/// server's own words are part of it. Where the clocks differ and the method is a key pair, the error says so and by
/// how much.
base::Error refusal(const LoginTask& task, Method method, const Reply& reply);

/// The same kind of error for what an identity provider or a cloud's service answered. `what` begins the sentence.
base::Error provider_refusal(std::string what, std::string_view setting);

}  // namespace backend::snowflake
