#include "capacity/plan/writers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <sstream>

#include "capacity/plan/options.hpp"
#include "capacity/plan/text.hpp"

namespace capacity::plan {
namespace {

Plan planned(const Given& given, std::vector<PastMonth> past = {}) {
    using namespace std::chrono;
    return *make_plan(*read_options(given), std::nullopt, std::move(past), year{2026} / 11 / 24);
}

const Given guide{{"--clients", "25"}, {"--growth", "0.15"}, {"--months", "12"}};

TEST(PlanWriters, json_has_the_documented_members_in_front) {
    const std::string text = write_json(planned(guide));
    const auto plan = boost::json::parse(text);
    const auto& first = plan.at("months").at(0).as_object();
    std::vector<std::string> names;
    for (const auto& [name, value] : first) {
        names.emplace_back(name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"month", "date", "clients", "instances", "cpu_cores", "memory_gb",
                                               "monthly_cost_usd"}));
    EXPECT_EQ(plan.at("months").as_array().size(), 12u);
    EXPECT_EQ(plan.at("milestones").as_array().size(), 3u);
    EXPECT_FALSE(plan.at("recommendations").as_array().empty());
    EXPECT_EQ(plan.at("months").at(11).at("monthly_cost_usd").as_int64(), 600) << "a whole number stays one";
    EXPECT_TRUE(text.ends_with("}\n"));
    for (const char* part : {"growth", "target", "pool", "memory", "base_metrics", "snowflake", "configuration"}) {
        EXPECT_TRUE(plan.as_object().contains(part)) << part;
    }
}

TEST(PlanWriters, both_memories_are_shown_wherever_a_person_reads) {
    const Plan plan = planned(guide);
    for (const std::string& text : {write_text(plan), write_markdown(plan), write_html(plan, "")}) {
        EXPECT_NE(text.find("Memory by formula"), std::string::npos);
        EXPECT_NE(text.find("Memory, this build"), std::string::npos);
    }
    const auto json = boost::json::parse(write_json(plan));
    EXPECT_GT(json.at("memory").at("formula").at("memory_mb").to_number<double>(), 0);
    EXPECT_GT(json.at("memory").at("measured").at("memory_mb").to_number<double>(), 0);
}

TEST(PlanWriters, text_is_in_columns_and_markdown_tables_have_as_many_cells_everywhere) {
    const Plan plan = planned(guide);
    EXPECT_NE(write_text(plan).find("     12  2027-11      133          4         16            8        $600\n"),
              std::string::npos)
        << write_text(plan);
    std::istringstream lines{write_markdown(plan)};
    long cells = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('|')) {
            cells = 0;
            continue;
        }
        const long here = std::count(line.begin(), line.end(), '|');
        EXPECT_TRUE(cells == 0 || here == cells) << line;
        cells = here;
    }
}

TEST(PlanWriters, the_name_of_a_history_is_no_markup) {
    const std::string name = "a|b<script>*x*\x1b[1m.csv";
    std::vector<PastMonth> past{
        {.month = 24'000, .clients = 5}, {.month = 24'001, .clients = 6}, {.month = 24'002, .clients = 8}};
    const Plan plan = planned({{"--history", name}, {"--months", "2"}}, past);
    EXPECT_NE(write_markdown(plan).find("a\\|b\\<script\\>\\*x\\*"), std::string::npos);
    EXPECT_EQ(write_html(plan, "").find("<script>"), std::string::npos);
    for (const std::string& text : {write_text(plan), write_markdown(plan), write_html(plan, "")}) {
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
    }
}

TEST(PlanWriters, html_is_one_page_without_a_script_or_a_link) {
    const std::string page = write_html(planned(guide), "made <here>");
    EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
    EXPECT_NE(page.find("<svg"), std::string::npos);
    EXPECT_NE(page.find("made &lt;here&gt;"), std::string::npos);
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("http://") == std::string::npos || page.find("src=") == std::string::npos, true);
}

TEST(PlanWriters, env_has_a_line_a_setting_and_else_comments) {
    const Plan plan = planned(guide);
    std::istringstream lines{write_env(plan)};
    std::vector<std::string> settings;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) {
            settings.push_back(line);
        }
    }
    ASSERT_EQ(settings.size(), plan.settings.size());
    for (std::size_t i = 0; i < settings.size(); ++i) {
        EXPECT_EQ(settings[i], plan.settings[i].name + "=" + plan.settings[i].value);
    }
    EXPECT_NE(write_env(plan).find("STATE_KEYS"), std::string::npos) << "several instances need it";
    EXPECT_EQ(write_env(planned({{"--clients", "5"}})).find("STATE_KEYS"), std::string::npos);
}

TEST(PlanText, numbers_as_people_read_them) {
    EXPECT_EQ(number(1164), "1,164");
    EXPECT_EQ(number(-1234567.5), "-1,234,567.5");
    EXPECT_EQ(number(0.05), "0.05");
    EXPECT_EQ(number(-0.001), "0");
    EXPECT_EQ(number(999), "999");
    EXPECT_EQ(number(2.999, 1), "3");
    EXPECT_EQ(dollars(5100), "$5,100");
    EXPECT_EQ(dollars(-12.5), "-$12.50");
    EXPECT_EQ(counted(1, "instance"), "1 instance");
    EXPECT_EQ(counted(1200, "instance"), "1,200 instances");
}

}  // namespace
}  // namespace capacity::plan
