/// A login as a state machine: its tokens, when to renew or log in again, its context, what the server said of it.
///
/// Place: inside `SessionState`, under its mutex; the shell asks before each request and tells it each answer. Pure: it
/// is told the time and says what to do. Threads: none (the owner's lock guards it). Never held across a wait.
///
/// Tokens have a generation: a request that was refused with an older one than the present is simply sent again, so
/// that many requests share one renewal (docs/snowflake-protocol.md, "Session").
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/session.hpp"
#include "backend/snowflake/session/context_switch.hpp"
#include "backend/snowflake/session/query_context_cache.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

/// What a login or a renewal answers of its tokens. Emulators give no master token and no validity.
struct Tokens {
    base::Secret session;
    base::Secret master;  ///< empty: no renewal
    std::optional<std::chrono::seconds> validity;
    std::optional<std::chrono::seconds> master_validity;
};

class SessionCore {
public:
    enum class State : std::uint8_t {
        live,        // the token is good as far as we know
        renewing,    // one renewal is out; who needs a token waits
        logging_in,  // the session is opened anew; who needs a token waits
        lost,        // no way back: the pool throws it away
        closed,      // logged out
    };

    /// What to do about a token that was refused, or is about to end.
    enum class Cure : std::uint8_t {
        none,    // the token is good: send (again)
        wait,    // somebody is at it
        renew,   // the caller starts a renewal
        log_in,  // the caller starts a login
        give_up,
    };

    struct Ticket {
        base::Secret token;
        std::uint64_t generation = 0;
        std::string session_header;  ///< `x-snowflake-session`; empty: none
        std::uint64_t opening = 0;   ///< of the login that the token belongs to
    };

    /// What an answer says of the session. Views live as long as the answer.
    struct Said {
        std::string_view role, warehouse, database, schema;  ///< empty: not named
        std::string_view query_context;                      ///< JSON, or empty
        bool may_move = false;  ///< the statement was no judged read: what is named now may be its own doing
    };

    // ---- Tokens

    /// The first one; a later one begins by `refused` or `start_afresh`.
    void begin_login() { state_ = State::logging_in; }
    /// The login was answered; its first statement is still to come, with the token as it stands.
    void logged_in(base::TimePoint now, Tokens tokens, Context context, Parts in_doubt = {});
    /// That statement was answered too: from here on the session is everybody's.
    void opened();
    void renewed(base::TimePoint now, Tokens tokens);
    /// The server refused the renewal: log in.
    Cure renewal_refused();
    /// The renewal did not get through: the session stays as it was.
    void renewal_failed();
    void login_failed(base::Error error);

    Ticket ticket() const;
    /// A request with this generation's token was refused with `code` (401 for the HTTP status).
    Cure refused(std::uint64_t generation, int code);
    /// Before a request: `renew` where the token has ended, and shortly before it (then nobody need wait for it).
    Cure due(base::TimePoint now);
    bool has_ended(base::TimePoint now) const { return session_ends_ && now >= *session_ends_; }
    /// A context that cannot be reached by USE, and what is left after a failed clean-up: log in anew.
    Cure start_afresh();
    /// A request with this generation's token was answered.
    void proven(std::uint64_t generation);
    /// A sign of life was answered: the master token's time begins anew.
    void heartbeat_answered(base::TimePoint now);
    void close() { state_ = State::closed; }
    void lose(base::Error error);

    State state() const { return state_; }
    bool usable() const { return state_ != State::lost && state_ != State::closed; }
    const std::optional<base::Error>& loss() const { return loss_; }
    std::optional<base::TimePoint> master_ends() const { return master_ends_; }
    bool has_master() const { return !tokens_.master.empty(); }
    /// For the token request: the two present tokens.
    const Tokens& tokens() const { return tokens_; }
    std::uint64_t generation() const { return generation_; }
    /// How often the session was opened: context and temporary things of an earlier opening are gone.
    std::uint64_t openings() const { return openings_; }

    // ---- What the server said

    void answered(const Said& said);
    /// A statement failed that may have changed the context: unknown until USE or an answer names it.
    void context_in_doubt() {
        position_.in_doubt = Parts::all();
        position_.in_doubt.secondary_roles = has_secondary_roles_;
    }
    /// The server does not know USE SECONDARY ROLES (an emulator).
    void without_secondary_roles() { has_secondary_roles_ = false; }
    /// What the first statement of a login made of them: part of the session's own context.
    void secondary_roles(const std::string& value) {
        own_.secondary_roles = value;
        position_.context.secondary_roles = value;
    }
    bool context_known() const { return !position_.in_doubt.any(); }
    const Context& context() const { return position_.context; }
    /// Of the login: what a statement leaves open.
    const Context& own_context() const { return own_; }
    /// The next USE on the way to `wanted`; absent: it is there.
    std::optional<ContextStep> next_switch(const Context& wanted) const { return next_step(position_, wanted); }
    void switched(const ContextStep& step, const Context& wanted);

    void session_header(std::string value) { session_header_ = std::move(value); }
    /// `text`: the parameters as they were written; the same text as last time changes nothing.
    bool parameters_changed(std::string_view text) const { return !text.empty() && text != parameters_text_; }
    void parameters(std::string_view text, const std::vector<std::pair<std::string, std::string>>& list);
    std::string parameter(std::string_view name) const;  ///< "" where it was not named
    const QueryContextCache& query_context() const { return query_context_; }
    std::uint64_t next_sequence() { return ++sequence_; }

private:
    enum class Named : std::uint8_t { role, warehouse, database, schema };
    std::string_view spelled(Named what, std::string_view said) const;
    void learn_spelling(Named what, const std::string& said, const std::string& wanted);
    void take(base::TimePoint now, Tokens tokens);

    State state_ = State::lost;
    Tokens tokens_;
    std::optional<base::TimePoint> session_ends_;
    std::optional<base::TimePoint> renew_at_;
    std::optional<base::TimePoint> master_ends_;
    std::uint64_t generation_ = 0;
    std::uint64_t openings_ = 0;
    bool from_renewal_ = false;  // the present token
    bool proven_ = false;        // it was accepted once
    int cures_ = 0;              // renewals and logins since a request was last answered
    std::optional<base::Error> loss_;

    Context own_;
    Position position_;
    bool has_secondary_roles_ = true;
    /// What the server calls a name that we spell otherwise: "warehouse:wh" is WH.
    std::map<std::string, std::string, std::less<>> spellings_;
    std::string session_header_;
    std::string parameters_text_;
    std::map<std::string, std::string, std::less<>> parameters_;
    QueryContextCache query_context_;
    std::uint64_t sequence_ = 0;
};

}  // namespace backend::snowflake
