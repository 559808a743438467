/// A result for people and programs: CSV, a table and plots for a terminal, Markdown, one HTML page.
///
/// Place: written after each step (CSV) and at the end. Pure. Threads: none.
#pragma once

#include <cstdint>
#include <string>

#include "capacity/bench/result.hpp"

namespace capacity::bench {

/// `concurrent_clients,requests_per_second,avg_response_time,p95_response_time,error_rate,cpu_usage,memory_usage,`
/// `p50,p99,p99.9,max`: times in milliseconds, rates and usages in percent; what is not known is empty. A partial
/// result ends in a line that begins with "# partial: ".
std::string write_csv(const BenchResult& result);

/// The table of steps (unless it was shown while they ran), the advice, what is sustained and the fitted law with its
/// plot, for a terminal of `width`.
enum class Table : std::uint8_t { with, without };
std::string write_text(const BenchResult& result, int width, Table table);
std::string write_markdown(const BenchResult& result);
std::string write_html(const BenchResult& result);

/// One line of a step, as `write_text` begins.
std::string step_line(const Step& step);
std::string step_heading();

/// Sentences: the fitted law, and the largest load that held.
std::string describe_law(const UslTerms& terms);
std::string describe_sustainable(const BenchResult& result);

}  // namespace capacity::bench
