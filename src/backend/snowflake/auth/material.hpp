/// What one login has at hand: everything that had to be read before the pure part starts, and what it wants kept
/// afterwards. Values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"

namespace backend::snowflake {

class PrivateKey;

/// Tokens that are worth more than one login.
enum class TokenKind {
    id,             // browser SSO
    mfa,            // password with MFA
    oauth_access,   // identity provider
    oauth_refresh,  // identity provider
};

struct CacheChange {
    TokenKind kind = TokenKind::id;
    std::optional<base::Secret> token;  ///< absent: to be dropped
};

struct Material {
    std::shared_ptr<const PrivateKey> key;  ///< key-pair login
    base::Secret token;                     ///< SNOWFLAKE_TOKEN, or what its file holds now
    bool token_refused = false;             ///< `token` was, by the last login that showed it
    base::Secret container_token;           ///< inside Snowpark Container Services: the container's own login
    base::Secret spcs_token;                ///< there too: goes along with every login, whatever its method
    base::Secret id_token;
    base::Secret mfa_token;
    base::Secret oauth_access;
    base::Secret oauth_refresh;
    bool passcode_spent = false;       ///< SNOWFLAKE_PASSCODE has been used
    bool interactive_allowed = false;  ///< a person may be asked
};

}  // namespace backend::snowflake
