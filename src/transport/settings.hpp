/// Settings of the transports: who may ask by which name, from which pages, and the bounds of stdio.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/settings.hpp"

namespace transport {

struct Settings {
    /// Besides loopback names: "mcp.example.com", "mcp.example.com:8443", "*.example.com", "*".
    std::vector<std::string> allowed_hosts;
    /// Besides pages of this very host: "https://app.example.com", "vscode-webview://panel", "*".
    std::vector<std::string> allowed_origins;

    /// A call of the handshake era after its client's disconnect (mcp's rule).
    std::chrono::seconds orphan_grace{30};

    std::size_t stdio_max_line_kb = 4096;
    std::chrono::seconds stdio_end_grace{3};
};

/// Bound to `settings`, which must outlive the table.
base::SettingsTable settings_table(Settings& settings);

/// `*` opens the door to every web page: only where everybody must show a key. Also entries that can't be a host or
/// an origin. Errors: `bad_argument` naming the setting.
base::Result<void> check(const Settings& settings, bool keys_required);

}  // namespace transport
