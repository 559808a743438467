#include "sql/splitter.hpp"

#include "sql/lexer.hpp"

namespace sql {

namespace {

/// Follows scripting blocks through the nodes of one statement.
class BlockDepth {
public:
    /// Looks at `nodes[index]`; `first` is the keyword that the statement starts with.
    void see(std::span<const Node> nodes, std::size_t index, Keyword first, bool is_first) {
        const Keyword keyword = nodes[index].keyword;
        if (index > 0 && (nodes[index - 1].token.is(".") || nodes[index - 1].token.is(":"))) return;
        switch (keyword) {
            case Keyword::declare_:
                if (is_first || depth_ > 0 || opens_body(nodes, index, first)) is_declaring_ = true;
                break;
            case Keyword::begin_:
                if (is_transaction(nodes, index)) break;
                if (is_first || depth_ > 0 || is_declaring_ || opens_body(nodes, index, first)) {
                    ++depth_;
                    is_declaring_ = false;
                }
                break;
            case Keyword::case_:
                if (depth_ > 0 && nodes[index - 1].keyword != Keyword::end_) ++depth_;
                break;
            case Keyword::end_:
                if (depth_ > 0 && !ends_loop(nodes, index)) --depth_;
                break;
            default: break;
        }
    }

    bool is_inside() const { return depth_ > 0 || is_declaring_; }

private:
    static Keyword after(std::span<const Node> nodes, std::size_t index) {
        return index + 1 < nodes.size() ? nodes[index + 1].keyword : Keyword::none;
    }

    /// BEGIN, BEGIN TRANSACTION, BEGIN WORK, BEGIN NAME x: no block.
    static bool is_transaction(std::span<const Node> nodes, std::size_t index) {
        if (index + 1 >= nodes.size()) return true;
        const Token& next = nodes[index + 1].token;
        if (next.is(";") || next.is("->>")) return true;
        const Keyword keyword = after(nodes, index);
        return keyword == Keyword::transaction_ || keyword == Keyword::work_ || keyword == Keyword::name_;
    }

    /// The body of a procedure, task or alert: CREATE … AS BEGIN, … THEN BEGIN, WITH p AS PROCEDURE … AS DECLARE.
    static bool opens_body(std::span<const Node> nodes, std::size_t index, Keyword first) {
        if (first != Keyword::create_ && first != Keyword::alter_ && first != Keyword::with_) return false;
        const Keyword before = index > 0 ? nodes[index - 1].keyword : Keyword::none;
        return before == Keyword::as_ || before == Keyword::then_;
    }

    /// END IF, END FOR, END LOOP, …: what they close was not counted.
    static bool ends_loop(std::span<const Node> nodes, std::size_t index) {
        switch (after(nodes, index)) {
            case Keyword::if_:
            case Keyword::for_:
            case Keyword::while_:
            case Keyword::loop_:
            case Keyword::repeat_: return true;
            default: return false;
        }
    }

    int depth_ = 0;
    bool is_declaring_ = false;
};

}  // namespace

std::vector<Node> read_nodes(std::string_view text) {
    std::vector<Node> nodes;
    nodes.reserve(text.size() / 4 + 8);
    Lexer lexer{text};
    for (Token token = lexer.next_significant(); token.kind != TokenKind::end; token = lexer.next_significant()) {
        nodes.push_back({token, keyword_of(token)});
    }
    return nodes;
}

std::vector<std::span<const Node>> split_nodes(std::span<const Node> nodes) {
    std::vector<std::span<const Node>> statements;
    std::size_t start = 0;
    BlockDepth blocks;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (nodes[i].token.is(";") && !blocks.is_inside()) {
            if (i > start) statements.push_back(nodes.subspan(start, i - start));
            start = i + 1;
            blocks = {};
            continue;
        }
        blocks.see(nodes, i, nodes[start].keyword, i == start);
    }
    if (nodes.size() > start) statements.push_back(nodes.subspan(start));
    return statements;
}

std::vector<std::span<const Node>> split_chain(std::span<const Node> statement) {
    std::vector<std::span<const Node>> links;
    std::size_t start = 0;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < statement.size(); ++i) {
        const Token& token = statement[i].token;
        if (token.kind != TokenKind::punctuation && token.kind != TokenKind::op) continue;
        if (token.is("(") || token.is("[") || token.is("{")) {
            ++depth;
        } else if (token.is(")") || token.is("]") || token.is("}")) {
            depth -= depth > 0 ? 1 : 0;
        } else if (depth == 0 && token.is("->>")) {
            links.push_back(statement.subspan(start, i - start));
            start = i + 1;
        }
    }
    links.push_back(statement.subspan(start));
    return links;
}

std::string_view text_of(std::span<const Node> nodes) {
    if (nodes.empty()) return {};
    const char* first = nodes.front().token.text.data();
    const Token& last = nodes.back().token;
    return {first, static_cast<std::size_t>(last.text.data() + last.text.size() - first)};
}

std::vector<std::string_view> split_statements(std::string_view text) {
    const std::vector<Node> nodes = read_nodes(text);
    std::vector<std::string_view> statements;
    for (const auto& statement : split_nodes(nodes)) statements.push_back(text_of(statement));
    return statements;
}

}  // namespace sql
