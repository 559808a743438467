/// The server's codes by name, and what they mean for the caller: kind, stage, remedy.
///
/// A code is the number in an answer's `code`, leading zeros dropped (000604 is 604). Sources: the official drivers'
/// constants (docs/snowflake-protocol.md). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace backend::snowflake {

/// Not a closed list: any other number may come.
namespace code {
inline constexpr int statement_count_differs = 8;
inline constexpr int statement_cancelled = 604;
inline constexpr int statement_not_running = 605;
inline constexpr int no_active_warehouse = 606;
inline constexpr int result_not_found = 612;
inline constexpr int statement_timeout = 630;
inline constexpr int statement_not_found = 709;
inline constexpr int query_in_progress = 333333;
inline constexpr int query_in_progress_async = 333334;

inline constexpr int bad_user_or_password = 390100;
inline constexpr int no_authorization = 390101;
inline constexpr int authorization_missing = 390103;
inline constexpr int session_token_invalid = 390104;
inline constexpr int id_token_expired = 390110;
inline constexpr int session_gone = 390111;
inline constexpr int session_token_expired = 390112;
inline constexpr int master_token_not_found = 390113;
inline constexpr int master_token_expired = 390114;
inline constexpr int master_token_invalid = 390115;
inline constexpr int mfa_denied = 390120;
inline constexpr int mfa_not_enrolled = 390122;
inline constexpr int mfa_user_locked = 390123;
inline constexpr int mfa_timeout = 390126;
inline constexpr int mfa_passcode_invalid = 390127;
inline constexpr int mfa_exception = 390129;
inline constexpr int mfa_push_disabled = 390132;
inline constexpr int jwt_invalid = 390144;
inline constexpr int role_missing = 390189;
inline constexpr int id_token_invalid = 390195;
inline constexpr int object_missing = 390201;
inline constexpr int oauth_token_invalid = 390303;
inline constexpr int oauth_token_expired = 390318;
inline constexpr int bad_request = 390400;
inline constexpr int login_failed = 390401;
inline constexpr int user_not_allowed = 390422;
inline constexpr int too_many_requests = 390505;
inline constexpr int sso_url_failed = 390511;
inline constexpr int jwt_not_valid = 394300;
inline constexpr int jwt_expired = 394301;
inline constexpr int jwt_not_yet_valid = 394302;
inline constexpr int jwt_bad_expiry = 394303;
inline constexpr int jwt_wrong_key = 394304;
inline constexpr int jwt_wrong_algorithm = 394305;
inline constexpr int jwt_wrong_format = 394306;
inline constexpr int pat_invalid = 394400;
inline constexpr int passcode_required = 394508;
}  // namespace code

bool is_in_progress(int code);          ///< 333333, 333334: poll
bool wants_renewal(int code);           ///< the session token has ended, the master token may not have
bool wants_login(int code);             ///< session or master token are gone: log in anew
bool is_mfa_refusal(int code);          ///< a cached MFA token must be dropped
bool is_id_token_refusal(int code);     ///< a cached ID token must be dropped
bool is_oauth_refusal(int code);        ///< an access token must be refreshed or dropped
bool is_jwt_refusal(int code);          ///< 390144, 394300 to 394306
bool is_credentials_refusal(int code);  ///< the server said no to who we are: trying again locks the user out

/// What the server said, as it said it.
struct ServerError {
    int code = 0;
    std::string message;  ///< untrusted text; must hold no token
    std::string sqlstate;
    std::string query_id;
};

/// For statements and control requests of a session: kind, stage, what to do, code as six digits, SQLSTATE, query id.
base::Error error_from(const ServerError& error);

/// The code as users look it up: six digits.
std::string code_text(int code);

}  // namespace backend::snowflake
