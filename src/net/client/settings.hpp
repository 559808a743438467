/// Settings of the outbound HTTP client: a plain struct and its table.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/secret.hpp"
#include "base/settings.hpp"

namespace net::client {

struct ClientSettings {
    int pool_size = 50;                        ///< CLIENT_POOL_SIZE
    std::chrono::seconds pool_timeout{30};     ///< CLIENT_POOL_TIMEOUT
    std::chrono::seconds connect_timeout{20};  ///< CLIENT_CONNECT_TIMEOUT_SECONDS: DNS, TCP, proxy and TLS together
    std::chrono::seconds keep_alive{60};       ///< CLIENT_KEEP_ALIVE_SECONDS
    std::string ca_file;                       ///< CLIENT_CA_FILE: PEM, beside the system's authorities
    base::Secret https_proxy;                  ///< HTTPS_PROXY: secret since it may hold a password
    base::Secret http_proxy;                   ///< HTTP_PROXY
    base::Secret all_proxy;                    ///< ALL_PROXY
    std::string no_proxy;                      ///< NO_PROXY
};

/// Bound to `settings`, which must outlive the table.
base::SettingsTable settings_table(ClientSettings& settings);

/// Proxies that are not set are taken from the lower-case variables (https_proxy, http_proxy, all_proxy, no_proxy) that
/// every other tool reads too.
void take_lower_case_proxies(ClientSettings& settings,
                             const std::function<std::optional<std::string>(const std::string&)>& getenv);

}  // namespace net::client
