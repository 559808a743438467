/// Settings of the process itself: log, memory, keys of sealed tokens, going down. Plain values.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/settings.hpp"

namespace app {

struct ProcessSettings {
    std::string log_level = "info";
    std::string log_format = "text";
    std::string audit_file;
    std::vector<base::Secret> state_keys;
    int max_memory_mb = 1024;
    std::chrono::seconds drain_delay{5};
    std::chrono::seconds shutdown_grace{30};
};

base::SettingsTable settings_table(ProcessSettings& settings);

}  // namespace app
