#include "query/batching/settings.hpp"

namespace query {

base::SettingsTable settings_table(BatchSettings& settings) {
    base::SettingsTable table{"Batching"};
    table
        .boolean("ENABLE_QUERY_BATCHING", settings.enabled,
                 "Small reads that must wait for a session travel together in one request. Snowflake only.")
        .size("BATCH_SIZE", settings.size, 1, 100, "statements", "Reads that one request holds at most.")
        .size("BATCH_TIMEOUT_MS", settings.gather, 0, 60'000, "ms",
              "How long a batch is open to others after its first read, where no session becomes free before.");
    return table;
}

}  // namespace query
