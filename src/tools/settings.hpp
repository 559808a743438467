/// Settings of the tools.
#pragma once

#include <string>

#include "base/settings.hpp"

namespace tools {

struct Settings {
    std::string toolset = "full";  ///< "full", "standard" or "minimal"
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(Settings& settings);

}  // namespace tools
