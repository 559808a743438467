#include "scaling/status.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace scaling {
namespace {

using testing::HasSubstr;

Judged of(Signal signal, const Figures& figures) {
    for (const Judged& one : judge_all(figures)) {
        if (one.signal == signal) return one;
    }
    return {};
}

TEST(Status, judges_each_figure_strictly_beyond_the_guides_bounds) {
    const auto cpu = [](double value) { return of(Signal::cpu, {.cpu_percent = value}).level; };
    EXPECT_EQ(cpu(60), Level::good);
    EXPECT_EQ(cpu(60.1), Level::warning);
    EXPECT_EQ(cpu(80), Level::warning);
    EXPECT_EQ(cpu(80.1), Level::critical);
    EXPECT_EQ(of(Signal::memory, {.memory_percent = 75.1}).level, Level::warning);
    EXPECT_EQ(of(Signal::memory, {.memory_percent = 85.1}).level, Level::critical);
    EXPECT_EQ(of(Signal::p95, {.p95_ms = 2001}).level, Level::warning);
    EXPECT_EQ(of(Signal::p95, {.p95_ms = 5001}).level, Level::critical);
    EXPECT_EQ(of(Signal::pool, {.pool_percent = 80.1}).level, Level::warning);
    EXPECT_EQ(of(Signal::pool, {.pool_percent = 90.1}).level, Level::critical);
    EXPECT_EQ(of(Signal::queue, {.queue_length = 50}).level, Level::good);
    EXPECT_EQ(of(Signal::queue, {.queue_length = 51}).level, Level::warning);
    EXPECT_EQ(of(Signal::errors, {.error_percent = 1.5}).level, Level::warning);
    EXPECT_EQ(of(Signal::errors, {.error_percent = 2.5}).level, Level::critical);
}

TEST(Status, wants_three_instances_and_all_that_are_expected) {
    EXPECT_EQ(of(Signal::instances, {.instances = 0}).level, Level::critical);
    EXPECT_EQ(of(Signal::instances, {.instances = 2}).level, Level::warning);
    EXPECT_EQ(of(Signal::instances, {.instances = 3}).level, Level::good);
    const Judged missing = of(Signal::instances, {.instances = 4, .instances_expected = 5});
    EXPECT_EQ(missing.level, Level::warning);
    EXPECT_THAT(missing.why, HasSubstr("4 of 5 answer"));
}

TEST(Status, bounds_the_rate_by_what_was_measured) {
    EXPECT_EQ(of(Signal::requests, {.requests_per_second = 1e6}).level, Level::good);
    const auto rate = [](double value) {
        return of(Signal::requests, {.requests_per_second = value, .sustainable_requests_per_second = 1000}).level;
    };
    EXPECT_EQ(rate(800), Level::good);
    EXPECT_EQ(rate(801), Level::warning);
    EXPECT_EQ(rate(1001), Level::critical);
}

TEST(Status, is_critical_where_requests_wait_and_none_is_answered) {
    EXPECT_EQ(of(Signal::requests, {.requests_per_second = 0, .queue_length = 3}).level, Level::critical);
    EXPECT_EQ(of(Signal::requests, {.requests_per_second = 0, .queue_length = 0}).level, Level::good);
}

TEST(Status, knows_what_it_does_not_know) {
    for (const Judged& one : judge_all({})) EXPECT_EQ(one.level, Level::unknown) << to_string(one.signal);
    EXPECT_EQ(of(Signal::cpu, {.cpu_percent = NAN}).level, Level::unknown);
    EXPECT_EQ(worse(Level::unknown, Level::warning), Level::warning);
    EXPECT_EQ(worse(Level::critical, Level::unknown), Level::critical);
}

TEST(Status, takes_other_thresholds) {
    const std::array<Threshold, 1> mine{{{.signal = Signal::cpu, .warning = 10, .critical = 20}}};
    const auto judged = judge_all({.cpu_percent = 15}, mine);
    ASSERT_EQ(judged.size(), 1U);
    EXPECT_EQ(judged[0].level, Level::warning);
}

TEST(Recommendations, put_the_gravest_first) {
    const Figures figures{.instances = 2, .cpu_percent = 95, .error_percent = 1.5};
    const auto all = recommend(judge_all(figures), figures);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].level, Level::critical);
    EXPECT_THAT(all[0].text, HasSubstr("CPU"));
    EXPECT_THAT(all[1].text, HasSubstr("minimum replica count"));
}

TEST(Recommendations, say_when_there_is_nothing_to_do) {
    const Figures figures{.instances = 3, .instances_expected = 3, .cpu_percent = 30};
    const auto all = recommend(judge_all(figures), figures);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].level, Level::good);
    EXPECT_EQ(recommend(judge_all({}), {})[0].level, Level::unknown);
}

TEST(Recommendations, name_what_does_not_answer_and_what_is_not_needed) {
    const Figures missing{.instances = 4, .instances_expected = 5};
    EXPECT_THAT(recommend(judge_all(missing), missing)[0].text, HasSubstr("1 of 5 instances do not answer"));
    const Figures idle{.instances = 10, .cpu_percent = 3};
    EXPECT_THAT(recommend(judge_all(idle), idle)[0].text, HasSubstr("fewer would do"));
}

}  // namespace
}  // namespace scaling
