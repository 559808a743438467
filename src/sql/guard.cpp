#include "sql/guard.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "sql/classifier.hpp"
#include "sql/lexer.hpp"
#include "sql/look_alike.hpp"
#include "sql/query_scan.hpp"
#include "sql/splitter.hpp"

namespace sql {

namespace {

std::string_view rule_of(Invalid reason) {
    switch (reason) {
        case Invalid::unterminated_string:
        case Invalid::unterminated_identifier:
        case Invalid::unterminated_dollar_string:
        case Invalid::unterminated_comment: return rule::unterminated;
        case Invalid::control_character: return rule::control_character;
        case Invalid::bad_utf8: return rule::bad_utf8;
        case Invalid::invisible_character: return rule::invisible_character;
        case Invalid::ambiguous_line_end: return rule::ambiguous_line_end;
        case Invalid::ambiguous_dollar: return rule::ambiguous_dollar;
        case Invalid::ambiguous_stage_path: return rule::ambiguous_stage_path;
        case Invalid::none:
        case Invalid::unexpected_character: break;
    }
    return rule::unexpected_character;
}

std::string line_of(std::string_view text, std::size_t offset) {
    return "line " +
           std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

/// What makes the whole text doubtful.
std::optional<Refusal> find_doubt(std::string_view text, std::span<const Node> nodes) {
    for (const Node& node : nodes) {
        const Token& token = node.token;
        if (token.kind == TokenKind::invalid) {
            return Refusal{rule_of(token.invalid),
                           std::string{to_string(token.invalid)} + " (" + line_of(text, token.offset) + ")"};
        }
        if (token.has_non_ascii && token.kind == TokenKind::word && is_look_alike(token.text)) {
            return Refusal{rule::look_alike_letters, "the word " + shown(token.text) + " (" +
                                                         line_of(text, token.offset) +
                                                         ") looks like a keyword but is spelled with other letters"};
        }
    }
    return std::nullopt;
}

Refusal refuse_command(StatementKind kind, std::span<const Node> link, std::size_t main) {
    const std::string name{to_string(kind)};
    switch (kind) {
        case StatementKind::unknown: {
            const std::string word = main < link.size() ? shown(to_upper(link[main].token.text)) : "nothing";
            return {rule::unknown_statement, "no statement that this server knows starts with " + word};
        }
        case StatementKind::anonymous_procedure:
            return {rule::anonymous_procedure, "WITH ... AS PROCEDURE runs statements that can't be judged"};
        case StatementKind::scripting:
        case StatementKind::execute_immediate:
            return {rule::command_not_allowed,
                    name + " runs statements that can't be judged; send the statement itself"};
        case StatementKind::use:
        case StatementKind::set:
        case StatementKind::unset:
        case StatementKind::alter_session:
        case StatementKind::begin:
        case StatementKind::commit:
        case StatementKind::rollback:
            return {rule::command_not_allowed, name + " changes the session, which other clients share"};
        default: return {rule::command_not_allowed, name + " is not allowed here; ALLOWED_SQL_COMMANDS can name it"};
    }
}

ScanMode mode_of(StatementKind kind) {
    switch (kind) {
        case StatementKind::select:
        case StatementKind::with_select:
        case StatementKind::values: return ScanMode::read;
        case StatementKind::show:
        case StatementKind::describe: return ScanMode::metadata;
        case StatementKind::list: return ScanMode::listing;
        case StatementKind::insert:
        case StatementKind::update:
        case StatementKind::delete_:
        case StatementKind::merge:
        case StatementKind::call: return ScanMode::change;
        default: return ScanMode::definition;
    }
}

struct LinkVerdict {
    StatementKind kind = StatementKind::unknown;
    std::optional<Refusal> refusal;
    bool is_volatile = false;
};

LinkVerdict judge_link(std::span<const Node> link, const Policy& policy, bool is_explained);

/// EXPLAIN [USING TEXT] statement: what it explains is judged too.
LinkVerdict judge_explained(std::span<const Node> link, std::size_t explain, const Policy& policy) {
    std::size_t inner = explain + 1;
    if (inner < link.size() && link[inner].keyword == Keyword::using_) {
        const bool is_format = inner + 1 < link.size() &&
                               std::ranges::any_of(std::array{"TABULAR", "JSON", "TEXT"}, [&](std::string_view format) {
                                   return link[inner + 1].token.is_word(format);
                               });
        if (!is_format) {
            return {StatementKind::explain,
                    Refusal{rule::unknown_statement, "EXPLAIN USING takes TABULAR, JSON or TEXT"}, false};
        }
        inner += 2;
    }
    LinkVerdict verdict = judge_link(link.subspan(std::min(inner, link.size())), policy, true);
    if (verdict.refusal) verdict.refusal->reason = "EXPLAIN of a statement that is refused: " + verdict.refusal->reason;
    verdict.kind = StatementKind::explain;
    return verdict;
}

LinkVerdict judge_link(std::span<const Node> link, const Policy& policy, bool is_explained) {
    const Classified found = classify(link);
    LinkVerdict verdict{.kind = found.kind, .refusal = std::nullopt, .is_volatile = false};
    const bool is_nested_explain = is_explained && found.kind == StatementKind::explain;
    if (is_nested_explain || !policy.allowed_commands.contains(found.kind) || !may_be_allowed(found.kind)) {
        verdict.refusal = refuse_command(is_nested_explain ? StatementKind::unknown : found.kind, link, found.main);
        return verdict;
    }
    if (found.kind == StatementKind::explain) return judge_explained(link, found.main, policy);
    const bool describes_result = found.kind == StatementKind::describe && found.main + 1 < link.size() &&
                                  link[found.main + 1].keyword == Keyword::result_;
    if (describes_result) {
        verdict.refusal =
            Refusal{rule::other_results, "DESCRIBE RESULT may show another client's result, since sessions are shared"};
        return verdict;
    }
    QueryScan scan{link, mode_of(found.kind), policy};
    verdict.refusal = scan.run();
    verdict.is_volatile = scan.is_volatile();
    return verdict;
}

Verdict deny(StatementKind kind, Refusal refusal) {
    return {.kind = kind, .decision = Decision::deny, .rule = refusal.rule, .reason = std::move(refusal.reason)};
}

Verdict judge_statement(std::span<const Node> statement, const Policy& policy) {
    Verdict verdict{.decision = Decision::allow, .rule = rule::allowed, .reason = "only reads", .is_cacheable = true};
    const auto links = split_chain(statement);
    for (std::size_t i = 0; i < links.size(); ++i) {
        if (links[i].empty()) return deny(verdict.kind, {rule::incomplete_chain, "a ->> chain with an empty link"});
        LinkVerdict link = judge_link(links[i], policy, false);
        if (link.refusal) return deny(link.kind, std::move(*link.refusal));
        if (i == 0) verdict.kind = link.kind;
        if (!is_read(link.kind)) verdict.reason = "ALLOWED_SQL_COMMANDS names " + std::string{to_string(link.kind)};
        const bool may_be_kept = is_read(link.kind) && link.kind != StatementKind::list && !link.is_volatile;
        verdict.is_cacheable = verdict.is_cacheable && may_be_kept;
    }
    return verdict;
}

}  // namespace

std::string_view to_string(Decision decision) { return decision == Decision::allow ? "allow" : "deny"; }

namespace {

Verdict refuse_size(std::string_view text, const Policy& policy) {
    Verdict verdict =
        deny(StatementKind::unknown,
             {rule::too_large, "the text is longer than " + std::to_string(policy.max_text_bytes) + " bytes"});
    verdict.length = text.size();
    return verdict;
}

Verdict judge_one(std::span<const Node> statement, const std::optional<Refusal>& doubt, const Policy& policy) {
    Verdict verdict =
        doubt ? deny(classify(split_chain(statement).front()).kind, *doubt) : judge_statement(statement, policy);
    verdict.offset = statement.front().token.offset;
    verdict.length = text_of(statement).size();
    return verdict;
}

}  // namespace

std::vector<Verdict> judge(std::string_view text, const Policy& policy) {
    if (text.size() > policy.max_text_bytes) return {refuse_size(text, policy)};
    const std::vector<Node> nodes = read_nodes(text);
    const std::optional<Refusal> doubt = find_doubt(text, nodes);
    std::vector<Verdict> verdicts;
    for (const auto& statement : split_nodes(nodes)) verdicts.push_back(judge_one(statement, doubt, policy));
    return verdicts;
}

Verdict judge_call(std::string_view text, const Policy& policy) {
    if (text.size() > policy.max_text_bytes) return refuse_size(text, policy);
    const std::vector<Node> nodes = read_nodes(text);
    const auto statements = split_nodes(nodes);
    if (statements.empty()) return deny(StatementKind::unknown, {rule::empty_text, "the text holds no statement"});
    const std::optional<Refusal> doubt = find_doubt(text, nodes);
    // Where a doubt is, even how many statements there are is doubtful.
    if (doubt || statements.size() == 1) return judge_one(statements.front(), doubt, policy);
    Verdict verdict = deny(classify(split_chain(statements.front()).front()).kind,
                           {rule::several_statements,
                            "the text holds " + std::to_string(statements.size()) + " statements; send one a call"});
    verdict.length = text.size();
    return verdict;
}

}  // namespace sql
