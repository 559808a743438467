#include "sql/query_scan.hpp"

#include "sql/call_check.hpp"
#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace sql {

namespace {

/// `seq.NEXTVAL`, `seq."NEXTVAL"`; `t."nextval"` is a column.
bool is_nextval(const Token& token) { return token.is_word("NEXTVAL") || token.text == "\"NEXTVAL\""; }

}  // namespace

QueryScan::QueryScan(std::span<const Node> nodes, ScanMode mode, const Policy& policy)
    : nodes_{nodes}, mode_{mode}, policy_{policy} {
    frames_.reserve(16);
    Frame bottom;
    if (mode == ScanMode::read || mode == ScanMode::change) bottom.kind = FrameKind::query;
    frames_.push_back(bottom);
}

std::optional<Refusal> QueryScan::run() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (auto refusal = see(i)) return refusal;
    }
    if (frames_.size() > 1) return Refusal{rule::unbalanced_brackets, "a bracket is not closed"};
    if (has_sample_ && !has_seed_) is_volatile_ = true;
    return std::nullopt;
}

std::optional<Refusal> QueryScan::see(std::size_t i) {
    // NOT NOT NOT x, - - - x: each is a level too
    const bool is_prefix = token(i).is("-") || token(i).is("+") || token(i).is("~") || keyword(i) == Keyword::not_;
    prefixes_ = is_prefix ? prefixes_ + 1 : 0;
    if (frames_.size() + cases_ + prefixes_ > policy_.max_nesting + 1) {
        return Refusal{rule::too_deep,
                       "the statement is nested deeper than " + std::to_string(policy_.max_nesting) + " levels"};
    }
    follow_path(i);
    switch (token(i).kind) {
        case TokenKind::word:
        case TokenKind::quoted_identifier: return see_name(i);
        case TokenKind::punctuation:
        case TokenKind::op: return see_symbol(i);
        case TokenKind::stage:
            if (is_from_clause() && frame().from == From::source) frame().from = From::have;
            return see_stage();
        case TokenKind::string:
        case TokenKind::dollar_string: return see_literal(i);
        case TokenKind::variable:
            if (token(i).text[1] < '0' || token(i).text[1] > '9') is_volatile_ = true;  // a session variable
            [[fallthrough]];
        case TokenKind::parameter:
            if (is_from_clause() && frame().from == From::source) frame().from = From::have;
            return std::nullopt;
        default: return std::nullopt;
    }
}

std::optional<Refusal> QueryScan::see_symbol(std::size_t i) {
    const char c = token(i).text.size() == 1 ? token(i).text.front() : '\0';
    switch (c) {
        case '(':
        case '[':
        case '{': return open(i);
        case ')':
        case ']':
        case '}': return close(i);
        case ',':
            if (frame().with == With::after_body) frame().with = With::name;
            if (is_from_clause() && !(frame().from == From::values && is_at(i + 1, "("))) frame().from = From::source;
            return std::nullopt;
        default: break;
    }
    if (token(i).is("->>")) {
        return Refusal{rule::unknown_statement, "a ->> chain inside brackets; chain whole statements"};
    }
    if (token(i).is("=>") && keyword_before(i) == Keyword::offset_) is_volatile_ = true;  // AT(OFFSET => -60)
    return std::nullopt;
}

std::optional<Refusal> QueryScan::see_stage() {
    if (may_name_stage()) {
        is_volatile_ = true;
        return std::nullopt;
    }
    return Refusal{rule::stage_read, "reads a stage; ALLOW_STAGE_READS allows it"};
}

std::optional<Refusal> QueryScan::see_literal(std::size_t i) {
    const bool is_source = is_from_clause() && frame().from == From::source;
    const bool is_table = i >= 2 && is_at(i - 1, "(") && keyword(i - 2) == Keyword::table_;
    if (!is_source && !is_table) return std::nullopt;
    if (is_source) frame().from = From::have;
    if (string_value(token(i)).starts_with('@')) return see_stage();
    if (is_table) return std::nullopt;
    return Refusal{rule::file_in_from, "a string stands where a table is read from; a file can't be read here"};
}

std::optional<Refusal> QueryScan::see_name(std::size_t i) {
    if (is_field(i)) {
        if (!is_at(i + 1, "(")) return std::nullopt;
        return Refusal{rule::built_name, "a field of a path is called like a function"};
    }
    if (is_from_clause() && frame().from == From::values && keyword(i) != Keyword::values_) frame().from = From::have;
    const bool is_dotted = i > 0 && is_at(i - 1, ".");
    if (is_dotted && is_nextval(token(i))) {
        return Refusal{rule::next_value, "NEXTVAL takes a number out of a sequence; this server only reads"};
    }
    if (frame().with != With::none) {
        if (auto refusal = see_with(i)) return refusal;
        if (frame().with != With::none) return std::nullopt;
    }
    // `list.a` is a name, but no reserved word can be one.
    bool is_qualifier = is_at(i + 1, ".") || is_at(i + 1, ".*");
    if (is_qualifier && keyword(i) != Keyword::none && is_reserved_word(to_upper(token(i).text)))
        is_qualifier = is_dotted;
    if (!is_dotted && !is_qualifier && nodes_[i].keyword != Keyword::none) {
        if (auto refusal = see_keyword(i)) return refusal;
    }
    after_with_ = false;
    if (is_at(i + 1, "(")) return see_call(i);
    if (is_qualifier || !is_from_clause() || frame().from != From::source) return std::nullopt;
    switch (keyword(i)) {
        case Keyword::from_:
        case Keyword::join_:
        case Keyword::lateral_:
        case Keyword::table_:
            if (!is_dotted) return std::nullopt;
            break;
        default: break;
    }
    frame().from = From::have;
    return std::nullopt;
}

std::optional<Refusal> QueryScan::see_keyword(std::size_t i) {
    const Keyword word = keyword(i);
    if (auto refusal = see_write(i)) return refusal;
    // `SELECT 1 AS start`; in a FROM clause an alias that opens a clause is no alias.
    if (keyword_before(i) == Keyword::as_ && !is_from_clause()) {
        switch (word) {
            case Keyword::select_:
            case Keyword::with_:
            case Keyword::from_:
            case Keyword::into_:
            case Keyword::for_: break;
            default: return std::nullopt;
        }
    }
    switch (word) {
        case Keyword::into_:
            if (mode_ == ScanMode::definition || (mode_ == ScanMode::change && frames_.size() == 1))
                return std::nullopt;
            return Refusal{rule::select_into, "INTO stores a result; this server only reads"};
        case Keyword::for_: return see_for(i);
        case Keyword::with_: {
            const bool has_table =
                i + 2 < nodes_.size() && token(i + 1).is_name() &&
                (keyword(i + 2) == Keyword::as_ || is_at(i + 2, "(") || keyword(i + 1) == Keyword::recursive_);
            if (is_statement_start(i) || (has_table && keyword_before(i) != Keyword::start_)) {
                frame().with = With::name;
            }
            return std::nullopt;
        }
        case Keyword::case_: ++cases_; return std::nullopt;
        case Keyword::end_: close_case(i); return std::nullopt;
        case Keyword::current_date_:
        case Keyword::current_time_:
        case Keyword::current_timestamp_:
        case Keyword::localtime_:
        case Keyword::localtimestamp_: is_volatile_ = true; return std::nullopt;
        case Keyword::select_:
            if (mode_ == ScanMode::metadata || mode_ == ScanMode::listing) {
                // elsewhere it is the privilege: SHOW … WITH PRIVILEGES SELECT
                if (i > 2 && !is_statement_start(i)) return std::nullopt;
                return Refusal{rule::query_in_metadata_command, "a query inside SHOW, DESCRIBE or LIST"};
            }
            break;
        default: break;
    }
    enter_clause(i);
    return std::nullopt;
}

std::optional<Refusal> QueryScan::see_for(std::size_t i) {
    const Keyword next = keyword(i + 1);
    const bool is_lock =
        next == Keyword::update_ || (frame().kind == FrameKind::query &&
                                     (next == Keyword::share_ || next == Keyword::no_ || next == Keyword::key_));
    if (!is_lock) return std::nullopt;
    return Refusal{rule::for_update, "FOR UPDATE locks rows; this server only reads"};
}

std::optional<Refusal> QueryScan::see_write(std::size_t i) {
    if (mode_ == ScanMode::definition || i == 0) return std::nullopt;
    if (mode_ == ScanMode::change && frames_.size() == 1) return std::nullopt;  // its own words: THEN UPDATE SET …
    const Keyword word = keyword(i);
    const bool is_alias = keyword_before(i) == Keyword::as_;
    const auto refuse = [&] {
        return Refusal{rule::write_inside_query,
                       shown(to_upper(token(i).text)) + " stands inside a query; this server only reads"};
    };
    switch (word) {
        // Reserved words: in a read they can only be an alias or a named argument.
        case Keyword::insert_:
            if (is_at(i + 1, "(")) return std::nullopt;
            [[fallthrough]];
        case Keyword::alter_:
        case Keyword::create_:
        case Keyword::delete_:
        case Keyword::drop_:
        case Keyword::grant_:
        case Keyword::revoke_:
            if (mode_ != ScanMode::read) break;
            if (is_alias || is_at(i + 1, "=>")) return std::nullopt;
            return refuse();
        case Keyword::update_:
            if (mode_ != ScanMode::read) break;
            if (is_alias || is_at(i + 1, "=>") || keyword_before(i) == Keyword::for_) return std::nullopt;
            return refuse();
        case Keyword::execute_:
            if (keyword(i + 1) == Keyword::immediate_ && !is_alias) return refuse();
            break;
        default: break;
    }
    if (is_statement_start(i) && starts_command(i)) return refuse();
    return std::nullopt;
}

std::optional<Refusal> QueryScan::see_call(std::size_t i) {
    has_next_kind_ = true;
    if (const auto kind = construct(i)) {
        next_kind_ = *kind;
        return std::nullopt;
    }
    next_kind_ = FrameKind::expression;
    const Keyword word = i > 0 && is_at(i - 1, ".") ? Keyword::none : keyword(i);
    if (word == Keyword::cast_ || word == Keyword::try_cast_) next_kind_ = FrameKind::cast;
    const bool is_source = is_from_clause() && frame().from == From::source;
    if (word == Keyword::identifier_) {
        if (auto refusal = see_identifier(i)) return refusal;
    }
    if (is_source) frame().from = From::have;
    const CallPlace place{.is_inside_match = matches_ > 0,
                          .is_inside_resample = resamples_ > 0,
                          .is_signature = is_signature(),
                          .may_name_stage = may_name_stage()};
    CallVerdict verdict = check_call(nodes_, i, policy_, place);
    is_volatile_ = is_volatile_ || verdict.is_volatile;
    return std::move(verdict.refusal);
}

std::optional<Refusal> QueryScan::see_identifier(std::size_t i) {
    next_is_identifier_ = true;
    const bool is_source = is_from_clause() && frame().from == From::source;
    const bool is_single = is_at(i + 3, ")");
    const TokenKind kind = i + 2 < nodes_.size() ? token(i + 2).kind : TokenKind::end;
    if (is_single && (kind == TokenKind::string || kind == TokenKind::dollar_string)) {
        const std::string name = string_value(token(i + 2));
        if (name.starts_with('@')) return see_stage();
        const std::vector<Token> parts = significant_tokens(name);
        for (const Token& part : parts) {
            if (!part.is_name() && !part.is(".")) {
                return Refusal{rule::built_name, "IDENTIFIER('" + shown(name) + "') is no name"};
            }
        }
        if (parts.size() > 1 && identifier_value(parts.back()) == "NEXTVAL") {
            return Refusal{rule::next_value, "NEXTVAL takes a number out of a sequence; this server only reads"};
        }
        return std::nullopt;
    }
    if (is_single && kind == TokenKind::variable) return std::nullopt;  // nobody can set one here
    if (is_single && kind == TokenKind::parameter && (is_source || is_signature())) return std::nullopt;
    return Refusal{rule::built_name, "IDENTIFIER() builds a name that can't be judged; write the name in a string"};
}

bool QueryScan::is_signature() const {
    switch (mode_) {
        case ScanMode::read:
        case ScanMode::change: return false;
        case ScanMode::metadata:
        case ScanMode::listing: return true;
        case ScanMode::definition: return !has_select_;
    }
    return false;
}

}  // namespace sql
