/// What a login gives.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "backend/session.hpp"
#include "backend/snowflake/wire/envelope.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

struct LoginAnswer {
    base::Secret session_token;
    base::Secret master_token;                     ///< empty: the session cannot be renewed (emulators)
    std::optional<std::chrono::seconds> validity;  ///< of the session token
    std::optional<std::chrono::seconds> master_validity;
    Parameters parameters;  ///< session parameters as the server set them
    Context context;        ///< as the server named it; empty where it said nothing
    std::string sticky;     ///< `x-snowflake-session`: to be sent with every request of the session; may be empty
};

}  // namespace backend::snowflake
