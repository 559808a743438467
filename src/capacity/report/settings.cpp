#include "capacity/report/settings.hpp"

namespace capacity::report {

base::SettingsTable settings_table(ReportSettings& settings) {
    base::SettingsTable table{"Reports"};
    table
        .secret("SMTP_URL", settings.smtp_url,
                "where `report --mail-to` sends: smtp://user:password@host:587 (STARTTLS where offered; required for a "
                "password unless the host is this machine) or smtps://user:password@host:465; percent-encoded")
        .text("SMTP_FROM", settings.smtp_from, "sender of reports; empty: snowflake-mcp@<this host>")
        .secret("PROMETHEUS_TOKEN", settings.prometheus_token, "bearer token for `report --prometheus`");
    return table;
}

}  // namespace capacity::report
