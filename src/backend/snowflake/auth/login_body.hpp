/// The bodies of login-request and authenticator-request. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/snowflake/auth/login_task.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

/// What a method adds to the login.
struct LoginFields {
    std::vector<std::pair<std::string, base::Secret>> fields;  ///< PASSWORD, TOKEN, AUTHENTICATOR, …
    std::vector<std::string> parameters;                       ///< session parameters that are true
    std::string oauth_type;  ///< CLIENT_ENVIRONMENT.OAUTH_TYPE: "oauth_client_credentials"; may be empty
    bool with_user = true;
    std::chrono::milliseconds patience{0};  ///< a person acts meanwhile (Duo); 0: what is left of the call

    LoginFields& add(std::string name, std::string_view value) {
        fields.emplace_back(std::move(name), base::Secret{std::string{value}});
        return *this;
    }
    LoginFields& add(std::string name, const base::Secret& value) {
        fields.emplace_back(std::move(name), value);
        return *this;
    }
};

/// `in_flight`: the context of a login that is under way (Duo's second and third request); may be empty.
std::string login_body(const LoginTask& task, const LoginFields& fields, std::string_view in_flight);
/// `fields`: AUTHENTICATOR and what belongs to it.
std::string authenticator_body(const LoginTask& task, const LoginFields& fields);

}  // namespace backend::snowflake
