// What the guard costs a statement: every text is judged before it may run, on the worker.
// links: sql base
#include <benchmark/benchmark.h>

#include <string>

#include "sql/guard.hpp"

namespace {

void judge(benchmark::State& state, const std::string& text) {
    const sql::Policy policy;
    for (auto _ : state) {
        const sql::Verdict verdict = sql::judge_call(text, policy);
        if (!verdict.is_allowed()) state.SkipWithError("refused");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

/// As many columns as fit in `bytes`.
std::string long_statement(std::size_t bytes) {
    std::string text = "SELECT 0";
    for (int i = 0;; ++i) {
        const std::string column =
            ", UPPER(t.name_" + std::to_string(i) + ") || 'x' AS \"c " + std::to_string(i) + "\"";
        if (text.size() + column.size() + sizeof " FROM t" > bytes) break;
        text += column;
    }
    return text + " FROM t";
}

BENCHMARK_CAPTURE(judge, select_42, "SELECT 42");
BENCHMARK_CAPTURE(judge, group_by,
                  "SELECT origin, COUNT(*) AS n FROM transport.flights_3m WHERE delay > 15 GROUP BY 1 ORDER BY n DESC "
                  "LIMIT 10");
BENCHMARK_CAPTURE(judge, of_1_MiB, long_statement(std::size_t{1} << 20))->Unit(benchmark::kMillisecond);

}  // namespace
