/// A self-contained HTML page: one file without a script, a link or a request, for screens, phones and paper.
///
/// Place: the HTML output of bench, plan and report. Its style stands in it and its Content-Security-Policy allows that
/// style and nothing else. Every text given is escaped here (HTML, and what hides: control and bidi characters), so
/// callers pass plain text. Plots that follow each other share a row where there is room. Threads: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capacity/plot.hpp"

namespace capacity {

/// Plain text as text or attribute value of HTML.
std::string escape_html(std::string_view text);

/// How a figure is to be taken. Shown as colour, mark and word.
enum class Tone { plain, good, warning, critical, unknown };
std::string_view to_string(Tone tone);  ///< "good", …; of plain ""

/// One figure of a status: "CPU", "63 %", "of 4 cores, warning above 60 %".
struct PageCard {
    std::string name;
    std::string value;
    std::string note = {};
    Tone tone = Tone::plain;
};

struct PageColumn {
    std::string name;
    bool number = false;  ///< aligned right
};

class Page {
public:
    struct Head {
        std::string title;
        std::string subtitle = {};  ///< what it is about: a source, a time span
        std::string footer = {};    ///< who made it and when
    };

    explicit Page(Head head) : head_{std::move(head)} {}

    Page& heading(std::string_view text);
    Page& paragraph(std::string_view text);
    Page& list(const std::vector<std::string>& items);
    /// A remark in a box: "partial: …".
    Page& note(Tone tone, std::string_view text);
    Page& cards(const std::vector<PageCard>& cards);
    /// Rows as long as `columns`; missing cells stay empty. Wide tables scroll in their own box on a screen.
    Page& table(const std::vector<PageColumn>& columns, const std::vector<std::vector<std::string>>& rows);
    Page& plot(const Plot& plot);

    /// The whole document.
    std::string html();

private:
    void close_plots();
    std::string& body();

    Head head_;
    std::string body_;
    int plots_ = 0;
    bool in_plots_ = false;
};

}  // namespace capacity
