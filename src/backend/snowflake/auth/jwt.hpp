/// JSON Web Tokens: the one of a key-pair login is made, the claims of others are looked at. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "backend/snowflake/auth/private_key.hpp"
#include "backend/snowflake/wire/account.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

/// The drivers' 60 s; the server takes up to an hour.
inline constexpr std::chrono::seconds jwt_lifetime{60};

/// `iss` ACCOUNT.USER.SHA256:…, `sub` ACCOUNT.USER (upper case), `iat` now, `exp` after `jwt_lifetime`; signed with the
/// key's algorithm. Good for the login and, as a bearer token of type KEYPAIR_JWT, for the public REST API.
base::Secret make_login_jwt(const PrivateKey& key, const Account& account, std::string_view user, base::WallTime now);

/// What can be read without checking the signature (that is the server's to do).
struct JwtClaims {
    std::string issuer;
    std::string subject;
    std::string tenant;                      ///< `tid`, of Azure
    std::optional<std::int64_t> expires_at;  ///< `exp`, seconds since 1970
};
/// Absent where `token` is no JWT.
std::optional<JwtClaims> read_claims(std::string_view token);

}  // namespace backend::snowflake
