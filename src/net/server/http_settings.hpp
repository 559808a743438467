/// HTTP settings of DESIGN.md section 6, and the bounds of the server. A plain struct and its table.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/settings.hpp"

namespace net {

struct HttpSettings {
    std::string host = "127.0.0.1";
    int port = 8000;
    int workers = 0;  ///< 0: the CPUs we may use
    std::string metrics_host = "127.0.0.1";
    int metrics_port = 8001;

    std::string http_version = "1.1";
    bool keep_alive = true;
    std::chrono::seconds keep_alive_timeout{60};
    int max_keep_alive_requests = 1000;

    int max_connections = 10'000;
    std::size_t max_request_body_kb = 4096;
    std::size_t max_request_head_kb = 32;
    std::size_t output_buffer_kb = 256;
    std::chrono::seconds head_timeout{15};
    std::chrono::seconds body_timeout{60};
    std::chrono::seconds send_timeout{60};
};

/// Bound to `settings`, which must outlive the table.
base::SettingsTable settings_table(HttpSettings& settings);

/// What is set but can't be done by this version; for the log at start.
std::vector<std::string> warnings(const HttpSettings& settings);

}  // namespace net
