#include "query/settings.hpp"

namespace query {

base::SettingsTable settings_table(Settings& settings) {
    base::SettingsTable table{"Load"};
    table
        .size("MAX_CONCURRENT_REQUESTS", settings.max_concurrent_requests, 1, 10'000, "requests",
              "Statements that run at the same time; more wait, and never more run than the pool's sessions carry.")
        .size("REQUEST_QUEUE_SIZE", settings.request_queue_size, 0, 100'000, "requests",
              "Statements that may wait for their turn; one more is refused with a hint when to come back.")
        .boolean(
            "ADAPTIVE_CONCURRENCY", settings.adaptive_concurrency,
            "Fewer statements run at once while the warehouse says that it is overloaded or takes much longer than "
            "it did; MAX_CONCURRENT_REQUESTS is the upper bound.")
        .seconds("QUERY_TIMEOUT_SECONDS", settings.query_timeout, 1, 86'400,
                 "How long one statement may run before it is cancelled.")
        .size("MAX_QUERY_RESULT_ROWS", settings.max_query_result_rows, 1, 1'000'000, "rows",
              "Rows one answer holds at most, whatever limit was asked for; a cursor goes on.")
        .size("MAX_BYTES_SCANNED", settings.max_bytes_scanned, 0, std::size_t{1} << 60, "bytes",
              "A statement that would scan more, by Snowflake's EXPLAIN, is refused before it runs. 0: no bound.")
        .choice("COST_GUARD_ON_ERROR", settings.cost_guard_on_error, {"run", "refuse"},
                "What happens to a statement whose EXPLAIN fails, where MAX_BYTES_SCANNED is set.")
        .size("MAX_RESULT_BYTES", settings.max_result_bytes, 4'096, std::size_t{256} << 20, "bytes",
              "Bytes one answer holds at most, text and structured content together; a cursor goes on.");
    return table;
}

}  // namespace query
