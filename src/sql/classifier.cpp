#include "sql/classifier.hpp"

#include <optional>

namespace sql {

namespace {

Keyword keyword_at(std::span<const Node> nodes, std::size_t index) {
    return index < nodes.size() ? nodes[index].keyword : Keyword::none;
}

bool is_at(std::span<const Node> nodes, std::size_t index, std::string_view symbol) {
    return index < nodes.size() && nodes[index].token.is(symbol);
}

/// The index after the bracket that closes the one at `open`; the end when none does.
std::size_t after_brackets(std::span<const Node> nodes, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t i = open; i < nodes.size(); ++i) {
        const Token& token = nodes[i].token;
        if (token.kind != TokenKind::punctuation) continue;
        if (token.is("(") || token.is("[") || token.is("{")) ++depth;
        if (token.is(")") || token.is("]") || token.is("}")) {
            if (--depth == 0) return i + 1;
        }
    }
    return nodes.size();
}

bool starts_query(std::span<const Node> nodes, std::size_t index) {
    const Keyword keyword = keyword_at(nodes, index);
    return keyword == Keyword::select_ || keyword == Keyword::with_ || keyword == Keyword::values_ ||
           is_at(nodes, index, "(");
}

/// The node after the common tables of a WITH at `with`; nothing when it defines a procedure or is no such list.
struct AfterWith {
    std::optional<std::size_t> main;
    bool defines_procedure = false;
};

AfterWith after_common_tables(std::span<const Node> nodes, std::size_t with) {
    std::size_t i = with + 1;
    if (keyword_at(nodes, i) == Keyword::recursive_ && keyword_at(nodes, i + 1) != Keyword::as_ &&
        !is_at(nodes, i + 1, "(")) {
        ++i;
    }
    for (;;) {
        if (i >= nodes.size() || !nodes[i].token.is_name()) return {};
        ++i;
        const bool has_body = is_at(nodes, i, "(") && starts_query(nodes, i + 1);  // Snowflake lets AS be left out
        if (is_at(nodes, i, "(") && !has_body) i = after_brackets(nodes, i);
        if (!has_body && keyword_at(nodes, i) != Keyword::as_) return {};
        if (!has_body) ++i;
        if (keyword_at(nodes, i) == Keyword::procedure_) return {.main = std::nullopt, .defines_procedure = true};
        if (!is_at(nodes, i, "(")) return {};
        i = after_brackets(nodes, i);
        if (!is_at(nodes, i, ",")) return {.main = i, .defines_procedure = false};
        ++i;
    }
}

/// Commands that their first word names, whatever follows.
StatementKind kind_of_word(Keyword keyword) {
    switch (keyword) {
        case Keyword::select_:
        case Keyword::from_:
        case Keyword::table_: return StatementKind::select;  // TABLE t is SELECT * FROM t
        case Keyword::values_: return StatementKind::values;
        case Keyword::show_: return StatementKind::show;
        case Keyword::desc_:
        case Keyword::describe_: return StatementKind::describe;
        case Keyword::explain_: return StatementKind::explain;
        case Keyword::list_:
        case Keyword::ls_: return StatementKind::list;
        case Keyword::insert_: return StatementKind::insert;
        case Keyword::update_: return StatementKind::update;
        case Keyword::delete_: return StatementKind::delete_;
        case Keyword::merge_: return StatementKind::merge;
        case Keyword::truncate_: return StatementKind::truncate;
        case Keyword::create_: return StatementKind::create;
        case Keyword::alter_: return StatementKind::alter;
        case Keyword::drop_: return StatementKind::drop;
        case Keyword::undrop_: return StatementKind::undrop;
        case Keyword::comment_: return StatementKind::comment;
        case Keyword::grant_: return StatementKind::grant;
        case Keyword::revoke_: return StatementKind::revoke;
        case Keyword::copy_: return StatementKind::copy;
        case Keyword::put_: return StatementKind::put;
        case Keyword::get_: return StatementKind::get;
        case Keyword::remove_:
        case Keyword::rm_: return StatementKind::remove;
        case Keyword::call_: return StatementKind::call;
        case Keyword::execute_: return StatementKind::execute;
        case Keyword::use_: return StatementKind::use;
        case Keyword::set_: return StatementKind::set;
        case Keyword::unset_: return StatementKind::unset;
        case Keyword::commit_: return StatementKind::commit;
        case Keyword::rollback_: return StatementKind::rollback;
        case Keyword::declare_:
        case Keyword::let_:
        case Keyword::if_:
        case Keyword::for_:
        case Keyword::while_:
        case Keyword::loop_:
        case Keyword::repeat_:
        case Keyword::case_:
        case Keyword::return_:
        case Keyword::raise_:
        case Keyword::open_:
        case Keyword::close_:
        case Keyword::fetch_:
        case Keyword::null_: return StatementKind::scripting;
        default: return StatementKind::unknown;
    }
}

/// BEGIN alone opens a transaction; with statements behind it, it is a block.
StatementKind kind_of_begin(std::span<const Node> nodes, std::size_t begin) {
    if (begin + 1 >= nodes.size()) return StatementKind::begin;
    switch (keyword_at(nodes, begin + 1)) {
        case Keyword::transaction_:
        case Keyword::work_:
        case Keyword::name_: return StatementKind::begin;
        default: return StatementKind::scripting;
    }
}

StatementKind kind_at(std::span<const Node> nodes, std::size_t index) {
    const Keyword keyword = keyword_at(nodes, index);
    const Keyword next = keyword_at(nodes, index + 1);
    if (is_at(nodes, index + 1, ":=")) return StatementKind::scripting;
    switch (keyword) {
        case Keyword::begin_: return kind_of_begin(nodes, index);
        case Keyword::start_: return next == Keyword::transaction_ ? StatementKind::begin : StatementKind::unknown;
        case Keyword::alter_: return next == Keyword::session_ ? StatementKind::alter_session : StatementKind::alter;
        case Keyword::execute_:
            return next == Keyword::immediate_ ? StatementKind::execute_immediate : StatementKind::execute;
        default: return kind_of_word(keyword);
    }
}

}  // namespace

Classified classify(std::span<const Node> link) {
    std::size_t first = 0;
    while (is_at(link, first, "(")) ++first;
    if (keyword_at(link, first) != Keyword::with_) {
        const StatementKind kind = kind_at(link, first);
        // In brackets only a query may stand.
        const bool is_query = kind == StatementKind::select || kind == StatementKind::values;
        const bool is_write = !is_read(kind) && kind != StatementKind::unknown;
        if (first > 0 && !is_query && !is_write) return {StatementKind::unknown, first};
        return {kind, first};
    }
    const AfterWith after = after_common_tables(link, first);
    if (after.defines_procedure) return {StatementKind::anonymous_procedure, first};
    if (!after.main) return {StatementKind::unknown, first};
    std::size_t main = *after.main;
    while (is_at(link, main, "(")) ++main;
    const StatementKind kind = kind_at(link, main);
    switch (kind) {
        case StatementKind::select:
        case StatementKind::values: return {StatementKind::with_select, main};
        case StatementKind::show:
        case StatementKind::describe:
        case StatementKind::explain:
        case StatementKind::list: return {StatementKind::unknown, main};
        default: return {kind, main};
    }
}

std::vector<StatementKind> classify_text(std::string_view text) {
    const std::vector<Node> nodes = read_nodes(text);
    std::vector<StatementKind> kinds;
    for (const auto& statement : split_nodes(nodes)) kinds.push_back(classify(split_chain(statement).front()).kind);
    return kinds;
}

}  // namespace sql
