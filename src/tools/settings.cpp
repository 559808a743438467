#include "tools/settings.hpp"

namespace tools {

base::SettingsTable settings_table(Settings& settings) {
    base::SettingsTable table{"Tools"};
    table.choice(
        "TOOLSET", settings.toolset, {"full", "standard", "minimal"},
        "Tools that are offered: all; those that every backend has (3,500 tokens at most); or the three that a "
        "small model needs (search_objects, describe_table, execute_query).");
    return table;
}

}  // namespace tools
