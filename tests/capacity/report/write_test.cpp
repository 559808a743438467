#include "capacity/report/write.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <cmath>
#include <string>

#include "capacity/report/mail.hpp"

namespace capacity::report {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string hostile = "<script>\"'|`[x](y)\x1b[31m\xE2\x80\xAE\n# h";

Report sample(const std::string& name) {
    Report report{.source = "prometheus", .about = {name}, .from = 1795500000, .to = 1795528800};
    report.made_at = "2026-11-24T15:00:00Z";
    report.generator = "snowflake-mcp test";
    report.partial = {name};
    report.figures = {.instances = 1, .cpu_percent = 85};
    report.notes = {name};
    report.instances = {{.name = name, .up = true, .cpu_percent = 85}};
    report.trends = {{.id = "cpu",
                      .plot = {.title = name,
                               .description = "",
                               .x = {.label = name},
                               .y = {.label = name},
                               .series = {{.name = name, .points = {{1, 2}, {2, NAN}, {3, INFINITY}}}}}}};
    report.tables = {{.title = name, .columns = {{.name = name}}, .rows = {{name}}}};
    report.events = {.state = Events::State::failed,
                     .why = name,
                     .events = {{.time = name, .object = name, .event = name, .trigger = name, .from = 3, .to = 5}},
                     .autoscalers = {{.name = name, .current = 3}}};
    report.advice = {name};
    return report;
}

TEST(WriteReport, escapes_a_strangers_words_in_html) {
    const std::string html = write_html(sample(hostile));
    for (const char* what : {"<script", "\x1b", "\xE2\x80\xAE"}) EXPECT_THAT(html, Not(HasSubstr(what)));
    EXPECT_THAT(html, HasSubstr("partial: &lt;script&gt;"));
}

TEST(WriteReport, escapes_a_strangers_words_in_markdown) {
    const std::string text = write_markdown(sample(hostile));
    for (const char* what : {"<script", "\x1b", "\xE2\x80\xAE", "[x](", "\n# h"})
        EXPECT_THAT(text, Not(HasSubstr(what)));
}

TEST(WriteReport, is_json_with_null_for_what_is_no_number) {
    boost::system::error_code failed;
    const auto parsed = boost::json::parse(write_json(sample(hostile)), failed);
    ASSERT_FALSE(failed);
    EXPECT_EQ(parsed.at("instances").at(0).at("name").as_string(), hostile);
    EXPECT_TRUE(parsed.at("trends").at(0).at("series").at(0).at("points").at(1).at(1).is_null());
    EXPECT_FALSE(parsed.at("complete").as_bool());
    EXPECT_EQ(parsed.at("level").as_string(), "critical");
    EXPECT_EQ(parsed.at("from").as_string(), "2026-11-24T06:00:00Z");
    EXPECT_EQ(parsed.at("scaling_events").at("events").at(0).at("to").as_int64(), 5);
}

TEST(WriteReport, sums_itself_up_for_a_mail) {
    const std::string text = write_summary(sample("x"));
    EXPECT_THAT(text, HasSubstr("CPU                  85 %         critical"));
    EXPECT_THAT(text, HasSubstr("Partial: x"));
}

TEST(WriteReport, takes_an_empty_report) {
    EXPECT_THAT(write_html({}), HasSubstr("Recommendations"));
    EXPECT_THAT(write_markdown({}), HasSubstr("## Recommendations"));
    EXPECT_THAT(write_json({}), HasSubstr("\"status\":["));
}

TEST(IsoTime, has_bounds) {
    EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(iso_time(NAN), "-");
    EXPECT_EQ(iso_time(1e300), "-");
}

TEST(MailAddress, holds_nothing_that_ends_a_header_or_a_command) {
    EXPECT_TRUE(check_address("ops.team+x@mail.example.com"));
    for (const char* bad :
         {"", "x", "@x", "x@", "a b@c", "x@y\r\nBcc: z@w", "<x@y>", "x@y,z@w", "x@y@z", "-x@y", "\"x\"@y"}) {
        EXPECT_FALSE(check_address(bad)) << bad;
    }
}

TEST(MailServer, is_checked_without_a_word_of_its_password) {
    for (const char* bad : {"", "http://u:hidden@x", "smtp://", "u:hidden@x", "smtp://u:hidden@x:port"}) {
        const auto checked = check_server({.url = base::Secret{bad}});
        ASSERT_FALSE(checked) << bad;
        EXPECT_THAT(checked.error().message(), HasSubstr("SMTP_URL"));
        EXPECT_THAT(checked.error().message(), Not(HasSubstr("hidden")));
    }
    EXPECT_TRUE(check_server({.url = base::Secret{"smtps://u:p%40@mail.example.com:465"}}));
    EXPECT_FALSE(check_server({.url = base::Secret{"smtp://x"}, .from = "nobody"}));
}

}  // namespace
}  // namespace capacity::report
