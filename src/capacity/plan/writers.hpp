/// A plan as text, JSON, Markdown, HTML, and as the configuration it recommends.
///
/// Place: the outputs of `snowflake-mcp plan`. Pure: each answers the whole output, with a line end at its end.
#pragma once

#include <string>

#include "capacity/plan/plan.hpp"

namespace capacity::plan {

/// For a terminal: tables in columns, lines of at most about 100 characters.
std::string write_text(const Plan& plan);

/// `{"months":[{"month","date","clients","instances","cpu_cores","memory_gb","monthly_cost_usd"}…],"milestones":[…],
/// "recommendations":[…],…}`. A month of fitted growth also has clients_low, clients_high and instances_high.
std::string write_json(const Plan& plan);

std::string write_markdown(const Plan& plan);

/// One self-contained page. `footer`: who made it and when.
std::string write_html(const Plan& plan, std::string_view footer);

/// NAME=value lines for `.env`, each under a comment that says why. `snowflake-mcp check` accepts them.
std::string write_env(const Plan& plan);

}  // namespace capacity::plan
