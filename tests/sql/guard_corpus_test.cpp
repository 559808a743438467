#include "sql/guard_corpus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "sql/classifier.hpp"
#include "sql/guard.hpp"
#include "sql/lexer.hpp"

namespace sql::test {
namespace {

std::filesystem::path corpus_folder() { return std::filesystem::path{TEST_DATA_DIR} / "guard"; }

std::string where(const CorpusBlock& block) {
    return block.file + ":" + std::to_string(block.line) + " (" + block.technique + ")\n" + block.sql.substr(0, 2000);
}

TEST(GuardCorpus, gives_every_block_its_verdict_and_rule) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        ASSERT_TRUE(block.error.empty()) << block.error << " in " << where(block);
        const Verdict verdict = judge_call(block.sql, block.policy);
        EXPECT_EQ(verdict.is_allowed(), block.is_allowed) << verdict.rule << ": " << verdict.reason << "\n"
                                                          << where(block);
        EXPECT_EQ(verdict.rule, block.rule) << verdict.reason << "\n" << where(block);
        EXPECT_FALSE(verdict.reason.empty()) << where(block);
        if (!block.kind.empty()) EXPECT_EQ(to_string(verdict.kind), block.kind) << where(block);
        if (block.is_cacheable) EXPECT_EQ(verdict.is_cacheable, *block.is_cacheable) << where(block);
    }
}

TEST(GuardCorpus, is_large_and_balanced) {
    const auto blocks = read_corpus(corpus_folder());
    const auto allowed = static_cast<std::size_t>(
        std::count_if(blocks.begin(), blocks.end(), [](const CorpusBlock& block) { return block.is_allowed; }));
    EXPECT_GE(blocks.size(), 450U);
    EXPECT_GE(allowed, 200U);
    EXPECT_GE(blocks.size() - allowed, 200U);
}

TEST(GuardCorpus, has_no_statement_twice_under_one_policy) {
    std::set<std::string> seen;
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        const bool is_plain = block.policy.allowed_functions.empty() && !block.policy.allow_stage_reads &&
                              block.policy.allowed_commands == CommandSet::reads();
        if (is_plain) EXPECT_TRUE(seen.insert(block.sql).second) << where(block);
    }
}

/// Behind a refused statement nothing is saved: whatever is denied stays denied when a read stands before it.
TEST(GuardCorpus, denies_every_refused_text_behind_a_read) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        if (block.is_allowed || block.rule == rule::empty_text) continue;
        EXPECT_FALSE(judge_call("SELECT 1;\n" + block.sql, block.policy).is_allowed()) << where(block);
    }
}

/// Trailing semicolon, white space and comments change no verdict.
TEST(GuardCorpus, judges_a_read_the_same_with_a_semicolon_and_comments_around) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        if (!block.is_allowed) continue;
        const Verdict verdict =
            judge_call("-- a question\n/* by an analyst */ " + block.sql + "\n;\n-- end", block.policy);
        EXPECT_TRUE(verdict.is_allowed()) << verdict.rule << ": " << verdict.reason << "\n" << where(block);
    }
}

/// Every literal of a query stands where an expression could: with a call there, nothing unknown may pass.
void expect_no_call_passes(const CorpusBlock& block, std::string_view call, std::string_view rule_name) {
    for (const Token& token : significant_tokens(block.sql)) {
        if (token.kind != TokenKind::number && token.kind != TokenKind::string) continue;
        std::string changed = block.sql;
        changed.replace(token.offset, token.length(), " " + std::string{call} + " ");
        const Verdict verdict = judge_call(changed, block.policy);
        EXPECT_FALSE(verdict.is_allowed()) << changed << "\n" << where(block);
        // a name that IDENTIFIER() would build is refused first
        if (verdict.rule != rule::built_name) EXPECT_EQ(verdict.rule, rule_name) << changed << "\n" << where(block);
    }
}

TEST(GuardCorpus, denies_every_query_in_which_a_literal_becomes_a_call) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        const auto kinds = classify_text(block.sql);
        const bool is_query = kinds.size() == 1 &&
                              (kinds.front() == StatementKind::select || kinds.front() == StatementKind::with_select ||
                               kinds.front() == StatementKind::values);
        // The quantifiers of a pattern are no expressions; a policy may allow what is unknown here.
        const bool is_pattern = block.sql.find("PATTERN (") != std::string::npos;
        const bool is_plain = block.policy.allowed_functions.empty() && !block.policy.allow_stage_reads;
        if (!block.is_allowed || !is_query || is_pattern || !is_plain || block.sql.size() > 4000) continue;
        if (block.sql.find("->>") != std::string::npos) continue;
        expect_no_call_passes(block, "my_udf(1)", rule::unknown_function);
        expect_no_call_passes(block, "db.s.\"F\"()", rule::unknown_function);
        expect_no_call_passes(block, "SYSTEM$WAIT(1)", rule::system_function);
        expect_no_call_passes(block, "seq.NEXTVAL", rule::next_value);
    }
}

/// In place of a table, too.
TEST(GuardCorpus, denies_every_query_whose_table_becomes_a_write) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        const std::size_t from = block.sql.find("FROM t");
        if (!block.is_allowed || from == std::string::npos ||
            block.sql[from + 6 < block.sql.size() ? from + 6 : 0] != ' ')
            continue;
        for (const char* write :
             {"(DELETE FROM u)", "(CALL p())", "TABLE(p())", "(SELECT 1 INTO x)", "(SELECT 1 FOR UPDATE)"}) {
            std::string changed = block.sql;
            changed.replace(from + 5, 1, write);
            EXPECT_FALSE(judge_call(changed, block.policy).is_allowed()) << changed << "\n" << where(block);
        }
    }
}

bool has_doubt(std::string_view text) {
    const auto tokens = significant_tokens(text);
    return std::ranges::any_of(tokens, [](const Token& token) { return token.kind == TokenKind::invalid; });
}

/// Comments between all tokens hide nothing and change nothing.
TEST(GuardCorpus, judges_the_same_with_comments_between_all_tokens) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        if (has_doubt(block.sql) || block.sql.size() > 4000) continue;
        std::string changed;
        for (const Token& token : significant_tokens(block.sql)) {
            changed += token.text;
            changed += token.offset % 2 == 0 ? " /* ; ' \" */ " : " -- ' ; \" /*\n";
        }
        const Verdict verdict = judge_call(changed, block.policy);
        EXPECT_EQ(verdict.is_allowed(), block.is_allowed) << verdict.reason << "\n" << changed << "\n" << where(block);
        EXPECT_EQ(verdict.rule, block.rule) << verdict.reason << "\n" << changed << "\n" << where(block);
    }
}

/// Capitals or not, a word is the same word.
TEST(GuardCorpus, judges_the_same_in_capitals_and_in_small_letters) {
    for (const CorpusBlock& block : read_corpus(corpus_folder())) {
        if (has_doubt(block.sql) || block.sql.size() > 4000) continue;
        for (const bool is_upper : {true, false}) {
            std::string changed = block.sql;
            for (const Token& token : significant_tokens(block.sql)) {
                if (token.kind != TokenKind::word && token.kind != TokenKind::variable) continue;
                for (std::size_t i = token.offset; i < token.end_offset(); ++i) {
                    const auto c = static_cast<unsigned char>(changed[i]);
                    changed[i] = static_cast<char>(is_upper ? std::toupper(c) : std::tolower(c));
                }
            }
            const Verdict verdict = judge_call(changed, block.policy);
            EXPECT_EQ(verdict.rule, block.rule) << verdict.reason << "\n" << changed << "\n" << where(block);
        }
    }
}

TEST(GuardCorpus, reader_takes_keys_bytes_and_repeats) {
    const auto blocks =
        parse_corpus("x.test",
                     "# a comment\n\n== deny rule-a\ntechnique: t\nbytes: yes\nSELECT '{{0D}}{{2028}}'\n\n"
                     "== allow\ntechnique: u\nrepeat: 3\nkind: SELECT\nSELECT <<(>>1<<)>>\n");
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].line, 3U);
    EXPECT_EQ(blocks[0].rule, "rule-a");
    EXPECT_EQ(blocks[0].sql, "SELECT '\r\u2028'");
    EXPECT_EQ(blocks[1].line, 8U);
    EXPECT_EQ(blocks[1].sql, "SELECT (((1)))");
    EXPECT_EQ(blocks[1].kind, "SELECT");
    EXPECT_TRUE(blocks[1].is_allowed);
}

TEST(GuardCorpus, reader_names_what_is_malformed) {
    EXPECT_FALSE(parse_corpus("x.test", "== allow\nSELECT 1\n").front().error.empty());
    EXPECT_FALSE(parse_corpus("x.test", "== perhaps\ntechnique: t\nSELECT 1\n").front().error.empty());
    EXPECT_FALSE(parse_corpus("x.test", "== allow\ntechnique: t\ncommands: FLY\nSELECT 1\n").front().error.empty());
}

}  // namespace
}  // namespace sql::test
