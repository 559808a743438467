/// `check`: step by step what works and what does not, each failure with its cause and remedy. Never prints a secret.
#pragma once

#include <ostream>
#include <string>

#include "app/settings.hpp"

namespace app {

struct CheckOptions {
    bool json = false;
    std::string connection;  ///< --connection: this one of several only; empty: each
};

/// Steps: settings, listener, keys, then of the embedded database: backend, query; of each Snowflake connection:
/// configuration, dns, tcp, proxy, tls, login, role, warehouse, query. The exit code is 0 when all work, else that of
/// the first step that fails (check_steps.hpp). `settings` were loaded; on the way they hold one connection at a time.
int check(Settings& settings, const CheckOptions& options, std::ostream& out);

}  // namespace app
