#include "capacity/page.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace capacity {
namespace {

/// Colours are variables: one set for white screens and for paper, one for dark screens.
constexpr std::string_view style = R"(
:root{color-scheme:light dark;--back:#fff;--card:#f5f6f8;--text:#1c1e21;--pale:#5a6068;--rule:#d5d9de;
--good:#1a7f37;--warning:#9a5b00;--critical:#b3121d;--unknown:#5a6068;
--s1:#0072b2;--s2:#c44e00;--s3:#007f5f;--s4:#a8458a;--s5:#8a6d00;--s6:#2f7fb8;--s7:#5c5c5c;--s8:#9e2a2b}
@media screen and (prefers-color-scheme:dark){:root{--back:#14171a;--card:#20252b;--text:#e6e8eb;--pale:#a3abb5;
--rule:#3a424b;--good:#5fd07f;--warning:#f0b35a;--critical:#ff8a84;--unknown:#a3abb5;
--s1:#5db8f0;--s2:#ff9a57;--s3:#3fcfa3;--s4:#e49acb;--s5:#d9bd4a;--s6:#8ccbf5;--s7:#b5b5b5;--s8:#f0908f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:1.5rem 1.25rem 3rem;background:var(--back);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--rule)}
p,ul{margin:.5rem 0}ul{padding-left:1.25rem}li{margin:.3rem 0}
.about,footer{color:var(--pale)}footer{margin-top:2.5rem;font-size:.875rem}
.note{border-left:5px solid var(--rule);background:var(--card);padding:.6rem .9rem;margin:.75rem 0;border-radius:4px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(45%,16rem),1fr));gap:.75rem;margin:.75rem 0}
.card{background:var(--card);border-left:5px solid var(--rule);border-radius:4px;padding:.6rem .8rem;min-width:0}
.card .name{font-size:.875rem;color:var(--pale)}.card .value{font-size:1.35rem;font-weight:600;line-height:1.3}
.card .about{font-size:.8125rem}
.tone{font-size:.8125rem;font-weight:600;text-transform:uppercase;letter-spacing:.03em}
.good{border-left-color:var(--good)}.good .tone{color:var(--good)}
.warning{border-left-color:var(--warning)}.warning .tone{color:var(--warning)}
.critical{border-left-color:var(--critical)}.critical .tone{color:var(--critical)}
.unknown .tone{color:var(--unknown)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.25rem;margin:.75rem 0}
figure{margin:0;min-width:0;max-width:44rem}figcaption{font-weight:600;margin-bottom:.25rem}
svg{display:block;width:100%;height:auto}
.wide{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--rule);overflow-wrap:normal}
th{color:var(--pale);font-weight:600}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.text{fill:var(--text)}.halo{stroke:var(--back)}.grid{stroke:var(--rule)}.axis{stroke:var(--pale)}.level{stroke:var(--critical)}
.series-1{stroke:var(--s1)}.series-2{stroke:var(--s2)}.series-3{stroke:var(--s3)}.series-4{stroke:var(--s4)}
.series-5{stroke:var(--s5)}.series-6{stroke:var(--s6)}.series-7{stroke:var(--s7)}.series-8{stroke:var(--s8)}
.fill-1{fill:var(--s1)}.fill-2{fill:var(--s2)}.fill-3{fill:var(--s3)}.fill-4{fill:var(--s4)}
.fill-5{fill:var(--s5)}.fill-6{fill:var(--s6)}.fill-7{fill:var(--s7)}.fill-8{fill:var(--s8)}
@media print{@page{size:A4;margin:15mm}
:root{color-scheme:light}
body{max-width:none;padding:0;font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
h1{font-size:17pt}h2{font-size:13pt;break-after:avoid}
.cards{grid-template-columns:repeat(4,1fr)}.plots{grid-template-columns:1fr 1fr}
.card,figure,.note,tr,li{break-inside:avoid}thead{display:table-header-group}
.wide{overflow:visible}table{font-size:8.5pt}th,td{padding:.2rem .35rem}}
)";

void open_toned(std::string& out, std::string_view element, std::string_view name, Tone tone) {
    out += fmt::format("<{} class=\"{}{}{}\">", element, name, tone == Tone::plain ? "" : " ", to_string(tone));
}

void tone_word(std::string& out, std::string_view element, Tone tone) {
    constexpr std::string_view marks[] = {"", "\u2713 ", "! ", "\u2715 ", "? "};
    if (tone == Tone::plain) return;
    out += fmt::format("<{0} class=\"tone\">{1}{2}</{0}>", element, marks[static_cast<int>(tone)], to_string(tone));
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : base::escape_untrusted(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out.push_back(c);
        }
    }
    return out;
}

std::string_view to_string(Tone tone) {
    switch (tone) {
        case Tone::plain: return "";
        case Tone::good: return "good";
        case Tone::warning: return "warning";
        case Tone::critical: return "critical";
        case Tone::unknown: return "unknown";
    }
    return "";
}

std::string& Page::body() {
    close_plots();
    return body_;
}

void Page::close_plots() {
    if (in_plots_) body_ += "</div>\n";
    in_plots_ = false;
}

Page& Page::heading(std::string_view text) {
    body() += fmt::format("<h2>{}</h2>\n", escape_html(text));
    return *this;
}

Page& Page::paragraph(std::string_view text) {
    body() += fmt::format("<p>{}</p>\n", escape_html(text));
    return *this;
}

Page& Page::list(const std::vector<std::string>& items) {
    if (items.empty()) return *this;
    std::string& out = body();
    out += "<ul>\n";
    for (const std::string& item : items) out += fmt::format("<li>{}</li>\n", escape_html(item));
    out += "</ul>\n";
    return *this;
}

Page& Page::note(Tone tone, std::string_view text) {
    std::string& out = body();
    open_toned(out, "div", "note", tone);
    tone_word(out, "span", tone);
    out += fmt::format(" {}</div>\n", escape_html(text));
    return *this;
}

Page& Page::cards(const std::vector<PageCard>& cards) {
    if (cards.empty()) return *this;
    std::string& out = body();
    out += "<div class=\"cards\">\n";
    for (const PageCard& card : cards) {
        open_toned(out, "div", "card", card.tone);
        out += fmt::format("<div class=\"name\">{}</div><div class=\"value\">{}</div>", escape_html(card.name),
                           escape_html(card.value));
        tone_word(out, "div", card.tone);
        if (!card.note.empty()) out += fmt::format("<div class=\"about\">{}</div>", escape_html(card.note));
        out += "</div>\n";
    }
    out += "</div>\n";
    return *this;
}

Page& Page::table(const std::vector<PageColumn>& columns, const std::vector<std::vector<std::string>>& rows) {
    std::string& out = body();
    const auto cells = [&](std::string_view element, auto&& text_of) {
        out += "<tr>";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            out += fmt::format("<{0}{1}>{2}</{0}>", element, columns[i].number ? " class=\"number\"" : "",
                               escape_html(text_of(i)));
        }
        out += "</tr>\n";
    };
    out += "<div class=\"wide\" tabindex=\"0\"><table>\n<thead>";
    cells("th", [&](std::size_t i) -> std::string_view { return columns[i].name; });
    out += "</thead>\n<tbody>\n";
    for (const std::vector<std::string>& row : rows) {
        cells("td", [&](std::size_t i) -> std::string_view { return i < row.size() ? row[i] : std::string_view{}; });
    }
    out += "</tbody></table></div>\n";
    return *this;
}

Page& Page::plot(const Plot& plot) {
    if (!in_plots_) body_ += "<div class=\"plots\">\n";
    in_plots_ = true;
    body_ += fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", escape_html(plot.title),
                         plot_svg(plot, fmt::format("plot-{}", ++plots_)));
    return *this;
}

std::string Page::html() {
    close_plots();
    const auto hash = base::sha256(style);
    const std::string style_hash =
        base::base64(std::string_view{reinterpret_cast<const char*>(hash.data()), hash.size()});
    std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    out += fmt::format(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; img-src "
        "data:; "
        "base-uri 'none'; form-action 'none'\">\n",
        style_hash);
    // An icon that is there keeps a browser from asking a server for one.
    out +=
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
        "content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n";
    out += fmt::format("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n", escape_html(head_.title), style);
    out += fmt::format("<header><h1>{}</h1>\n", escape_html(head_.title));
    if (!head_.subtitle.empty()) out += fmt::format("<p class=\"about\">{}</p>", escape_html(head_.subtitle));
    out += "</header>\n<main>\n";
    out += body_;
    out += "</main>\n";
    if (!head_.footer.empty()) out += fmt::format("<footer>{}</footer>\n", escape_html(head_.footer));
    out += "</body>\n</html>\n";
    return out;
}

}  // namespace capacity
