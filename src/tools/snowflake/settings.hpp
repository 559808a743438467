/// Settings of the tools that only Snowflake has.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/settings.hpp"

namespace tools::snowflake {

struct Settings {
    std::chrono::seconds task_after{20};
    bool semantic_views = false;
    std::vector<std::string> search_services;
    std::vector<std::string> analyst_models;
    std::vector<std::string> agents;
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(Settings& settings);

}  // namespace tools::snowflake
