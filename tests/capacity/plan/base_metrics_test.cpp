#include "capacity/plan/base_metrics.hpp"

#include <gtest/gtest.h>

#include "capacity/plan/options.hpp"

namespace capacity::plan {
namespace {

bench::Step step(int clients, double cpu, double memory, double avg) {
    bench::Step made;
    made.concurrent_clients = clients;
    made.ok = made.requests = 1000;
    made.latency_ms.avg = avg;
    made.cpu_usage = cpu;
    made.memory_mb = memory;
    made.memory_usage = memory / 40.96;  // of 4 GB
    return made;
}

/// Exactly: 20 MB and 0.5 MB a client, 10 ms x (1 + 0.1 x clients).
bench::BenchResult measured() {
    bench::BenchResult result;
    result.target.cpu_cores = 2;
    result.steps = {step(10, 12, 25, 20), step(20, 22, 30, 30), step(40, 60, 40, 50), step(80, 95, 60, 500)};
    result.sustainable = bench::Sustainable{.clients = 40, .limited_by = "CPU"};
    return result;
}

Inputs inputs(Given given = {}) {
    given.insert(given.begin(), {{"--clients", "25"}, {"--bench", "b.json"}});
    return *read_options(given);
}

std::string fault(const bench::BenchResult& result, Inputs in = inputs()) {
    const auto facts = apply_bench(in, result);
    return facts ? "accepted" : facts.error().message();
}

TEST(BaseMetrics, a_benchmark_replaces_what_was_assumed) {
    Inputs in = inputs();
    const auto facts = apply_bench(in, measured());
    ASSERT_TRUE(facts);
    EXPECT_EQ(in.profile.max_clients, 40);
    EXPECT_DOUBLE_EQ(in.profile.cpu_percent_per_client, 1.5);  // 60 % / 40
    EXPECT_NEAR(in.profile.memory_mb_per_client, 0.5, 1e-12);
    EXPECT_NEAR(*facts->idle_memory_mb, 20, 1e-9);
    EXPECT_NEAR(in.profile.response_ms_base, 10, 1e-9) << "the step beyond the sustainable load does not count";
    EXPECT_NEAR(in.profile.response_factor_client, 0.1, 1e-12);
    EXPECT_EQ(in.profile.cpu_cores, 2);
    EXPECT_NEAR(in.profile.memory_gb, 4, 1e-9);
    EXPECT_EQ(in.profile.monthly_cost_usd, 150) << "no benchmark measures a price";
    EXPECT_FALSE(facts->measured.contains("--instance-cost"));
}

TEST(BaseMetrics, what_was_given_by_hand_stays) {
    Inputs in = inputs({{"--max-clients-per-instance", "33"}, {"--cpu-per-client", "2"}});
    const auto facts = apply_bench(in, measured());
    ASSERT_TRUE(facts);
    EXPECT_EQ(in.profile.max_clients, 33);
    EXPECT_EQ(in.profile.cpu_percent_per_client, 2);
    EXPECT_FALSE(facts->measured.contains("--cpu-per-client"));
}

TEST(BaseMetrics, a_server_whose_metrics_are_not_known_keeps_the_assumed_figures) {
    bench::BenchResult result = measured();
    result.target.cpu_cores.reset();
    for (bench::Step& seen : result.steps) {
        seen.cpu_usage.reset(), seen.memory_mb.reset(), seen.memory_usage.reset();
    }
    Inputs in = inputs();
    const auto facts = apply_bench(in, result);
    ASSERT_TRUE(facts);
    EXPECT_EQ(in.profile.max_clients, 40);
    EXPECT_EQ(in.profile.memory_mb_per_client, 20);
    EXPECT_EQ(in.profile.cpu_cores, 4);
    EXPECT_FALSE(facts->idle_memory_mb);
}

TEST(BaseMetrics, one_step_tells_no_slope) {
    bench::BenchResult result = measured();
    result.steps.resize(1);
    result.sustainable->clients = 10;
    Inputs in = inputs();
    const auto facts = apply_bench(in, result);
    ASSERT_TRUE(facts);
    EXPECT_EQ(in.profile.response_factor_client, 0.05);
    EXPECT_FALSE(facts->memory_mb_per_client);
}

TEST(BaseMetrics, a_result_that_does_not_tell_it_is_refused) {
    bench::BenchResult result = measured();
    result.complete = false;
    result.why_partial = "stopped by Ctrl-C";
    EXPECT_EQ(fault(result), "b.json: the benchmark is partial (stopped by Ctrl-C): run it to its end");

    result = measured();
    result.open_loop = true;
    EXPECT_NE(fault(result).find("fixed rates"), std::string::npos);

    result = measured();
    result.sustainable.reset();
    EXPECT_NE(fault(result).find("give --max-clients-per-instance"), std::string::npos);
    EXPECT_EQ(fault(result, inputs({{"--max-clients-per-instance", "9"}})), "accepted");

    result = measured();
    for (bench::Step& seen : result.steps) {
        seen.ok = 0;
    }
    EXPECT_NE(fault(result).find("no step of the benchmark has a correct answer"), std::string::npos);
    result.steps.clear();
    EXPECT_NE(fault(result), "accepted");
}

}  // namespace
}  // namespace capacity::plan
