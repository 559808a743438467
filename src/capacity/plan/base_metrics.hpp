/// What a benchmark measured, in place of the base metrics that were assumed.
///
/// Place: `plan --bench`. Pure: the result was read by bench/result.hpp.
///
/// clients an instance: the largest step that kept the limits (CPU < 70 %, memory < 75 %, p95 < 2 s, errors < 1 %);
/// CPU a client: that step's CPU / its clients; memory a client and of the idle server: the line through all steps'
/// memory; response time: the line through all steps' average, up to the sustainable one. A client of a closed-loop
/// benchmark asks without a pause: it stands for several people.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "capacity/bench/result.hpp"
#include "capacity/plan/inputs.hpp"

namespace capacity::plan {

struct BenchFacts {
    std::string file;
    std::string server;  ///< as it calls itself
    std::string started_at;
    std::optional<double> idle_memory_mb;                      ///< of the line, at no client
    std::optional<double> memory_mb_per_client;                ///< its slope
    std::map<std::string, std::string, std::less<>> measured;  ///< option that was replaced, and how
};

/// Changes of `inputs` what was not given by hand. Errors (`bad_argument`): a partial result, one at fixed rates (it
/// tells rates, not clients), no step with a correct answer, none that kept the limits where the clients an instance
/// takes were not given.
base::Result<BenchFacts> apply_bench(Inputs& inputs, const bench::BenchResult& result);

}  // namespace capacity::plan
