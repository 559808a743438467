#include "capacity/bench/result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "capacity/bench/advice.hpp"
#include "capacity/bench/compare.hpp"
#include "capacity/bench/output.hpp"
#include "capacity/bench/recorder.hpp"
#include "capacity/bench/sampler.hpp"
#include "capacity/bench/workload.hpp"
#include "capacity/bench/zipf.hpp"

namespace capacity::bench {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

Step step(int clients, double rate, double p95, double cpu, double errors = 0) {
    Step step;
    step.concurrent_clients = clients;
    step.seconds = 10;
    step.requests = 1000;
    step.failed = static_cast<std::uint64_t>(errors * 10);
    step.ok = step.requests - step.failed;
    step.requests_per_second = rate;
    step.error_rate = errors;
    step.latency_ms.p95 = p95;
    step.latency_ms.p50 = p95 / 2;
    step.cpu_usage = cpu;
    step.memory_usage = 10;
    return step;
}

/// Intervals whose rates scatter by `noise` around `rate`, and times around `ms`.
void scatter(Step& step, double rate, double ms, double noise, std::uint64_t seed, int count = 30, int round = 0) {
    Random random{seed};
    for (int i = 0; i < count; ++i) {
        const double factor = 1 + noise * (2 * random.uniform() - 1);
        Interval interval;
        interval.round = round;
        interval.at = i;
        interval.seconds = 1;
        interval.ok = static_cast<std::uint64_t>(rate * factor);
        interval.p50_ms = ms / factor;
        interval.p95_ms = 2 * ms / factor;
        step.intervals.push_back(interval);
    }
}

BenchResult measured(double rate, double ms, double noise, std::uint64_t seed) {
    BenchResult result;
    result.steps.push_back(step(10, rate, 2 * ms, 20));
    scatter(result.steps.back(), rate, ms, noise, seed);
    return result;
}

TEST(BenchResult, what_is_written_reads_back_the_same) {
    BenchResult result;
    result.complete = false;
    result.why_partial = "stopped \"here\"";
    result.target = {"http", "http://h/mcp", "2026-07-28", true, "s 1", 2.0};
    result.workload_requests = {"tools/call a"};
    result.open_loop = true;
    result.rounds = 3;
    result.steps.push_back(step(5, 123.456, 7.5, 12.25));
    result.steps[0].target_rate = 150;
    result.steps[0].errors.push_back({"HTTP 503", true, 3, "busy"});
    result.steps[0].refused_latency_ms = Latency{.avg = 1};
    result.steps[0].histogram = {{0.5, 3}, {1.25, 4}};
    result.steps[0].advice = Advice::scale_out;
    scatter(result.steps[0], 100, 1, 0.1, 1, 3);
    result.sustainable = Sustainable{5, 123.5, 4, 98.8, "CPU"};
    result.usl = UslTerms{1, 0.1, 0.001, 0.99, 30.0, std::nullopt};
    const std::string text = write_bench_result(result);
    const auto read = parse_bench_result(text, "r.json");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(write_bench_result(*read), text);
    EXPECT_EQ(read->steps[0].errors[0].count, 3U);
    EXPECT_FALSE(read->steps[0].pool_active);
    EXPECT_FALSE(read->usl->peak_requests_per_second);
}

TEST(BenchResult, other_files_are_refused_with_the_reason) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "not JSON"},
        {"{}", "\"format\""},
        {R"({"format":"snowflake-mcp-bench","version":2})", "version is 2"},
        {R"({"format":"snowflake-mcp-bench","version":1,"steps":[{"ok":-1}]})", "\"ok\""},
        {R"({"format":"snowflake-mcp-bench","version":1,"steps":[{"latency_ms":3}]})", "\"latency_ms\""},
        {R"({"format":"snowflake-mcp-bench","version":1,"steps":[1]})", "\"steps\""},
        {R"({"format":"snowflake-mcp-bench","version":1,"steps":[{"histogram":[[1]]}]})", "histogram"},
    };
    for (const auto& [text, why] : cases) {
        const auto read = parse_bench_result(text, "r.json");
        ASSERT_FALSE(read) << text;
        EXPECT_THAT(read.error().message(), HasSubstr(why)) << text;
    }
    EXPECT_FALSE(read_bench_result("/nonexistent/r.json"));
    EXPECT_FALSE(read_bench_result("/tmp"));
    EXPECT_FALSE(read_workload("/tmp"));
}

TEST(BenchResult, csv_has_the_columns_that_scripts_know_and_says_when_it_is_partial) {
    BenchResult result;
    result.steps = {step(1, 10, 5, 20), step(5, 40, 6, 30)};
    result.steps[1].cpu_usage.reset();
    std::istringstream lines{write_csv(result)};
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line,
              "concurrent_clients,requests_per_second,avg_response_time,p95_response_time,error_rate,cpu_usage,"
              "memory_usage,p50,p99,p99.9,max");
    std::getline(lines, line);
    EXPECT_EQ(line, "1,10.000,0.0000,5.0000,0.0000,20.00,10.00,2.5000,0.0000,0.0000,0.0000");
    std::getline(lines, line);
    EXPECT_EQ(line, "5,40.000,0.0000,6.0000,0.0000,,10.00,3.0000,0.0000,0.0000,0.0000");
    EXPECT_FALSE(std::getline(lines, line));
    result.complete = false;
    result.why_partial = "stopped";
    EXPECT_TRUE(write_csv(result).ends_with("# partial: stopped\n"));
}

TEST(Advice, follows_the_limits_of_the_guide) {
    BenchResult result;
    result.steps = {step(1, 10, 5, 20), step(5, 50, 5, 69.9), step(10, 60, 5, 70), step(25, 60, 2000, 30),
                    step(50, 60, 10, 30, 1.0)};
    conclude(result);
    EXPECT_EQ(result.steps[0].advice, Advice::fine);
    EXPECT_EQ(result.steps[1].advice, Advice::fine);
    EXPECT_EQ(result.steps[2].advice, Advice::scale_up);
    EXPECT_EQ(result.steps[3].advice, Advice::scale_out);
    EXPECT_EQ(result.steps[4].advice, Advice::look);
    ASSERT_TRUE(result.sustainable);
    EXPECT_EQ(result.sustainable->clients, 5);
    EXPECT_EQ(result.sustainable->scale_out_clients, 4);
    EXPECT_THAT(result.sustainable->limited_by, HasSubstr("CPU 70.0 %"));
}

TEST(Advice, refused_requests_ask_for_more_instances) {
    BenchResult result;
    result.steps = {step(10, 50, 5, 20, 5)};
    std::swap(result.steps[0].refused, result.steps[0].failed);
    conclude(result);
    EXPECT_EQ(result.steps[0].advice, Advice::scale_out);
    EXPECT_FALSE(result.sustainable);
}

TEST(Advice, a_step_in_which_nothing_ended_is_the_limit_unless_it_was_stopped) {
    BenchResult result;
    result.steps = {step(1, 10, 5, 20), step(2, 0, 0, 1)};
    result.steps[1].requests = result.steps[1].ok = 0;
    conclude(result);
    EXPECT_EQ(result.steps[1].advice, Advice::look);
    EXPECT_THAT(result.steps[1].advice_text, HasSubstr("no request ended"));
    ASSERT_TRUE(result.sustainable);
    EXPECT_EQ(result.sustainable->limited_by, "no correct answer");
    result.steps[1].complete = false;
    conclude(result);
    EXPECT_EQ(result.sustainable->limited_by, "");
    result.complete = false;
    EXPECT_THAT(describe_sustainable(result), HasSubstr("ended early"));
    result.steps[0].cpu_usage.reset();
    EXPECT_THAT(describe_sustainable(result), HasSubstr("not known"));
}

TEST(Advice, eighty_percent_is_cut_to_whole_clients) {
    for (const auto& [clients, trigger] : {std::pair{1, 0}, {5, 4}, {10, 8}, {25, 20}, {50, 40}, {100, 80}, {7, 5}}) {
        BenchResult result;
        result.steps = {step(clients, 10, 5, 20)};
        conclude(result);
        EXPECT_EQ(result.sustainable->scale_out_clients, trigger) << clients;
        EXPECT_EQ(result.sustainable->limited_by, "");
    }
}

TEST(Compare, tells_a_slower_a_faster_and_an_equal_server_apart) {
    const auto verdict = [](double rate, double ms, double noise) {
        return compare(measured(1000, 10, noise, 1), measured(rate, ms, noise, 2), {})->verdict;
    };
    EXPECT_EQ(verdict(800, 12.5, 0.05), Finding::worse);
    EXPECT_EQ(verdict(1300, 7.7, 0.05), Finding::better);
    EXPECT_EQ(verdict(1000, 10, 0.02), Finding::same);
    EXPECT_EQ(verdict(1020, 9.8, 0.02), Finding::same) << "real, but below the threshold";
    EXPECT_EQ(verdict(1000, 10, 0.9), Finding::undecided) << "too noisy to tell";
    EXPECT_EQ(verdict(1300, 13, 0.05), Finding::undecided) << "more answers, but later ones";
}

TEST(Compare, equal_servers_are_rarely_told_apart) {
    int wrong = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto found = compare(measured(1000, 10, 0.3, 2 * seed + 10), measured(1000, 10, 0.3, 2 * seed + 11),
                                   {.threshold = 0, .resamples = 500});
        wrong += found->verdict == Finding::better || found->verdict == Finding::worse ? 1 : 0;
    }
    EXPECT_LE(wrong, 12);
}

TEST(Compare, rounds_that_differ_widen_the_interval) {
    const auto in_rounds = [](double spread) {
        BenchResult result;
        result.rounds = 3;
        result.steps.push_back(step(10, 1000, 10, 20));
        for (int round = 0; round < 3; ++round) {
            scatter(result.steps[0], 1000 * (1 + spread * (round - 1)), 10, 0.01, 7, 20, round);
        }
        return result;
    };
    const auto width = [&](double spread) {
        const auto found = compare(in_rounds(spread), in_rounds(spread), {});
        return found->comparisons[0].high - found->comparisons[0].low;
    };
    EXPECT_GT(width(0.2), 5 * width(0.0));
}

TEST(Compare, more_errors_are_worse_and_other_loads_are_no_comparison) {
    auto a = measured(1000, 10, 0.02, 1);
    auto b = measured(1000, 10, 0.02, 2);
    b.steps[0].failed = 30;
    b.steps[0].error_rate = 3;
    EXPECT_EQ(compare(a, b, {})->verdict, Finding::worse);
    b.steps[0].concurrent_clients = 11;
    const auto none = compare(a, b, {});
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message(), HasSubstr("no step of the same load"));
}

TEST(Compare, states_its_test_and_confidence) {
    const auto found = compare(measured(1000, 10, 0.02, 1), measured(1000, 10, 0.02, 2), {});
    EXPECT_THAT(found->text, HasSubstr("bootstrap"));
    EXPECT_THAT(found->text, HasSubstr("95 % confidence"));
    EXPECT_THAT(write_comparison(*found), HasSubstr("--rounds 3"));
    EXPECT_THAT(write_comparison_json(*found), HasSubstr("\"verdict\":\"same\""));
}

TEST(Recorder, latencies_are_of_what_began_in_the_window_and_rates_of_what_ended_in_it) {
    const TimePoint start{};
    Recorder recorder{{start + 1s, start + 3s, 1s}};
    recorder.ok(start + 900ms, start + 1100ms);   // began before, ended in it
    recorder.ok(start + 1500ms, start + 1700ms);  // in it
    recorder.ok(start + 2900ms, start + 5s);      // ended after
    recorder.not_ok(start + 2s, start + 2100ms, {Outcome::refused, "HTTP 503", "busy"});
    const Step step = recorder.step(0);
    EXPECT_EQ(step.ok, 2U);
    EXPECT_EQ(step.refused, 1U);
    EXPECT_EQ(step.requests, 3U);
    ASSERT_EQ(step.intervals.size(), 2U);
    EXPECT_EQ(step.intervals[0].ok, 2U);
    EXPECT_EQ(step.intervals[1].ok, 0U);
    EXPECT_EQ(step.intervals[1].refused, 1U);
    EXPECT_NEAR(latency_of(recorder.latencies()).max, 2100, 0.001);
    EXPECT_EQ(recorder.refused_latencies().count(), 1U);
    EXPECT_TRUE(step.errors[0].refused);
}

TEST(Recorder, a_window_that_is_cut_keeps_what_was_before) {
    const TimePoint start{};
    Recorder recorder{{start, start + 10s, 1s}};
    recorder.ok(start + 100ms, start + 200ms);
    recorder.ok(start + 2100ms, start + 2200ms);
    recorder.cut(start + 2500ms);
    const Step step = recorder.step(0);
    ASSERT_EQ(step.intervals.size(), 3U);
    EXPECT_DOUBLE_EQ(step.seconds, 2.5);
    EXPECT_DOUBLE_EQ(step.intervals[2].seconds, 0.5);
    EXPECT_EQ(step.intervals[2].ok, 1U);
}

TEST(Sampler, reads_a_metrics_page) {
    const Sample sample = read_metrics(
        "# HELP process_cpu_seconds_total CPU.\n# TYPE process_cpu_seconds_total counter\n"
        "process_cpu_seconds_total 12.5\nprocess_cpu_limit_cores 2\nprocess_memory_bytes 1.048576e+08\n"
        "process_memory_limit_bytes 209715200\npool_connections_active{connection=\"a b\"} 2\n"
        "pool_connections_active{connection=\"}c\"} 3 1700000000\nmcp_request_queue_length 7\nbroken{ 3\n",
        TimePoint{});
    EXPECT_EQ(sample.cpu_seconds, 12.5);
    EXPECT_EQ(sample.cpu_cores, 2);
    EXPECT_EQ(sample.memory_mb, 100);
    EXPECT_EQ(sample.memory_limit_mb, 200);
    EXPECT_EQ(sample.pool_active, 5);
    EXPECT_EQ(sample.queue_length, 7);
    EXPECT_FALSE(sample.pool_max);
    EXPECT_FALSE(read_metrics("<html>no</html>", TimePoint{}).cpu_seconds);
    EXPECT_EQ(read_metrics("process_resident_memory_bytes 1048576\n", TimePoint{}).memory_mb, 1);
}

TEST(Sampler, cpu_of_a_step_is_what_was_used_between_its_ends) {
    std::vector<Sample> samples;
    for (int i = 0; i <= 10; ++i) {
        Sample sample{TimePoint{} + std::chrono::seconds{i}};
        sample.cpu_seconds = i <= 5 ? 100.0 : 100.0 + (i - 5) * 1.5;  // idle, then 1.5 cores
        sample.cpu_cores = 2;
        sample.memory_mb = i;
        sample.memory_limit_mb = 100;
        sample.queue_length = i;
        samples.push_back(sample);
    }
    Step step;
    step.intervals = {{.round = 0, .at = 0, .seconds = 2}};
    fill(step, 0, {TimePoint{} + 6s, TimePoint{} + 9s, 1s}, samples);
    EXPECT_NEAR(*step.cpu_usage, 75, 0.01);
    EXPECT_NEAR(*step.cpu_seconds, 4.5, 0.01);
    EXPECT_EQ(step.memory_usage, 9);
    EXPECT_EQ(step.queue_length, 7.5);
    EXPECT_EQ(step.queue_max, 9);
    EXPECT_NEAR(*step.intervals[0].cpu_usage, 75, 0.01);
    EXPECT_FALSE(step.pool_active);
}

}  // namespace
}  // namespace capacity::bench
