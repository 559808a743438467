/// How to reach Redis (DESIGN.md section 6, "Cache"). Plain values.
#pragma once

#include <chrono>
#include <string>

#include "base/secret.hpp"
#include "base/settings.hpp"

namespace net::redis {

struct Settings {
    std::string host = "127.0.0.1";
    int port = 6379;
    int db = 0;
    std::string username;
    base::Secret password;
    bool ssl = false;
    std::string ca_file;
    int timeout_ms = 100;  ///< longest wait for one answer; 1 to 10,000
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(Settings& settings);

}  // namespace net::redis
