#include "net/redis/settings.hpp"

namespace net::redis {

base::SettingsTable settings_table(Settings& settings) {
    base::SettingsTable table{"Redis"};
    table.text("REDIS_HOST", settings.host, "Host of Redis; of a cluster any of its nodes.")
        .integer("REDIS_PORT", settings.port, 1, 65'535, "", "Its port.")
        .integer("REDIS_DB", settings.db, 0, 1'023, "", "Number of the database; a cluster has only 0.")
        .text("REDIS_USERNAME", settings.username, "User (ACL); empty: the default one.")
        .secret("REDIS_PASSWORD", settings.password, "Password.")
        .boolean("REDIS_SSL", settings.ssl, "TLS, with the certificate checked.")
        .text("REDIS_CA_FILE", settings.ca_file,
              "File with the authorities that may sign Redis' certificate; empty: the system's.")
        .integer("REDIS_TIMEOUT_MS", settings.timeout_ms, 1, 10'000, "ms",
                 "Longest wait for one answer of Redis; afterwards it counts as absent.");
    return table;
}

}  // namespace net::redis
