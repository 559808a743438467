#include "backend/snowflake/session/session_core.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backend/snowflake/wire/codes.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

/// Long enough before the end that no statement meets it, short beside the token's life.
std::chrono::milliseconds renewal_margin(std::chrono::seconds validity) {
    const std::chrono::milliseconds sixth = std::chrono::milliseconds{validity} / 6;
    return std::min<std::chrono::milliseconds>(sixth, std::chrono::seconds{60});
}

/// So many cures without one answer in between: the server takes back whatever it gives.
constexpr int most_cures = 4;

void name(std::string& mine, std::string_view said) {
    if (!said.empty()) mine = said;
}

}  // namespace

// ---- Tokens

void SessionCore::take(base::TimePoint now, Tokens tokens) {
    if (tokens.master.empty() && generation_ > 0 && state_ == State::renewing) {
        tokens.master = tokens_.master;
        tokens.master_validity.reset();
    }
    session_ends_.reset();
    renew_at_.reset();
    if (tokens.validity && tokens.validity->count() > 0) {
        session_ends_ = now + *tokens.validity;
        if (!tokens.master.empty()) renew_at_ = *session_ends_ - renewal_margin(*tokens.validity);
    }
    if (tokens.master_validity) {
        master_ends_ = now + *tokens.master_validity;
    } else if (state_ == State::renewing) {
        tokens.master_validity = tokens_.master_validity;
    } else {
        master_ends_.reset();
    }
    tokens_ = std::move(tokens);
    ++generation_;
    proven_ = false;
}

void SessionCore::logged_in(base::TimePoint now, Tokens tokens, Context context, Parts in_doubt) {
    if (state_ != State::logging_in) return;
    take(now, std::move(tokens));
    from_renewal_ = false;
    ++openings_;
    own_ = context;
    position_ = {.context = std::move(context), .in_doubt = in_doubt, .moved = {}};
    spellings_.clear();
    query_context_.clear();
    session_header_.clear();
    parameters_text_.clear();
    sequence_ = 0;
}

void SessionCore::opened() {
    if (state_ != State::logging_in) return;
    state_ = State::live;
    loss_.reset();
    own_ = position_.context;
    position_.moved = {};
}

void SessionCore::renewed(base::TimePoint now, Tokens tokens) {
    if (state_ != State::renewing) return;
    take(now, std::move(tokens));
    from_renewal_ = true;
    state_ = State::live;
}

SessionCore::Cure SessionCore::renewal_refused() {
    if (state_ != State::renewing) return Cure::give_up;
    state_ = State::logging_in;
    return Cure::log_in;
}

void SessionCore::renewal_failed() {
    if (state_ == State::renewing) state_ = State::live;
}

void SessionCore::login_failed(base::Error error) {
    if (state_ == State::logging_in) lose(std::move(error));
}

void SessionCore::lose(base::Error error) {
    if (state_ == State::closed) return;
    state_ = State::lost;
    loss_ = std::move(error);
}

SessionCore::Ticket SessionCore::ticket() const {
    return {
        .token = tokens_.session, .generation = generation_, .session_header = session_header_, .opening = openings_};
}

SessionCore::Cure SessionCore::refused(std::uint64_t generation, int code) {
    switch (state_) {
        case State::lost:
        case State::closed: return Cure::give_up;
        case State::renewing:
        case State::logging_in: return Cure::wait;
        case State::live: break;
    }
    if (generation != generation_) return Cure::none;
    if (++cures_ > most_cures) {
        lose(base::Error{
            base::Kind::credentials,
            "Snowflake refuses each token that it has just given; check SNOWFLAKE_ACCOUNT and SNOWFLAKE_HOST"}
                 .at(base::Stage::login)
                 .code(code_text(code)));
        return Cure::give_up;
    }
    const bool useless_renewal = from_renewal_ && !proven_;
    if (wants_login(code) || !has_master() || useless_renewal) return start_afresh();
    state_ = State::renewing;
    return Cure::renew;
}

SessionCore::Cure SessionCore::start_afresh() {
    switch (state_) {
        case State::lost:
        case State::closed: return Cure::give_up;
        case State::renewing:
        case State::logging_in: return Cure::wait;
        case State::live: break;
    }
    state_ = State::logging_in;
    return Cure::log_in;
}

SessionCore::Cure SessionCore::due(base::TimePoint now) {
    switch (state_) {
        case State::lost:
        case State::closed: return Cure::give_up;
        case State::renewing: return has_ended(now) ? Cure::wait : Cure::none;
        case State::logging_in: return Cure::wait;
        case State::live: break;
    }
    if (!renew_at_ || now < *renew_at_) return Cure::none;
    state_ = State::renewing;
    return Cure::renew;
}

void SessionCore::proven(std::uint64_t generation) {
    if (generation != generation_) return;
    proven_ = true;
    cures_ = 0;
}

void SessionCore::heartbeat_answered(base::TimePoint now) {
    if (tokens_.master_validity) master_ends_ = now + *tokens_.master_validity;
}

// ---- What the server said

void SessionCore::answered(const Said& said) {
    Context& context = position_.context;
    const std::string_view role = spelled(Named::role, said.role);
    const std::string_view warehouse = spelled(Named::warehouse, said.warehouse);
    const std::string_view database = spelled(Named::database, said.database);
    const std::string_view schema = spelled(Named::schema, said.schema);
    if (said.may_move) {
        const auto moved = [](std::string_view now, std::string_view then) { return !now.empty() && now != then; };
        position_.moved.role |= moved(role, context.role);
        position_.moved.warehouse |= moved(warehouse, context.warehouse);
        position_.moved.place |= moved(database, context.database) || moved(schema, context.schema);
    }
    name(context.role, role);
    name(context.warehouse, warehouse);
    if (!database.empty() && database != context.database) context.schema.clear();
    name(context.database, database);
    name(context.schema, schema);
    if (!role.empty()) position_.in_doubt.role = false;
    if (!warehouse.empty()) position_.in_doubt.warehouse = false;
    if (!database.empty() && !schema.empty()) position_.in_doubt.place = false;
    query_context_.merge(said.query_context);
}

void SessionCore::switched(const ContextStep& step, const Context& wanted) {
    using Part = ContextStep::Part;
    Context& context = position_.context;
    switch (step.part) {
        case Part::role:
            learn_spelling(Named::role, context.role, wanted.role);
            context.role = wanted.role;
            position_.in_doubt.role = false;
            position_.moved.role = wanted.role != own_.role;
            break;
        case Part::secondary_roles:
            context.secondary_roles = wanted.secondary_roles;
            position_.in_doubt.secondary_roles = false;
            break;
        case Part::warehouse:
            learn_spelling(Named::warehouse, context.warehouse, wanted.warehouse);
            context.warehouse = wanted.warehouse;
            position_.in_doubt.warehouse = false;
            position_.moved.warehouse = wanted.warehouse != own_.warehouse;
            break;
        case Part::place:
            learn_spelling(Named::database, context.database, wanted.database);
            learn_spelling(Named::schema, context.schema, wanted.schema);
            if (!wanted.database.empty()) context.database = wanted.database;
            if (!wanted.schema.empty()) context.schema = wanted.schema;
            position_.in_doubt.place = false;
            position_.moved.place = context.database != own_.database || context.schema != own_.schema;
            break;
        case Part::unreachable: break;
    }
}

/// As whoever wanted it spelled it: otherwise the session would be switched to where it is for ever.
std::string_view SessionCore::spelled(Named what, std::string_view said) const {
    if (spellings_.empty() || said.empty()) return said;
    std::string key{static_cast<char>(what)};
    key += said;
    const auto found = spellings_.find(key);
    return found == spellings_.end() ? said : std::string_view{found->second};
}

void SessionCore::learn_spelling(Named what, const std::string& said, const std::string& wanted) {
    if (wanted.empty() || said == wanted || !base::iequals(said, wanted)) return;
    std::string key{static_cast<char>(what)};
    key += said;
    spellings_.insert_or_assign(std::move(key), wanted);
}

void SessionCore::parameters(std::string_view text, const std::vector<std::pair<std::string, std::string>>& list) {
    parameters_text_ = text;  // of a login: nothing, so that the first answer is read
    for (const auto& [name, value] : list) parameters_.insert_or_assign(base::to_upper(name), value);
    const std::string capacity = parameter("QUERY_CONTEXT_CACHE_SIZE");
    std::size_t number = 0;
    if (std::from_chars(capacity.data(), capacity.data() + capacity.size(), number).ec == std::errc{}) {
        query_context_.set_capacity(number);
    }
}

std::string SessionCore::parameter(std::string_view name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? std::string{} : found->second;
}

}  // namespace backend::snowflake
