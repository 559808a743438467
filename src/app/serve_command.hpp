/// `serve`: MCP over HTTP, and the read-only plane for operators beside it, until a signal comes.
#pragma once

#include "app/settings.hpp"
#include "app/signals.hpp"

namespace app {

/// The exit code: 0 after a clean end, 1 when something had to be cut off, 2 when it could not start (one line on
/// stderr).
int serve(const Settings& settings, Signals& signals);

}  // namespace app
