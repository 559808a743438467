#include "tools/snowflake/settings.hpp"

namespace tools::snowflake {

base::SettingsTable settings_table(Settings& settings) {
    base::SettingsTable table{"Tools"};
    table
        .seconds("TASK_AFTER_SECONDS", settings.task_after, 0, 86'400,
                 "A statement that takes longer becomes a task, for clients that take tasks "
                 "(io.modelcontextprotocol/tasks). 0: never.")
        .boolean("SEMANTIC_VIEWS", settings.semantic_views,
                 "Offers the tools that list, describe and query semantic views.")
        .list("CORTEX_SEARCH_SERVICES", settings.search_services,
              "Cortex Search services that the tool cortex_search may ask: DATABASE.SCHEMA.NAME.")
        .list("CORTEX_ANALYST_MODELS", settings.analyst_models,
              "Semantic views (DATABASE.SCHEMA.NAME) or model files (@DATABASE.SCHEMA.STAGE/file.yaml) that the tool "
              "cortex_analyst may use.")
        .list("CORTEX_AGENTS", settings.agents,
              "Cortex Agents that the tool cortex_agent may run: DATABASE.SCHEMA.NAME.");
    return table;
}

}  // namespace tools::snowflake
