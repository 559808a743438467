#include "sql/keyword.hpp"

#include "sql/word_table.hpp"

namespace sql {

namespace {

#define SQL_KEYWORD(name, text) +1
constexpr std::size_t keyword_count = 0
#include "sql/keyword_list.inc"
    ;
#undef SQL_KEYWORD

constexpr auto make_table() {
    WordTable<Keyword, keyword_count, 1024> table;
#define SQL_KEYWORD(name, text) table.add(text, Keyword::name);
#include "sql/keyword_list.inc"
#undef SQL_KEYWORD
    return table;
}

constexpr auto table = make_table();

}  // namespace

Keyword keyword_of(std::string_view word) {
    const auto* row = table.find(word);
    return row == nullptr ? Keyword::none : row->value;
}

}  // namespace sql
