/// One request and its answer inside a login: redirects of the account followed, refusals of the network put in words,
/// waits before another try.
///
/// Place: the scripts of the methods. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "backend/snowflake/auth/login_body.hpp"
#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/script.hpp"
#include "backend/snowflake/wire/envelope.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// What the account answered to a control request, refusals of the server included.
struct Reply {
    Envelope envelope;
    int status = 200;
    std::string sticky;  ///< x-snowflake-session
    /// The server's clock less ours, where its answer had a date.
    std::optional<std::chrono::seconds> clock_difference;
};

/// How often the same request may be sent again where the service is too busy or breaks off.
inline constexpr int login_attempts = 3;

/// Sends `request` and follows the account's redirects (307, 308). Errors: the network's, a redirect that leads away.
Script<base::Result<HttpAnswer>> send(Dialogue& with, LoginTask& task, SendRequest request);

/// Posts `body` to the account. With `again`, answers 408, 429 and 5xx and connections that break off are waited out
/// and tried again, `login_attempts` times in all. Errors: `unavailable` (also for HTTP 403: no such account),
/// `overloaded`; an envelope with `success` false is none.
Script<base::Result<Reply>> post(Dialogue& with, LoginTask& task, std::string target, std::string body,
                                 std::chrono::milliseconds patience, bool again);

/// May it be sent again: the service is busy or did not answer.
bool is_passing(const base::Error& error);
/// Waits before attempt `attempt` (1: the first repetition): a second, doubled each time, with jitter, or as long as
/// the server asked.
Script<base::Result<bool>> wait_before(Dialogue& with, LoginTask& task, int attempt, const base::Error& error);

/// IMF-fixdate of HTTP ("Tue, 24 Nov 2026 11:07:45 GMT") of the years 1970 to 2199; absent where it is none.
std::optional<base::WallTime> parse_http_date(std::string_view text);

}  // namespace backend::snowflake
