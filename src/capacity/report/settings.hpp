/// Settings of `snowflake-mcp report`: a plain struct and its table.
#pragma once

#include <string>

#include "base/secret.hpp"
#include "base/settings.hpp"

namespace capacity::report {

struct ReportSettings {
    base::Secret smtp_url;          ///< SMTP_URL
    std::string smtp_from;          ///< SMTP_FROM
    base::Secret prometheus_token;  ///< PROMETHEUS_TOKEN
};

/// Bound to `settings`, which must outlive the table.
base::SettingsTable settings_table(ReportSettings& settings);

}  // namespace capacity::report
