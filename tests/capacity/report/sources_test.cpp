// What servers, Prometheus, benchmark files and kubectl tell, and what a report makes of it.
#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "capacity/report/bench_source.hpp"
#include "capacity/report/child_process.hpp"
#include "capacity/report/kubernetes.hpp"
#include "capacity/report/prometheus_source.hpp"
#include "capacity/report/server_source.hpp"

namespace capacity::report {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

Reading reading(double at, double requests, double cpu = 0) {
    return {.at = at, .uptime_seconds = at, .cpu_seconds = cpu, .cpu_cores = 2, .requests = requests, .errors = 0};
}

TEST(Reading, takes_the_figures_of_a_page) {
    const auto page = MetricsText::parse(
        "mcp_requests_total{method=\"a\"} 3\nmcp_requests_total{method=\"b\"} 4\nprocess_memory_bytes 50\n"
        "process_memory_limit_bytes 200\npool_connections_active{connection=\"x\"} 1\npool_connections_max 4\n");
    const auto read = reading_of(*page, 1);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->requests, 7);
    EXPECT_EQ(read->memory_percent(), 25);
    EXPECT_EQ(read->pool_percent(), 25);
    EXPECT_EQ(read->cpu_seconds, std::nullopt);
}

TEST(Reading, of_another_program_is_refused) { EXPECT_FALSE(reading_of(*MetricsText::parse("go_goroutines 12\n"), 1)); }

TEST(Change, is_the_difference_of_two_readings) {
    const auto change = between(reading(10, 100, 5), reading(12, 150, 6));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->requests_per_second(), 25);
    EXPECT_EQ(change->cpu_percent, 25);  // one second of CPU in two, of two cores
}

TEST(Change, over_a_restart_is_not_known) {
    EXPECT_FALSE(between(reading(10, 100), reading(12, 90)));
    EXPECT_FALSE(between(reading(10, 100, 9), reading(12, 100, 1)));
    EXPECT_FALSE(between(reading(10, 100), reading(10, 100)));
}

TEST(Servers, are_added_up_over_gaps) {
    const std::vector<Watched> watched = {
        {.address = "a", .readings = {reading(10, 0), reading(11, 10), std::nullopt, reading(13, 30)}, .trouble = "x"},
        {.address = "b",
         .readings = {reading(10, 0), reading(11, 10), reading(12, 20), reading(13, 30)},
         .trouble = ""}};
    Report report;
    reckon(watched, 1000ms, report);
    EXPECT_EQ(report.figures.instances, 2);
    EXPECT_DOUBLE_EQ(*report.figures.requests_per_second, 20);
    ASSERT_THAT(report.partial, SizeIs(1));
    EXPECT_THAT(report.partial[0], HasSubstr("a did not answer 1 of 4 times: x"));
    EXPECT_EQ(report.from, 10);
    EXPECT_EQ(report.to, 13);
}

TEST(Servers, that_were_started_anew_are_said) {
    Report report;
    reckon({{.address = "a",
             .readings = {reading(10, 50), reading(11, 60), reading(12, 3), reading(13, 13)},
             .trouble = ""}},
           1000ms, report);
    ASSERT_THAT(report.partial, SizeIs(1));
    EXPECT_THAT(report.partial[0], HasSubstr("started anew"));
    EXPECT_DOUBLE_EQ(*report.figures.requests_per_second, 10);
}

TEST(Prometheus, reads_a_matrix_with_values_that_are_no_numbers) {
    const auto answer =
        parse_prometheus(R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"a:1"},)"
                         R"("values":[[1,"1.5"],[2.5,"NaN"],[3,"+Inf"]]}]},"warnings":["slow"]})");
    ASSERT_TRUE(answer);
    ASSERT_THAT(answer->series, SizeIs(1));
    EXPECT_EQ(answer->series[0].points[0].y, 1.5);
    EXPECT_TRUE(std::isnan(answer->series[0].points[1].y));
    EXPECT_TRUE(std::isinf(answer->series[0].points[2].y));
    EXPECT_THAT(answer->warnings, SizeIs(1));
}

TEST(Prometheus, refuses_what_is_no_answer_of_it) {
    for (const char* text :
         {"", "<html>", "[]", "{}", R"({"status":"success"})",
          R"({"status":"success","data":{"resultType":"vector","result":[]}})",
          R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}})",
          R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}})"}) {
        EXPECT_FALSE(parse_prometheus(text)) << text;
    }
    const auto error = parse_prometheus(R"({"status":"error","errorType":"bad_data","error":"parse error"})");
    EXPECT_EQ(error.error().message(), "bad_data: parse error");
}

PrometheusPlan plan() {
    PrometheusPlan plan;
    plan.address = "http://x";
    plan.hours = 1;
    plan.end = 3600;
    return plan;
}

TEST(Prometheus, asks_for_the_job_quoted_and_for_a_label_that_is_one) {
    auto mine = plan();
    mine.job = "a\"}) or vector(1";
    const auto questions = questions_of(mine);
    ASSERT_TRUE(questions);
    EXPECT_EQ((*questions)[0].expression, "max by (instance) (up{job=\"a\\\"}) or vector(1\"})");
    mine.instance_label = "a) or vector(1";
    EXPECT_FALSE(questions_of(mine));
}

TEST(Prometheus, looks_over_five_minutes_where_the_time_is_long) {
    auto mine = plan();
    mine.hours = 24;
    EXPECT_EQ(mine.step_seconds(), 300);
    EXPECT_EQ(mine.window_seconds(), 300);
    mine.hours = 0.01;
    EXPECT_EQ(mine.step_seconds(), 1);
    EXPECT_EQ(mine.window_seconds(), 10);
}

PrometheusSeries series(std::string instance, std::vector<PlotPoint> points) {
    return {.labels = {{"instance", std::move(instance)}}, .points = std::move(points)};
}

TEST(Prometheus, counts_instances_and_sees_them_change) {
    PrometheusAnswers answers;
    answers["up"].series = {series("a", {{3574, 1}, {3587, 1}, {3600, 1}}), series("b", {{3587, 1}, {3600, 1}}),
                            series("c", {{3574, 1}, {3587, 1}, {3600, 0}})};
    answers["cpu"].series = {series("a", {{3600, 30}}), series("b", {{3600, 70}}), series("gone", {{100, 99}})};
    Report report;
    reckon(answers, plan(), report);
    EXPECT_EQ(report.figures.instances, 2);
    EXPECT_EQ(report.figures.instances_expected, 3);
    EXPECT_EQ(report.figures.cpu_percent, 70) << "what ended long ago is not now";
    ASSERT_THAT(report.events.events, SizeIs(2));
    EXPECT_EQ(report.events.events[0].from, 2);
    EXPECT_EQ(report.events.events[0].to, 3);
    EXPECT_THAT(report.notes[1], HasSubstr("highest 99 %"));
}

TEST(Kubernetes, reads_sizes_out_of_events) {
    const auto events = parse_kubernetes_events(
        R"({"items":[{"reason":"ScalingReplicaSet","message":"Scaled up replica set x-5 to 5 from 3","lastTimestamp":"2026-11-24T10:00:01Z",)"
        R"("involvedObject":{"kind":"Deployment","name":"d"}},)"
        R"({"reason":"SuccessfulRescale","message":"New size: 5; reason: cpu","eventTime":"2026-11-24T10:00:00Z","lastTimestamp":null,)"
        R"("involvedObject":{"kind":"HorizontalPodAutoscaler","name":"h"}},)"
        R"({"reason":"FailedGetResourceMetric","message":"no metrics","lastTimestamp":"2026-11-24T09:00:00Z",)"
        R"("involvedObject":{"kind":"HorizontalPodAutoscaler","name":"h"}},)"
        R"({"reason":"Pulled","message":"x","involvedObject":{"kind":"Pod","name":"p"}},7,{}]})");
    ASSERT_TRUE(events);
    ASSERT_THAT(*events, SizeIs(3));
    EXPECT_EQ((*events)[0].event, "FailedGetResourceMetric");
    EXPECT_EQ((*events)[1].to, 5);
    EXPECT_EQ((*events)[1].trigger, "cpu");
    EXPECT_EQ((*events)[2].from, 3);
    EXPECT_EQ((*events)[2].to, 5);
}

TEST(Kubernetes, refuses_what_is_no_list) {
    EXPECT_FALSE(parse_kubernetes_events("No resources found"));
    EXPECT_FALSE(parse_autoscalers("{\"items\":3}"));
    EXPECT_THAT(*parse_autoscalers("{\"items\":[]}"), IsEmpty());
}

TEST(ChildProcess, hands_back_what_it_printed) {
    EXPECT_EQ(*run_program("/bin/echo", {"a b", "$HOME"}, 5s), "a b $HOME\n");
}

TEST(ChildProcess, says_why_it_failed) {
    const auto failed = run_program("/bin/sh", {"-c", "echo first >&2; echo last >&2; exit 3"}, 5s);
    EXPECT_EQ(failed.error().message(), "last");
    EXPECT_FALSE(run_program("/no/such/program", {}, 5s));
}

TEST(ChildProcess, is_ended_with_its_children_when_its_time_is_over) {
    const auto late = run_program("/bin/sh", {"-c", "sleep 60 & sleep 60"}, 50ms);
    EXPECT_EQ(late.error().kind(), base::Kind::timeout);
}

TEST(ChildProcess, may_print_so_much_and_no_more) {
    const auto flood = run_program("/bin/sh", {"-c", "yes"}, 5s, 1 << 20);
    EXPECT_EQ(flood.error().kind(), base::Kind::overloaded);
}

TEST(Bench, gives_the_figures_of_its_greatest_load) {
    bench::BenchResult result;
    result.steps = {{.concurrent_clients = 50, .ok = 1, .requests_per_second = 900, .cpu_usage = 96},
                    {.concurrent_clients = 1, .ok = 1, .requests_per_second = 100, .cpu_usage = 10}};
    result.sustainable = {.clients = 10, .requests_per_second = 700};
    const Report report = report_of({{"one", result}});
    EXPECT_EQ(report.figures.cpu_percent, 96);
    EXPECT_EQ(report.figures.sustainable_requests_per_second, 700);
    EXPECT_EQ(report.trends[0].plot.series[0].points.front().x, 1) << "in the order of the load";
}

TEST(Bench, without_a_step_has_no_figures) {
    const Report report = report_of({{"none", {}}});
    EXPECT_EQ(report.figures.cpu_percent, std::nullopt);
}

}  // namespace
}  // namespace capacity::report
