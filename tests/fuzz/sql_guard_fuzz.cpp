/// Any bytes: the guard answers, and what it lets through keeps its promises.
// links: sql
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sql/classifier.hpp"
#include "sql/guard.hpp"
#include "sql/lexer.hpp"
#include "sql/normalize.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool has_invalid_token(std::string_view text) {
    for (const sql::Token& token : sql::tokenize(text)) {
        if (token.kind == sql::TokenKind::invalid) return true;
    }
    return false;
}

void check_allowed(std::string_view text, const sql::Verdict& verdict, const sql::Policy& policy) {
    require(!has_invalid_token(text));
    require(sql::is_read(verdict.kind));
    require(policy.allowed_commands.contains(verdict.kind));
    // The cache key means the same, so it is judged the same.
    const sql::Verdict normal = sql::judge_call(sql::normalize(text), policy);
    require(normal.is_allowed() && normal.kind == verdict.kind && normal.is_cacheable == verdict.is_cacheable);
    // Nothing rides along.
    require(!sql::judge_call(std::string{text} + "\n; DROP TABLE t", policy).is_allowed());
    require(!sql::judge_call(std::string{text} + "\n->> DROP TABLE t", policy).is_allowed());
    require(!sql::judge_call("EXPLAIN DELETE FROM t; " + std::string{text}, policy).is_allowed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const sql::Policy policy;
    const auto verdicts = sql::judge(text, policy);
    require(verdicts.size() == sql::classify_text(text).size());
    for (const sql::Verdict& verdict : verdicts) {
        require(!verdict.rule.empty() && !verdict.reason.empty());
        require(verdict.offset + verdict.length <= text.size());
        require(verdict.is_allowed() || !verdict.is_cacheable);
        if (verdict.is_allowed()) require(!has_invalid_token(text));
    }
    const sql::Verdict call = sql::judge_call(text, policy);
    require(call.is_allowed() == (verdicts.size() == 1 && verdicts.front().is_allowed()));
    if (call.is_allowed()) check_allowed(text, call, policy);

    sql::Policy open;
    open.allow_stage_reads = true;
    open.allowed_functions = *sql::parse_functions("*");
    open.allowed_commands =
        *sql::parse_commands("SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN, LIST, INSERT, MERGE, CREATE, CALL");
    const auto opened = sql::judge(text, open);
    require(opened.size() == verdicts.size());
    // A wider policy takes nothing away.
    for (std::size_t i = 0; i < opened.size(); ++i) require(!verdicts[i].is_allowed() || opened[i].is_allowed());
    return 0;
}
