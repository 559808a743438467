/// `check`: step by step what works and what does not, each failure with its cause and remedy. Never prints a secret.
#pragma once

#include <ostream>

#include "app/settings.hpp"

namespace app {

/// Steps: settings, listener, keys, backend, query. The exit code: 0 when all work, 4 when one fails. `settings` were
/// loaded.
int check(const Settings& settings, bool json, std::ostream& out);

}  // namespace app
