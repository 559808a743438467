#include "admin/settings.hpp"

namespace admin {

base::SettingsTable settings_table(Settings& s) {
    base::SettingsTable table{"Observability"};
    table.list("METRICS_ALLOWED_NETWORKS", s.metrics_allowed_networks,
               "Networks (address/bits) that may read /metrics on the MCP port. A request that came through a proxy "
               "(Forwarded, X-Forwarded-*, X-Real-IP) never counts as loopback.");
    return table;
}

}  // namespace admin
