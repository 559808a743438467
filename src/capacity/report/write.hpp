/// A report as HTML (one file for browsers, mail, paper), as JSON for programs, as Markdown for people.
///
/// Place: the end of `snowflake-mcp report`. Whatever a stranger named (instances, events, files) is escaped for its
/// surface. Pure. Threads: none.
///
/// JSON:
/// {"format":"snowflake-mcp-report","version":1,"complete":true,"partial":["…"],"source":"server|prometheus|bench",
/// "about":["…"],"from":"…Z","to":"…Z"|null,"made_at":"…Z","generator":"…","level":"warning",
/// "status":[{"name":"cpu","value":41.5|null,"unit":"%","level":"good","why":"…","note":"…"}],
/// "instances":[{"name","up","cpu_percent","memory_percent","memory_mb","requests_per_second","p95_ms","pool_percent",
/// "queue_length"}],"trends":[{"id","title","x","unit","series":[{"name","points":[[x,y|null]…]}]}],
/// "scaling_events":{"state":"known|not_asked|failed","why":"…","events":[{"time","object","event","from","to","trigger"}],
/// "autoscalers":[{"name","current","desired","min","max","last_scaled"}]},
/// "tables":[{"title","columns":["…"],"rows":[["…"]]}],"recommendations":[{"level","text"}]}
#pragma once

#include <string>
#include <vector>

#include "capacity/report/report.hpp"
#include "scaling/status.hpp"

namespace capacity::report {

std::string write_html(const Report& report);
std::string write_json(const Report& report);
std::string write_markdown(const Report& report);
/// A few lines: the body of a mail.
std::string write_summary(const Report& report);

// What the writers share.
std::string title_of(const Report& report);
std::string subtitle_of(const Report& report);
/// "63.4 %", "-"
std::string value_text(const scaling::Judged& judged);
std::string events_state(const Events& events);
/// The worst level of all figures.
scaling::Level level_of(const std::vector<scaling::Judged>& judged);
/// What follows from the figures, then the source's own.
std::vector<scaling::Recommendation> recommendations_of(const Report& report,
                                                        const std::vector<scaling::Judged>& judged);
std::string note_of(const Report& report, std::size_t index, const scaling::Judged& judged);

}  // namespace capacity::report
