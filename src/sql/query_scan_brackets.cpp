/// The brackets of a query scan: what a bracket opens, and what the word before it is if not a call.
#include "sql/lexer.hpp"
#include "sql/query_scan.hpp"
#include "sql/quoting.hpp"
#include "sql/word_table.hpp"

namespace sql {

namespace {

constexpr auto make_type_names() {
    WordTable<bool, 44, 128> table;
    for (const std::string_view name :
         {"ARRAY",         "BIGINT",       "BINARY",    "BOOLEAN",      "BYTEINT",      "CHAR",        "CHARACTER",
          "DATETIME",      "DECFLOAT",     "DEC",       "DECIMAL",      "DOUBLE",       "FILE",        "FLOAT",
          "GEOGRAPHY",     "GEOMETRY",     "INT",       "INTEGER",      "MAP",          "NCHAR",       "NUMBER",
          "NUMERIC",       "NVARCHAR",     "NVARCHAR2", "OBJECT",       "REAL",         "SMALLINT",    "STRING",
          "TEXT",          "TIME",         "TIMESTAMP", "TIMESTAMPLTZ", "TIMESTAMPNTZ", "TIMESTAMPTZ", "TIMESTAMP_LTZ",
          "TIMESTAMP_NTZ", "TIMESTAMP_TZ", "TINYINT",   "VARBINARY",    "VARCHAR",      "VARIANT",     "VARYING",
          "VECTOR"}) {
        table.add(name, true);
    }
    return table;
}

constexpr auto type_names = make_type_names();

char closing(char bracket) { return bracket == '(' ? ')' : bracket == '[' ? ']' : '}'; }

}  // namespace

std::optional<Refusal> QueryScan::open(std::size_t i) {
    const char bracket = token(i).text.front();
    Frame inner;
    inner.bracket = bracket;
    inner.opened_at = i + 1;
    if (bracket == '(') {
        if (auto refusal = check_called_expression(i)) return refusal;
        Frame& f = frame();
        if (f.with == With::after_name) {
            // WITH t (a, b) AS (…); Snowflake also takes WITH t (SELECT …)
            f.with = starts_query(i + 1) ? With::after_body : With::after_columns;
        } else if (f.with == With::body) {
            f.with = With::after_body;
        } else if (f.with == With::after_body) {
            f.with = With::none;  // WITH … AS (…) (SELECT …)
        }
        if (f.clause == Clause::group_by && (!has_next_kind_ || keyword_before(i) == Keyword::sets_))
            inner.clause = Clause::group_by;  // GROUPING SETS (ROLLUP(a), CUBE(b))
        if (has_next_kind_) {
            inner.kind = next_kind_;
            inner.is_identifier = next_is_identifier_;
        } else if (f.kind == FrameKind::pattern) {
            inner.kind = FrameKind::pattern;
        } else if (is_from_clause() && f.from == From::source) {
            inner.kind = FrameKind::source;
        }
        if (inner.kind == FrameKind::source) {
            f.from = From::have;
            inner.clause = Clause::from;
        }
    } else if (frame().kind == FrameKind::pattern) {
        inner.kind = FrameKind::pattern;
    }
    has_next_kind_ = false;
    next_is_identifier_ = false;
    if (inner.kind == FrameKind::match) ++matches_;
    if (inner.kind == FrameKind::resample) ++resamples_;
    frames_.push_back(inner);
    return std::nullopt;
}

std::optional<Refusal> QueryScan::close(std::size_t i) {
    const Frame closed = frames_.back();
    if (frames_.size() == 1 || closing(closed.bracket) != token(i).text.front()) {
        return Refusal{rule::unbalanced_brackets, "a bracket closes that was not opened"};
    }
    if (closed.kind == FrameKind::match) --matches_;
    if (closed.kind == FrameKind::resample) --resamples_;
    closed_identifier_ = closed.is_identifier;
    frames_.pop_back();
    return std::nullopt;
}

/// `IDENTIFIER('f')(x)`, `a[0](x)`, `'f'(x)`: whatever is called there can't be named.
std::optional<Refusal> QueryScan::check_called_expression(std::size_t i) const {
    if (i == 0 || frames_.back().kind == FrameKind::pattern) return std::nullopt;
    if (mode_ >= ScanMode::change && frames_.size() == 1 && !has_select_) return std::nullopt;  // INSERT INTO t (a) (…)
    const Token& before = token(i - 1);
    const bool is_file = is_from_clause() && frames_.back().from == From::have;
    switch (before.kind) {
        case TokenKind::string:
        case TokenKind::dollar_string:
            if (is_file) return std::nullopt;  // FROM '@stage' (FILE_FORMAT => …)
            break;
        case TokenKind::stage:
            if (is_from_clause()) return std::nullopt;  // FROM @stage (FILE_FORMAT => …)
            break;
        case TokenKind::variable:
        case TokenKind::parameter: break;
        case TokenKind::punctuation:
            if (before.is(")") && frames_.back().with == With::after_body)
                return std::nullopt;  // WITH t AS (…) (SELECT …)
            if (before.is(")") || before.is("]") || before.is("}")) break;
            return std::nullopt;
        default: return std::nullopt;
    }
    if (before.is(")") && closed_identifier_) {
        return Refusal{rule::built_name,
                       "a function whose name IDENTIFIER() builds can't be judged; write the name out"};
    }
    return Refusal{rule::built_name, "a bracket follows an expression, as if it were called; name what is called"};
}

/// What the bracket after `nodes_[i]` opens when `nodes_[i]` is no function.
std::optional<QueryScan::FrameKind> QueryScan::construct(std::size_t i) {
    const Frame& f = frame();
    const bool is_dotted = i > 0 && is_at(i - 1, ".");
    if (f.kind == FrameKind::pattern) return FrameKind::pattern;
    if (is_at(i + 2, "+") && is_at(i + 3, ")")) return FrameKind::expression;  // a.id = b.id(+), the outer join of old
    if (mode_ == ScanMode::change || mode_ == ScanMode::definition) {
        std::size_t start = i;
        while (start >= 2 && is_at(start - 1, ".")) start -= 2;
        const Keyword before = keyword_before(start);
        if (before == Keyword::into_ || (before == Keyword::table_ && !is_from_clause())) return FrameKind::expression;
    }
    if (is_dotted) return std::nullopt;
    if (const auto kind = fixed_construct(i)) return kind;
    // t(a, b), PIVOT(…), AT(…), SAMPLE(…): behind a table no call can stand.
    if (is_from_clause() && f.from == From::have) {
        switch (keyword(i)) {
            case Keyword::match_recognize_: return FrameKind::match;
            case Keyword::resample_: return FrameKind::resample;
            case Keyword::none:
                // An alias follows a table or AS, and no word that wants more: FROM t LEFT f(x).
                if (keyword_before(i) == Keyword::none || keyword_before(i) == Keyword::as_ ||
                    !is_reserved_word(to_upper(token(i - 1).text))) {
                    return FrameKind::expression;
                }
                break;
            default: return FrameKind::expression;
        }
    }
    const bool is_type = token(i).kind == TokenKind::word && type_names.find(token(i).text) != nullptr;
    if (is_type && i > 0) {
        const bool is_cast = f.kind == FrameKind::cast && keyword_before(i) == Keyword::as_;
        const bool is_declared = token(i - 1).is_name() && keyword_before(i) == Keyword::none;  // x NUMBER(10) -> …
        if (token(i - 1).is("::") || is_cast || is_declared || f.kind == FrameKind::type) return FrameKind::type;
    }
    return std::nullopt;
}

/// Words that are never functions where they stand.
std::optional<QueryScan::FrameKind> QueryScan::fixed_construct(std::size_t i) {
    const Frame& f = frame();
    const Keyword before = keyword_before(i);
    bool is_construct = false;
    switch (keyword(i)) {
        case Keyword::all_:
        case Keyword::and_:
        case Keyword::any_:
        case Keyword::as_:
        case Keyword::between_:
        case Keyword::by_:
        case Keyword::case_:
        case Keyword::distinct_:
        case Keyword::else_:
        case Keyword::exists_:
        case Keyword::from_:
        case Keyword::group_:
        case Keyword::having_:
        case Keyword::in_:
        case Keyword::intersect_:
        case Keyword::is_:
        case Keyword::join_:
        case Keyword::lateral_:
        case Keyword::minus_:
        case Keyword::not_:
        case Keyword::null_:
        case Keyword::on_:
        case Keyword::or_:
        case Keyword::qualify_:
        case Keyword::rows_:
        case Keyword::select_:
        case Keyword::set_:
        case Keyword::some_:
        case Keyword::then_:
        case Keyword::union_:
        case Keyword::unique_:
        case Keyword::values_:
        case Keyword::when_:
        case Keyword::where_: is_construct = true; break;
        case Keyword::table_:
            if (is_from_clause() && f.from == From::source) frame().from = From::have;
            return FrameKind::expression;
        case Keyword::using_: is_construct = true; break;
        case Keyword::with_: is_construct = before == Keyword::start_; break;
        case Keyword::except_: is_construct = ends_operand(i) || is_wildcard(i); break;
        case Keyword::over_:  // … ) OVER (, … IGNORE NULLS OVER (, … FROM FIRST OVER (
            is_construct = i > 0 && (is_at(i - 1, ")") || before == Keyword::nulls_ ||
                                     (i > 1 && keyword(i - 2) == Keyword::from_ && f.clause == Clause::select_list));
            break;
        case Keyword::sets_: is_construct = before == Keyword::grouping_; break;
        case Keyword::cube_:
        case Keyword::rollup_: is_construct = f.clause == Clause::group_by; break;
        case Keyword::name_:  // UNION ALL BY NAME (SELECT …), and not ORDER BY name(…)
            is_construct = before == Keyword::by_ && i >= 2 &&
                           (keyword(i - 2) == Keyword::union_ || keyword(i - 2) == Keyword::all_);
            break;
        case Keyword::exclude_:
        case Keyword::rename_:
            is_construct = is_wildcard(i) || (f.clause == Clause::select_list && ends_operand(i));
            break;
        case Keyword::prior_:
        case Keyword::connect_by_root_:
            is_construct = has_connect_by_ || keyword(i) == Keyword::connect_by_root_;
            break;
        case Keyword::escape_: is_construct = ends_operand(i); break;
        case Keyword::pivot_:
        case Keyword::unpivot_:
        case Keyword::sample_:
        case Keyword::tablesample_: is_construct = is_from_clause() && ends_operand(i); break;
        case Keyword::match_recognize_:
            if (is_from_clause() && ends_operand(i)) return FrameKind::match;
            break;
        case Keyword::pattern_:
            if (f.kind == FrameKind::match && opens_part_of_match(i)) return FrameKind::pattern;
            break;
        case Keyword::measures_:
        case Keyword::define_: is_construct = f.kind == FrameKind::match && opens_part_of_match(i); break;
        default: break;
    }
    if (is_construct) return is_from_clause() && f.from == From::source ? FrameKind::source : FrameKind::expression;
    return std::nullopt;
}

/// PATTERN, MEASURES and DEFINE follow a complete part of MATCH_RECOGNIZE; behind a comma or an operator they are
/// calls.
bool QueryScan::opens_part_of_match(std::size_t i) const {
    if (frames_.back().opened_at == i) return true;
    const Token& before = token(i - 1);
    if (before.kind == TokenKind::op || before.is(",")) return false;
    switch (keyword_before(i)) {
        case Keyword::measures_:
        case Keyword::define_:
        case Keyword::as_:
        case Keyword::by_:
        case Keyword::and_:
        case Keyword::or_:
        case Keyword::not_: return false;
        default: return true;
    }
}

/// Does the node before `i` end an operand, so that no expression can start at `i`?
bool QueryScan::ends_operand(std::size_t i) const {
    if (i == 0) return false;
    const Token& before = token(i - 1);
    switch (before.kind) {
        case TokenKind::quoted_identifier:
        case TokenKind::string:
        case TokenKind::dollar_string: return true;
        case TokenKind::punctuation: return before.is(")") || before.is("]");
        case TokenKind::word: return keyword_before(i) == Keyword::none || keyword_before(i) == Keyword::null_;
        default: return false;
    }
}

/// Is the node before `i` the star of `SELECT *` or `t.*`, and no multiplication?
bool QueryScan::is_wildcard(std::size_t i) const {
    if (i == 0) return false;
    if (token(i - 1).is(".*")) return true;
    if (!token(i - 1).is("*")) return false;
    if (i < 2) return true;
    const Token& before = token(i - 2);
    const Keyword word = keyword(i - 2);
    return before.is(",") || before.is(".") || before.is("{") || before.is("(") || word == Keyword::select_ ||
           word == Keyword::distinct_ || word == Keyword::all_ ||
           (before.kind == TokenKind::number && i >= 3 && keyword(i - 3) == Keyword::top_);
}

/// Does a query start here: SELECT, WITH, VALUES or another bracket?
bool QueryScan::starts_query(std::size_t i) const {
    const Keyword word = keyword(i);
    return word == Keyword::select_ || word == Keyword::with_ || word == Keyword::values_ || is_at(i, "(");
}

/// Keeps track of `v:name`, `v:a.name`, `v:a[0].name`; the colon behind a key of `{'key': value}` opens no path.
void QueryScan::follow_path(std::size_t i) {
    Frame& f = frame();
    const Token& now = token(i);
    if (now.is(":")) {
        const TokenKind before = i > 0 ? token(i - 1).kind : TokenKind::end;
        const bool is_key = f.bracket == '{' && i > 0 && (i - 1 == f.opened_at || (i > 1 && is_at(i - 2, ",")));
        f.is_in_path = !is_key && before != TokenKind::string && before != TokenKind::dollar_string;
    } else if (now.is_name()) {
        f.is_in_path = f.is_in_path && (is_at(i - 1, ".") || is_at(i - 1, ":"));
    } else if (!now.is(".") && !now.is("[") && !now.is("]")) {
        f.is_in_path = false;
    }
}

/// A field of a path, which is never a keyword.
bool QueryScan::is_field(std::size_t i) const {
    return i > 0 && frames_.back().is_in_path && (is_at(i - 1, ".") || is_at(i - 1, ":"));
}

/// Can a statement start here?
bool QueryScan::is_statement_start(std::size_t i) const {
    if (i == 0 || after_with_ || (frames_.size() > 1 && frames_.back().opened_at == i)) return true;
    switch (keyword_before(i)) {
        case Keyword::union_:
        case Keyword::intersect_:
        case Keyword::minus_:
        case Keyword::except_: return true;
        case Keyword::all_:
            return i >= 2 && (keyword(i - 2) == Keyword::union_ || keyword(i - 2) == Keyword::except_ ||
                              keyword(i - 2) == Keyword::intersect_);
        default: return false;
    }
}

/// Does a command start here, and not a column that is called like one?
bool QueryScan::starts_command(std::size_t i) const {
    if (i + 1 >= nodes_.size()) return false;
    const Token& next = token(i + 1);
    const Keyword word = keyword(i + 1);
    switch (keyword(i)) {
        case Keyword::merge_:
        case Keyword::copy_: return word == Keyword::into_;
        case Keyword::put_:
        case Keyword::get_:
        case Keyword::remove_:
        case Keyword::rm_:
        case Keyword::list_:
        case Keyword::ls_: return next.kind == TokenKind::stage || next.kind == TokenKind::string;
        case Keyword::set_: return next.is_name() && is_at(i + 2, "=");
        case Keyword::insert_:
            if (is_at(i + 1, "(")) return false;
            break;
        case Keyword::alter_:
        case Keyword::begin_:
        case Keyword::call_:
        case Keyword::comment_:
        case Keyword::create_:
        case Keyword::declare_:
        case Keyword::delete_:
        case Keyword::drop_:
        case Keyword::grant_:
        case Keyword::revoke_:
        case Keyword::update_:
        case Keyword::execute_:
        case Keyword::let_:
        case Keyword::show_:
        case Keyword::desc_:
        case Keyword::describe_:
        case Keyword::explain_:
        case Keyword::truncate_:
        case Keyword::undrop_:
        case Keyword::unset_:
        case Keyword::use_: break;
        default: return false;
    }
    switch (word) {
        case Keyword::is_:
        case Keyword::like_:
        case Keyword::ilike_:
        case Keyword::rlike_:
        case Keyword::regexp_:
        case Keyword::in_:
        case Keyword::and_:
        case Keyword::or_:
        case Keyword::not_:
        case Keyword::between_:
        case Keyword::as_:
        case Keyword::order_:
        case Keyword::desc_:
        case Keyword::escape_:
        case Keyword::over_:
        case Keyword::when_:
        case Keyword::for_: return false;
        case Keyword::from_: return keyword(i) == Keyword::delete_;  // TRIM(comment FROM x)
        default: return next.is_name() && !next.is_word("ASC") && !next.is_word("COLLATE");
    }
}

}  // namespace sql
