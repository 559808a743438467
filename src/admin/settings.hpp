/// Settings of what operators see.
#pragma once

#include <string>
#include <vector>

#include "base/settings.hpp"

namespace admin {

struct Settings {
    /// Who may read /metrics on the MCP port; the metrics port is bound to METRICS_HOST and asks nobody.
    std::vector<std::string> metrics_allowed_networks = {"127.0.0.0/8", "::1/128"};
};

base::SettingsTable settings_table(Settings& settings);

}  // namespace admin
