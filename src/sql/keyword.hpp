/// Words of Snowflake SQL that steer how a statement is read.
///
/// Place: splitter, classifier, guard. A keyword is only ever an unquoted word; whether it is one where it stands
/// (`get` may be a column) is for the reader to say. Threads: constant data.
#pragma once

#include <cstdint>
#include <string_view>

#include "sql/token.hpp"

namespace sql {

enum class Keyword : std::uint8_t {
    none,
#define SQL_KEYWORD(name, text) name,
#include "sql/keyword_list.inc"
#undef SQL_KEYWORD
};

/// The keyword that a word is, whatever its case; `none` for any other word.
Keyword keyword_of(std::string_view word);

/// The same for a token: quoted names, strings and the like are never keywords.
inline Keyword keyword_of(const Token& token) {
    return token.kind == TokenKind::word ? keyword_of(token.text) : Keyword::none;
}

}  // namespace sql
