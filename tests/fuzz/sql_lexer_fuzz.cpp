/// Any bytes: the tokens put together are the text, and what is built on them holds its promises.
// links: sql
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sql/lexer.hpp"
#include "sql/normalize.hpp"
#include "sql/quoting.hpp"
#include "sql/splitter.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_tokens(std::string_view text, bool& is_valid) {
    std::size_t offset = 0;
    for (const sql::Token& token : sql::tokenize(text)) {
        require(!token.text.empty());
        require(token.offset == offset);
        require(token.text.data() == text.data() + offset);
        offset += token.text.size();
        is_valid = is_valid && token.kind != sql::TokenKind::invalid;
        if (token.is_name()) (void)sql::identifier_value(token);
        if (token.kind == sql::TokenKind::string || token.kind == sql::TokenKind::dollar_string) {
            (void)sql::string_value(token);
        }
    }
    require(offset == text.size());
}

/// What was quoted is read back as it was.
void check_quoting(std::string_view text) {
    const std::string quoted = sql::quote_string(text);
    const auto tokens = sql::tokenize(quoted);
    require(tokens.size() == 1);
    if (tokens.front().kind == sql::TokenKind::string) require(sql::string_value(tokens.front()) == text);
    const std::string name = sql::quote_identifier(text);
    const auto names = sql::tokenize(name);
    require(names.size() == 1);
    if (names.front().kind == sql::TokenKind::quoted_identifier) require(sql::identifier_value(names.front()) == text);
    if (const auto parts = sql::parse_name(text)) {
        require(!parts->empty());
        const auto again = sql::parse_name(sql::quote_name(*parts));
        require(again.has_value() && *again == *parts);
    }
}

void check_normal_form(std::string_view text) {
    const std::string normal = sql::normalize(text);
    require(sql::normalize(normal) == normal);
    const auto before = sql::split_statements(text);
    const auto after = sql::split_statements(normal);
    require(before.size() == after.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    bool is_valid = true;
    check_tokens(text, is_valid);
    check_quoting(text);
    if (is_valid) check_normal_form(text);
    return 0;
}
