/// What every step of one login sees: the settings, what is at hand, and what is to be kept afterwards.
///
/// Place: owned by `LoginCore`; scripts get it by reference. Threads: the login's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backend/session.hpp"
#include "backend/snowflake/auth/material.hpp"
#include "backend/snowflake/auth/private_key.hpp"
#include "backend/snowflake/settings.hpp"
#include "backend/snowflake/wire/account.hpp"
#include "backend/snowflake/wire/client_identity.hpp"

namespace backend::snowflake {

/// The variable's value; absent where it is not set or empty.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

struct LoginTask {
    Settings settings;
    Account account;
    Context context;
    ClientIdentity identity;
    Material material;
    Environment environment;
    std::function<std::string(std::size_t)> random_bytes;
    std::function<double()> random;      ///< 0 to 1
    std::vector<CacheChange> changes{};  ///< out
    bool token_refused = false;          ///< out: the account refused SNOWFLAKE_TOKEN as an OAuth token
    bool passcode_used = false;          ///< out: SNOWFLAKE_PASSCODE went to the server

    void keep(TokenKind kind, base::Secret token) { changes.push_back({.kind = kind, .token = std::move(token)}); }
    void drop(TokenKind kind) { changes.push_back({.kind = kind, .token = std::nullopt}); }
};

}  // namespace backend::snowflake
