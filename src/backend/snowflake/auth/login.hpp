/// The door: one login on an account, by whichever method the settings name.
///
/// Place: the session asks here, and again when its master token has ended. A pure `LoginCore` says what to do next;
/// this drives it: requests, browser, loopback listener, waits. Threads: `http` and `call` are the worker's;
/// `Credentials` is shared. One attempt at the credentials: a refusal of the server is never tried again with the same
/// ones.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/session.hpp"
#include "backend/snowflake/auth/credentials.hpp"
#include "backend/snowflake/auth/login_answer.hpp"
#include "backend/snowflake/settings.hpp"
#include "backend/snowflake/wire/client_identity.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/client/http_client.hpp"

namespace backend::snowflake {

/// References outlive the login.
struct LoginServices {
    net::client::HttpClient& http;  ///< of the call's worker
    Credentials& credentials;       ///< of this connection
    const ClientIdentity& identity;
    async::BlockingPool* files = nullptr;  ///< reads key, token and cache files; none: they are read on the worker
    std::function<base::WallTime()> wall_now = base::WallClock::now;
    std::function<double()> random;  ///< 0 to 1, for the jitter of waits; empty: the system's
};

/// `settings` is the connection's (the same that `credentials` was made with), `context` what the session is to be in.
/// Errors: `Kind::credentials` (the operator mends it: the message names the setting), `unavailable`, `timeout`,
/// `overloaded`, or the call's stop; all at stage `login` (or `config`). No message holds a secret.
async::Task<base::Result<LoginAnswer>> log_in(async::Call& call, LoginServices services, const Settings& settings,
                                              Context context);

}  // namespace backend::snowflake
