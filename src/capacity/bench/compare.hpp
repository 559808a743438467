/// Two results held against each other: is B faster, slower, the same, or can that not be told?
///
/// Place: `bench --compare A.json B.json`. Pure; the same inputs give the same verdict. Threads: none.
///
/// The test. Steps of the same load are compared by the ratio B / A of their rate of correct answers (mean over the
/// intervals) and of their p95 and p50 (mean of the intervals' own). The ratio's interval of confidence comes from a
/// bootstrap that draws blocks of neighbouring intervals (circular block bootstrap, length n^(1/3)), since neighbours
/// resemble each other; with three rounds or more, rounds are drawn first and blocks within them, so that what differs
/// from run to run is in it too. All comparisons of one call share the error (Bonferroni). A difference counts when
/// the interval excludes 1 *and* the ratio is farther from 1 than `threshold`. In an open loop the rate is given, and
/// only the times tell. Errors are compared as proportions (two-sided z test), and count from one percentage point on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "capacity/bench/result.hpp"

namespace capacity::bench {

struct CompareOptions {
    double confidence = 0.95;  ///< of all comparisons together
    double threshold = 0.05;   ///< the smallest difference that matters
    int resamples = 4000;
};

enum class Finding : std::uint8_t {
    better,
    worse,
    same,       ///< the whole interval lies within the threshold, or the difference is real but smaller
    undecided,  ///< the interval is too wide to tell, or there are fewer than five intervals
};
std::string_view to_string(Finding finding);  ///< "better", …

struct Comparison {
    std::string load;    ///< "25 clients", "500 requests/s"
    std::string figure;  ///< "requests/s", "p50", "p95", "errors"
    double a = 0;
    double b = 0;
    double ratio = 1;  ///< B / A
    double low = 1;    ///< of its interval
    double high = 1;
    Finding finding = Finding::undecided;
};

struct CompareResult {
    std::vector<Comparison> comparisons;
    std::vector<std::string> remarks;  ///< loads that only one has, partial results, other workloads
    Finding verdict = Finding::undecided;
    std::string text;  ///< the verdict as a sentence with test and confidence
};

/// Errors: `bad_argument` when no step of the two has the same load.
base::Result<CompareResult> compare(const BenchResult& a, const BenchResult& b, const CompareOptions& options);

std::string write_comparison(const CompareResult& result);       ///< for a terminal
std::string write_comparison_json(const CompareResult& result);  ///< {"verdict","text","comparisons":[…],"remarks":[…]}

}  // namespace capacity::bench
