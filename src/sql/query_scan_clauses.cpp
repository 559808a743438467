/// The clauses of a query scan: which one a word opens, what FROM waits for, the tables of WITH.
#include "sql/query_scan.hpp"

namespace sql {

void QueryScan::close_case(std::size_t i) {
    // CHANGES(…) AT(…) END(…) closes no CASE.
    if (cases_ > 0 && !(is_from_clause() && frame().from == From::have && is_at(i + 1, "("))) --cases_;
}

/// FROM opens the clause, but not in `x IS DISTINCT FROM y`, `NTH_VALUE(x, 2) FROM FIRST OVER (…)`, `EXTRACT(day FROM
/// x)`.
bool QueryScan::opens_from(std::size_t i) const {
    if (!is_query() || keyword_before(i) == Keyword::distinct_) return false;
    const bool is_end = keyword(i + 1) == Keyword::first_ || (i + 1 < nodes_.size() && token(i + 1).is_word("LAST"));
    if (is_end && is_at(i - 1, ")") && i + 2 < nodes_.size()) {
        const Token& after = token(i + 2);
        if (after.is_word("OVER") || after.is_word("IGNORE") || after.is_word("RESPECT")) return false;
    }
    const Clause clause = frames_.back().clause;
    return clause == Clause::select_list || clause == Clause::none || clause == Clause::from;
}

/// LIMIT, OFFSET, FETCH and WINDOW are no reserved words: behind a table they may be its alias.
bool QueryScan::starts_tail(std::size_t i) const {
    if (i + 1 >= nodes_.size()) return false;
    const TokenKind next = token(i + 1).kind;
    if (keyword(i) == Keyword::window_) return token(i + 1).is_name() && keyword(i + 2) == Keyword::as_;
    if (next == TokenKind::number || next == TokenKind::parameter || next == TokenKind::variable) return true;
    if (keyword(i) == Keyword::fetch_) return keyword(i + 1) == Keyword::first_ || token(i + 1).is_word("NEXT");
    // LIMIT f(x) is no SQL of Snowflake; what is called there is judged all the same
    return keyword(i + 1) == Keyword::null_ || next == TokenKind::string || next == TokenKind::dollar_string ||
           (is_at(i + 2, "(") && keyword(i + 1) == Keyword::none);
}

void QueryScan::enter_clause(std::size_t i) {
    Frame& f = frame();
    switch (keyword(i)) {
        case Keyword::select_:
            f.kind = FrameKind::query;
            f.clause = Clause::select_list;
            has_select_ = true;
            break;
        case Keyword::from_:
            if (opens_from(i)) {
                f.clause = Clause::from;
                f.from = From::source;
            }
            break;
        case Keyword::table_:
            // TABLE t is SELECT * FROM t
            if (mode_ == ScanMode::read && is_statement_start(i) && f.kind != FrameKind::source) {
                f.kind = FrameKind::query;
                f.clause = Clause::from;
                f.from = From::source;
            }
            break;
        case Keyword::group_:
            if (keyword_before(i) == Keyword::within_) break;
            if (is_query()) f.clause = Clause::group_by;
            break;
        case Keyword::connect_: has_connect_by_ = true; [[fallthrough]];
        case Keyword::where_:
        case Keyword::having_:
        case Keyword::qualify_:
        case Keyword::order_:
        case Keyword::start_:
            if (is_query()) f.clause = Clause::other;
            break;
        case Keyword::limit_:
        case Keyword::offset_:
        case Keyword::fetch_:
        case Keyword::window_:
            if (is_query() && is_from_clause() && f.from != From::source && starts_tail(i)) f.clause = Clause::other;
            break;
        case Keyword::join_:
        case Keyword::lateral_:
            if (is_from_clause()) f.from = From::source;
            break;
        case Keyword::on_:
            if (is_from_clause()) f.from = From::condition;
            break;
        case Keyword::values_:
            if (is_from_clause() && f.from == From::source) f.from = From::values;
            break;
        case Keyword::union_:
        case Keyword::intersect_:
        case Keyword::minus_:
        case Keyword::except_:
            if (f.kind != FrameKind::match && f.kind != FrameKind::pattern) {
                f.kind = FrameKind::query;
                f.clause = Clause::none;
            }
            break;
        case Keyword::sample_:
        case Keyword::tablesample_:
            if (is_from_clause()) has_sample_ = true;
            break;
        case Keyword::seed_:
        case Keyword::repeatable_: has_seed_ = true; break;
        default: break;
    }
}

std::optional<Refusal> QueryScan::see_with(std::size_t i) {
    Frame& f = frame();
    switch (f.with) {
        case With::name:
            if (keyword(i) == Keyword::recursive_ && keyword_before(i) == Keyword::with_ && i + 1 < nodes_.size() &&
                token(i + 1).is_name() && keyword(i + 1) != Keyword::as_) {
                return std::nullopt;
            }
            f.with = With::after_name;
            return std::nullopt;
        case With::after_name:
        case With::after_columns:
            if (keyword(i) != Keyword::as_) break;
            f.with = With::body;
            if (is_at(i + 1, "(")) return std::nullopt;
            if (keyword(i + 1) == Keyword::procedure_) {
                return Refusal{rule::anonymous_procedure, "WITH … AS PROCEDURE runs statements that can't be judged"};
            }
            break;
        case With::after_body:
            f.with = With::none;
            after_with_ = true;
            return std::nullopt;
        case With::none:
        case With::body: break;
    }
    return Refusal{rule::unknown_statement,
                   "WITH is followed by something other than tables of the form name AS (query)"};
}

}  // namespace sql
