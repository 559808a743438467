#include "sql/lexer.hpp"

#include <gtest/gtest.h>

namespace sql {
namespace {

/// `kind[text]` of each significant token, parted by blanks.
std::string describe(std::string_view text) {
    std::string out;
    for (const Token& token : significant_tokens(text)) {
        if (!out.empty()) out.push_back(' ');
        out += token.kind == TokenKind::invalid ? "invalid" : std::string{to_string(token.kind)};
        out += "[" + std::string{token.text} + "]";
    }
    return out;
}

Invalid first_invalid(std::string_view text) {
    for (const Token& token : tokenize(text)) {
        if (token.kind == TokenKind::invalid) return token.invalid;
    }
    return Invalid::none;
}

std::string value_of(std::string_view text) {
    const auto tokens = significant_tokens(text);
    if (tokens.size() != 1) return "not one token";
    return tokens[0].is_name() ? identifier_value(tokens[0]) : string_value(tokens[0]);
}

TEST(Lexer, puts_together_the_text_it_read) {
    const std::string_view text = "SELECT /* c */ 'a''b' -- x\n, $$y$$ FROM @s/p \"q\"\"r\" ; \x01 \xFF";
    std::string again;
    std::size_t offset = 0;
    for (const Token& token : tokenize(text)) {
        EXPECT_EQ(token.offset, offset);
        again += token.text;
        offset += token.length();
    }
    EXPECT_EQ(again, text);
}

TEST(Lexer, ends_again_and_again) {
    Lexer lexer{" x "};
    EXPECT_EQ(lexer.next_significant().text, "x");
    EXPECT_EQ(lexer.next_significant().kind, TokenKind::end);
    EXPECT_EQ(lexer.next().kind, TokenKind::end);
    EXPECT_EQ(lexer.next().offset, 3U);
}

TEST(Lexer, does_not_nest_block_comments) {
    EXPECT_EQ(describe("/* a /* b */ c */"), "word[c] operator[*] operator[/]");
}

TEST(Lexer, reads_both_line_comments_up_to_the_line_end) {
    EXPECT_EQ(describe("a // b\nc -- d\r\ne"), "word[a] word[c] word[e]");
    EXPECT_EQ(tokenize("-- d\r\ne").front().text, "-- d");
}

TEST(Lexer, reads_strings_with_doubled_quotes_and_backslashes) {
    EXPECT_EQ(describe(R"('it''s' 'a\'b' 'c\\' x)"), R"(string['it''s'] string['a\'b'] string['c\\'] word[x])");
    EXPECT_EQ(value_of(R"('it''s')"), "it's");
    EXPECT_EQ(value_of(R"('a\'b\\c\nd\te\x41\u00e9\101\0f\q')"), std::string("a'b\\c\nd\teA\xC3\xA9"
                                                                             "A\0fq",
                                                                             16));
    EXPECT_EQ(value_of(R"('\ud83d\ude00')"), "\U0001F600");
    EXPECT_EQ(value_of(R"('\ud83d')"), "\uFFFD");
}

TEST(Lexer, takes_dollar_strings_as_they_stand) {
    EXPECT_EQ(describe("$$a'b\\$$ $$$$"), "dollar string[$$a'b\\$$] dollar string[$$$$]");
    EXPECT_EQ(value_of("$$a'b\\n$$"), "a'b\\n");
    EXPECT_EQ(value_of("$$$$"), "");
}

TEST(Lexer, folds_unquoted_names_and_keeps_quoted_ones) {
    EXPECT_EQ(value_of("My_Table$1"), "MY_TABLE$1");
    EXPECT_EQ(value_of("\"My \"\"Table\"\"\""), "My \"Table\"");
    EXPECT_EQ(describe("größe 数量"), "word[größe] word[数量]");
}

TEST(Lexer, tells_a_path_from_a_parameter) {
    EXPECT_EQ(describe("v:a"), "word[v] operator[:] word[a]");
    EXPECT_EQ(describe("$1:a"), "variable[$1] operator[:] word[a]");
    EXPECT_EQ(describe("SELECT :a"), "word[SELECT] parameter[:a]");
    EXPECT_EQ(describe("x = :1"), "word[x] operator[=] parameter[:1]");
    EXPECT_EQ(describe("(:a, ?)"), "punctuation[(] parameter[:a] punctuation[,] parameter[?] punctuation[)]");
    EXPECT_EQ(describe("{'a':b}"), "punctuation[{] string['a'] operator[:] word[b] punctuation[}]");
    EXPECT_EQ(describe("x::int"), "word[x] operator[::] word[int]");
    EXPECT_EQ(describe("x := 1"), "word[x] operator[:=] number[1]");
}

TEST(Lexer, reads_numbers) {
    EXPECT_EQ(describe("1 1.5 .5 1. 1e-3 1.5E+10 1e"),
              "number[1] number[1.5] number[.5] number[1.] number[1e-3] number[1.5E+10] number[1] word[e]");
    EXPECT_EQ(describe("WHERE .5<a"), "word[WHERE] number[.5] operator[<] word[a]");
    EXPECT_EQ(describe("t.$1"), "word[t] punctuation[.] variable[$1]");
}

TEST(Lexer, reads_stages_with_their_path) {
    EXPECT_EQ(describe("@~/a-b/c=1.csv x"), "stage[@~/a-b/c=1.csv] word[x]");
    EXPECT_EQ(describe("@%t @db.s.\"My Stage\"/x (a)"),
              "stage[@%t] stage[@db.s.\"My Stage\"/x] punctuation[(] word[a] punctuation[)]");
    EXPECT_EQ(describe("@s->>SELECT"), "stage[@s] operator[->>] word[SELECT]");
    EXPECT_EQ(describe("(@s)"), "punctuation[(] stage[@s] punctuation[)]");
}

TEST(Lexer, reads_the_longest_operator) {
    EXPECT_EQ(
        describe("a->>b->c=>d||e<>f!=g<=h>=i**j"),
        "word[a] operator[->>] word[b] operator[->] word[c] operator[=>] word[d] operator[||] word[e] "
        "operator[<>] word[f] operator[!=] word[g] operator[<=] word[h] operator[>=] word[i] operator[**] word[j]");
    EXPECT_EQ(describe("t.*"), "word[t] operator[.*]");
}

TEST(Lexer, names_what_does_not_end) {
    EXPECT_EQ(first_invalid("SELECT 'a"), Invalid::unterminated_string);
    EXPECT_EQ(first_invalid("SELECT 'a\\'"), Invalid::unterminated_string);
    EXPECT_EQ(first_invalid("SELECT \"a"), Invalid::unterminated_identifier);
    EXPECT_EQ(first_invalid("SELECT $$a$"), Invalid::unterminated_dollar_string);
    EXPECT_EQ(first_invalid("SELECT 1 /* a"), Invalid::unterminated_comment);
    EXPECT_EQ(first_invalid("FROM @\"s"), Invalid::unterminated_identifier);
}

TEST(Lexer, refuses_what_two_lexers_could_read_differently) {
    EXPECT_EQ(first_invalid("-- a\rb"), Invalid::ambiguous_line_end);
    EXPECT_EQ(first_invalid("-- a\u2028b"), Invalid::ambiguous_line_end);
    EXPECT_EQ(first_invalid("-- a\r  \nb"), Invalid::none) << "nothing stands behind the line end";
    EXPECT_EQ(first_invalid("a$$b"), Invalid::ambiguous_dollar);
    EXPECT_EQ(first_invalid("1$$b$$"), Invalid::ambiguous_dollar);
    EXPECT_EQ(first_invalid("$a$"), Invalid::ambiguous_dollar);
    EXPECT_EQ(first_invalid("@s//x"), Invalid::ambiguous_stage_path);
}

TEST(Lexer, refuses_characters_that_hide_or_start_nothing) {
    EXPECT_EQ(first_invalid(std::string_view{"a\0b", 3}), Invalid::control_character);
    EXPECT_EQ(first_invalid("/* \x1b */"), Invalid::control_character);
    EXPECT_EQ(first_invalid("\"a\x01\""), Invalid::control_character);
    EXPECT_EQ(first_invalid("a\u00A0b"), Invalid::invisible_character);
    EXPECT_EQ(first_invalid("-- \u202E"), Invalid::invisible_character);
    EXPECT_EQ(first_invalid("\u201Ca\u201D"), Invalid::unexpected_character);
    EXPECT_EQ(first_invalid("`a`"), Invalid::unexpected_character);
    EXPECT_EQ(first_invalid("'\xC0\xA7'"), Invalid::bad_utf8);
    EXPECT_EQ(first_invalid(std::string_view{"'a\0\x01 b'", 7}), Invalid::none) << "a string may hold anything";
    EXPECT_EQ(first_invalid("-- naïve 日本 😀"), Invalid::none);
}

TEST(Lexer, compares_words_whatever_their_case_but_never_quoted_names) {
    EXPECT_TRUE(significant_tokens("sElEcT").front().is_word("SELECT"));
    EXPECT_FALSE(significant_tokens("\"SELECT\"").front().is_word("SELECT"));
    EXPECT_FALSE(significant_tokens("SELECTS").front().is_word("SELECT"));
}

}  // namespace
}  // namespace sql
