#include "capacity/page.hpp"

#include <gmock/gmock.h>

#include <string>

#include "base/encoding.hpp"

namespace capacity {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(EscapeHtml, leaves_no_character_of_markup_and_nothing_hidden) {
    EXPECT_EQ(escape_html("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    EXPECT_EQ(escape_html("\xE2\x80\xAE"), "\\u{202E}");
}

TEST(Page, allows_its_own_style_and_nothing_else) {
    const std::string html = Page{{.title = "t"}}.html();
    const auto from = html.find("<style>") + 7;
    const auto hash = base::sha256(std::string_view{html}.substr(from, html.find("</style>") - from));
    const std::string text = base::base64({reinterpret_cast<const char*>(hash.data()), hash.size()});
    EXPECT_THAT(html, HasSubstr("default-src 'none'; style-src 'sha256-" + text + "'"));
    for (const char* what : {"<script", "http:", "https:", "javascript:", " style=", " on"}) {
        EXPECT_THAT(html.substr(html.find("<body>")), Not(HasSubstr(what)));
    }
}

TEST(Page, escapes_every_text_it_is_given) {
    const std::string bad = "<script>\"'&";
    Page page{{.title = bad, .subtitle = bad, .footer = bad}};
    page.heading(bad).paragraph(bad).list({bad}).note(Tone::warning, bad);
    page.cards({{.name = bad, .value = bad, .note = bad, .tone = Tone::critical}});
    page.table({{.name = bad}}, {{bad, "beyond the columns"}, {}});
    page.plot({.title = bad, .description = bad, .x = {.label = bad}, .y = {.label = bad}});
    const std::string html = page.html();
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("beyond")));
}

TEST(Page, says_a_tone_in_words) {
    Page page{{.title = "t"}};
    page.cards({{.name = "CPU", .value = "90 %", .tone = Tone::critical}});
    EXPECT_THAT(page.html(), HasSubstr("critical</div>"));
}

TEST(Page, puts_neighbouring_plots_in_one_grid_with_ids_of_their_own) {
    Page page{{.title = "t"}};
    const Plot plot{.title = "p", .description = "d", .x = {}, .y = {}};
    page.plot(plot).plot(plot).heading("next").plot(plot);
    const std::string html = page.html();
    EXPECT_THAT(html, HasSubstr("plot-1-title"));
    EXPECT_THAT(html, HasSubstr("plot-3-title"));
    std::size_t grids = 0;
    for (auto at = html.find("<div class=\"plots\">"); at != std::string::npos;
         at = html.find("<div class=\"plots\">", at + 1)) {
        ++grids;
    }
    EXPECT_EQ(grids, 2U);
}

}  // namespace
}  // namespace capacity
