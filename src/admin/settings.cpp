#include "admin/settings.hpp"

namespace admin {
namespace {

constexpr std::size_t least_token = 16;

}  // namespace

base::SettingsTable settings_table(Settings& s) {
    base::SettingsTable table{"Observability"};
    table.list("METRICS_ALLOWED_NETWORKS", s.metrics_allowed_networks,
               "Networks (address/bits) that may read /metrics on the MCP port. A request that came through a proxy "
               "(Forwarded, X-Forwarded-*, X-Real-IP) never counts as loopback.");
    table
        .text("ADMIN_SOCKET", s.socket,
              "Path of a UNIX socket for the control plane (status, cache, pool, log level); only its owner may open "
              "it. Empty: none.")
        .secret("ADMIN_TOKEN", s.token,
                "Opens the control plane on the metrics port to who shows this token (16 characters or more). Unset: "
                "not over TCP.")
        .list("ADMIN_ALLOWED_HOSTS", s.allowed_hosts,
              "Host names by which the control plane may be called over TCP, beside loopback names and METRICS_HOST.");
    return table;
}

base::Result<void> check(const Settings& settings) {
    if (!settings.token.empty() && settings.token.reveal().size() < least_token) {
        return base::fail(base::Error{base::Kind::bad_argument,
                                      "ADMIN_TOKEN has less than 16 characters and can be guessed: take 32 random ones"}
                              .at(base::Stage::config)
                              .about("ADMIN_TOKEN"));
    }
    return {};
}

}  // namespace admin
