/// `check`: step by step what works and what does not, each failure with its cause and remedy. Never prints a secret.
#pragma once

#include <ostream>

#include "app/settings.hpp"

namespace app {

/// Steps: settings, listener, keys, then of the embedded database: backend, query; of a Snowflake connection:
/// configuration, dns, tcp, proxy, tls, login, role, warehouse, query. The exit code is 0 when all work, else that of
/// the first step that fails (check_steps.hpp). `settings` were loaded.
int check(const Settings& settings, bool json, std::ostream& out);

}  // namespace app
