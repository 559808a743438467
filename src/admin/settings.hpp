/// Settings of what operators see.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/settings.hpp"

namespace admin {

struct Settings {
    /// Who may read /metrics on the MCP port; the metrics port is bound to METRICS_HOST and asks nobody.
    std::vector<std::string> metrics_allowed_networks = {"127.0.0.0/8", "::1/128"};

    std::string socket;                      ///< of the control plane; empty: none
    base::Secret token;                      ///< of the control plane over TCP; empty: not over TCP
    std::vector<std::string> allowed_hosts;  ///< of it, beside loopback's
};

/// ADMIN_TOKEN that can be guessed. `Kind::bad_argument`, stage config.
base::Result<void> check(const Settings& settings);

base::SettingsTable settings_table(Settings& settings);

}  // namespace admin
