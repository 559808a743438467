#include "capacity/metrics_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace capacity {
namespace {

MetricsText read(std::string_view text) {
    auto page = MetricsText::parse(text);
    EXPECT_TRUE(page) << (page ? "" : page.error().message());
    return page ? std::move(*page) : *MetricsText::parse("none 0");
}

std::string refusal(std::string_view text) {
    const auto page = MetricsText::parse(text);
    return page ? "" : page.error().message();
}

TEST(MetricsText, sums_a_name_over_its_label_sets) {
    const auto page = read(
        "# HELP mcp_requests_total Requests by method\n# TYPE mcp_requests_total counter\n"
        "mcp_requests_total{method=\"ping\"} 3\nmcp_requests_total{method=\"tools/call\"} 4.5 1795528800000\n"
        "other 1e3\n");
    EXPECT_EQ(page.sum("mcp_requests_total"), 7.5);
    EXPECT_EQ(page.sum("other"), 1000);
    EXPECT_EQ(page.sum("mcp_requests"), std::nullopt);
    EXPECT_EQ(page.samples()[1].label("method"), "tools/call");
}

TEST(MetricsText, reads_open_metrics_with_exemplars_and_stops_at_its_end) {
    const auto page = read(
        "# TYPE t histogram\nt_bucket{le=\"0.1\"} 8 # {trace_id=\"a b\"} 0.05 1.5\n"
        "t_bucket{le=\"+Inf\"} 10 # {trace_id=\"c\"} 2\nt_count 10\n# EOF\nnot a metric at all\n");
    EXPECT_EQ(page.samples().size(), 3U);
    ASSERT_EQ(page.buckets("t").size(), 2U);
    EXPECT_TRUE(std::isinf(page.buckets("t")[1].at_most));
}

TEST(MetricsText, reads_quoted_names_escapes_and_a_last_comma) {
    const auto page = read("{\"my.metric\", a=\"x\\\\y\\\"z\\n\",} +Inf\nm{ a = \"1\" , b=\"2\", }\t-4\r\n");
    EXPECT_EQ(page.samples()[0].name, "my.metric");
    EXPECT_EQ(page.samples()[0].label("a"), "x\\y\"z\n");
    EXPECT_TRUE(std::isinf(page.samples()[0].value));
    EXPECT_EQ(page.sum("m"), -4);
}

TEST(MetricsText, leaves_values_that_are_no_numbers_out_of_sums) {
    const auto page = read("m{a=\"1\"} NaN\nm{a=\"2\"} 5\nonly NaN\n");
    EXPECT_EQ(page.sum("m"), 5);
    EXPECT_EQ(page.sum("only"), std::nullopt);
}

TEST(MetricsText, names_the_line_that_is_no_metric) {
    EXPECT_EQ(refusal("a 1\n<html>\n"), "line 2 is no metric (it does not begin with a name): <html>");
    EXPECT_EQ(refusal("a one\n"), "line 1 is no metric (its value is no number): a one");
    EXPECT_EQ(refusal("a{b=\"c\" 1\n"),
              "line 1 is no metric (labels are not separated by commas or not closed): a{b=\"c\" 1");
    EXPECT_EQ(refusal("a{b=\"c\n"), "line 1 is no metric (a quote is not closed): a{b=\"c");
    EXPECT_EQ(refusal("a{b=\"c\",b=\"d\"} 1\n"), "line 1 is no metric (a label stands twice): a{b=\"c\",b=\"d\"} 1");
    EXPECT_EQ(refusal("a 1 2 3\n"), "line 1 is no metric (something stands behind its time): a 1 2 3");
    EXPECT_EQ(refusal("# nothing\n"), "no metric in it");
    EXPECT_EQ(refusal(""), "no metric in it");
}

TEST(MetricsText, shows_no_control_characters_of_a_stranger) {
    EXPECT_EQ(refusal("\x1b[31mred 1\n").find('\x1b'), std::string::npos);
}

TEST(MetricsText, takes_so_many_samples_and_no_more) {
    EXPECT_TRUE(MetricsText::parse("a 1\nb 2\n", 2));
    EXPECT_FALSE(MetricsText::parse("a 1\nb 2\nc 3\n", 2));
}

TEST(HistogramQuantile, interpolates_in_its_bucket) {
    const std::vector<HistogramBucketCount> buckets{{0.1, 50}, {0.2, 100}, {INFINITY, 100}};
    EXPECT_DOUBLE_EQ(*histogram_quantile(0.95, buckets), 0.19);
    EXPECT_DOUBLE_EQ(*histogram_quantile(0.25, buckets), 0.05);
}

TEST(HistogramQuantile, knows_of_the_last_bucket_only_where_it_begins) {
    EXPECT_DOUBLE_EQ(*histogram_quantile(0.95, {{0.1, 1}, {INFINITY, 100}}), 0.1);
    EXPECT_FALSE(histogram_quantile(0.95, {{INFINITY, 100}}).has_value() &&
                 std::isinf(*histogram_quantile(0.95, {{INFINITY, 100}})));
}

TEST(HistogramQuantile, of_nothing_is_nothing) {
    EXPECT_EQ(histogram_quantile(0.95, {}), std::nullopt);
    EXPECT_EQ(histogram_quantile(0.95, {{0.1, 0}, {INFINITY, 0}}), std::nullopt);
}

}  // namespace
}  // namespace capacity
