/// What a login gives.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "backend/session.hpp"
#include "backend/snowflake/wire/envelope.hpp"
#include "base/secret.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

struct LoginAnswer {
    base::Secret session_token;
    base::Secret master_token;                     ///< empty: the session cannot be renewed (emulators)
    std::optional<std::chrono::seconds> validity;  ///< of the session token
    std::optional<std::chrono::seconds> master_validity;
    std::string session_id;      ///< digits; may be empty
    Parameters parameters;       ///< session parameters as the server set them
    Context context;             ///< as the server named it; empty where it said nothing
    net::client::Url url;        ///< who answered: the account's host, or where a redirect led
    std::string sticky;          ///< `x-snowflake-session`: to be sent with every request of the session; may be empty
    std::string server_version;  ///< may be empty
};

}  // namespace backend::snowflake
