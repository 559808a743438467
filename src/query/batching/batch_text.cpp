#include "query/batching/batch_text.hpp"

#include <algorithm>

#include "sql/classifier.hpp"
#include "sql/splitter.hpp"

namespace query {

namespace {

bool is_query(sql::StatementKind kind) {
    return kind == sql::StatementKind::select || kind == sql::StatementKind::with_select ||
           kind == sql::StatementKind::values;
}

/// Two lexers could disagree about it, or it needs something from outside the text.
bool is_doubtful(const sql::Node& node) {
    return node.token.kind == sql::TokenKind::invalid || node.token.kind == sql::TokenKind::dollar_string ||
           node.token.kind == sql::TokenKind::parameter;
}

}  // namespace

std::optional<std::string_view> batch_part(std::string_view text) {
    if (text.size() > longest_batched_text) return std::nullopt;
    const auto nodes = sql::read_nodes(text);
    const auto statements = sql::split_nodes(nodes);
    if (statements.size() != 1) return std::nullopt;
    const auto& statement = statements.front();
    if (std::ranges::any_of(statement, is_doubtful)) return std::nullopt;
    if (sql::split_chain(statement).size() != 1 || !is_query(sql::classify(statement).kind)) return std::nullopt;
    const auto part = sql::text_of(statement);
    if (part.find(';') != std::string_view::npos) return std::nullopt;  // in a string, a name or a comment
    return part;
}

std::string compose(std::span<const std::string> parts) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += "\n;\n";
        text += part;
    }
    return text;
}

}  // namespace query
