/// `stdio`: one client over standard input and output, until the input ends or a signal comes.
#pragma once

#include "app/settings.hpp"
#include "app/signals.hpp"

namespace app {

/// Exit codes as `serve`.
int serve_stdio(const Settings& settings, Signals& signals);

}  // namespace app
