#include "backend/snowflake/wire/codes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::size_t longest_message = 4096;

template <std::size_t N>
bool one_of(int code, const std::array<int, N>& codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// What we know better than the server's text: who can mend it, where it stands, what helps.
struct Meaning {
    int code;
    base::Kind kind;
    base::Stage stage;
    std::string_view remedy;  // appended to the server's message; may be empty
};

constexpr std::array meanings = {
    Meaning{code::statement_count_differs, base::Kind::sql, base::Stage::query, "Send one statement at a time"},
    Meaning{code::statement_cancelled, base::Kind::cancelled, base::Stage::query, ""},
    Meaning{code::no_active_warehouse, base::Kind::credentials, base::Stage::query,
            "Set SNOWFLAKE_WAREHOUSE to a warehouse that the role may use"},
    Meaning{code::result_not_found, base::Kind::not_found, base::Stage::result,
            "Results are kept for 24 hours: run the statement again"},
    Meaning{code::statement_timeout, base::Kind::timeout, base::Stage::query,
            "Ask for less, or raise QUERY_TIMEOUT_SECONDS"},
    Meaning{code::statement_not_found, base::Kind::not_found, base::Stage::query, ""},
    Meaning{code::no_authorization, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::authorization_missing, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::session_token_invalid, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::session_gone, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::session_token_expired, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::master_token_not_found, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::master_token_expired, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::master_token_invalid, base::Kind::unavailable, base::Stage::login, ""},
    Meaning{code::too_many_requests, base::Kind::overloaded, base::Stage::query, ""},
};

}  // namespace

bool is_in_progress(int code) { return code == code::query_in_progress || code == code::query_in_progress_async; }

bool wants_renewal(int code) { return code == code::session_token_expired || code == code::session_token_invalid; }

bool wants_login(int code) {
    return one_of(code,
                  std::array{code::no_authorization, code::authorization_missing, code::session_gone,
                             code::master_token_not_found, code::master_token_expired, code::master_token_invalid});
}

bool is_mfa_refusal(int code) {
    return one_of(code, std::array{code::mfa_denied, code::mfa_not_enrolled, code::mfa_user_locked, code::mfa_timeout,
                                   code::mfa_passcode_invalid, code::mfa_exception, code::mfa_push_disabled,
                                   code::passcode_required});
}

bool is_id_token_refusal(int code) { return code == code::id_token_expired || code == code::id_token_invalid; }

bool is_oauth_refusal(int code) { return code == code::oauth_token_invalid || code == code::oauth_token_expired; }

bool is_jwt_refusal(int code) {
    return code == code::jwt_invalid || (code >= code::jwt_not_valid && code <= code::jwt_wrong_format);
}

bool is_credentials_refusal(int code) {
    return is_mfa_refusal(code) || is_id_token_refusal(code) || is_oauth_refusal(code) || is_jwt_refusal(code) ||
           one_of(code, std::array{code::bad_user_or_password, code::role_missing, code::object_missing,
                                   code::login_failed, code::user_not_allowed, code::pat_invalid});
}

base::Error error_from(const ServerError& error) {
    const auto* const known =
        std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& one) { return one.code == error.code; });
    base::Kind kind = base::Kind::sql;
    base::Stage stage = base::Stage::query;
    std::string_view remedy;
    if (known != meanings.end()) {
        kind = known->kind;
        stage = known->stage;
        remedy = known->remedy;
    } else if (is_credentials_refusal(error.code)) {
        kind = base::Kind::credentials;
        stage = base::Stage::login;
    } else if (error.code >= 390'000 && error.code < 400'000) {  // the service itself, not a statement
        kind = base::Kind::unavailable;
    }
    std::string message = error.message.empty() ? fmt::format("Snowflake refused the request with code {} and no text",
                                                              code_text(error.code))
                                                : base::ellipsize(error.message, longest_message);
    if (!remedy.empty()) {
        while (!message.empty() && (message.back() == '.' || message.back() == '\n')) {
            message.pop_back();
        }
        message.append(". ").append(remedy);
    }
    base::Error made{kind, std::move(message)};
    return std::move(made).at(stage).code(code_text(error.code), error.sqlstate).query(error.query_id);
}

std::string code_text(int code) { return fmt::format("{:06}", code); }

}  // namespace backend::snowflake
