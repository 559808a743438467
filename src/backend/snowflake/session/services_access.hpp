/// What `Services` holds of a session while a request of it is out.
#pragma once

#include <optional>

#include "backend/pool.hpp"
#include "backend/snowflake/services.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "backend/snowflake/session/snowflake_session.hpp"

namespace backend::snowflake {

/// A session whose token a request may use: one that stands (lent to somebody or not), else one that the pool opens and
/// lends us.
struct Services::Access {
    SessionState::Ptr state;
    std::optional<Borrowed> borrowed;
};

/// Of a session that this backend's pool lends.
inline SessionState::Ptr state_of(Session& session) { return static_cast<SnowflakeSession&>(session).state(); }

}  // namespace backend::snowflake
