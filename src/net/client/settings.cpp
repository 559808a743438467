#include "net/client/settings.hpp"

namespace net::client {

base::SettingsTable settings_table(ClientSettings& s) {
    base::SettingsTable table{"Outbound HTTP"};
    table
        .integer("CLIENT_POOL_SIZE", s.pool_size, 1, 10'000, "connections",
                 "Outbound connections for statements and results, over all workers; log-in, renewal, heartbeat and "
                 "cancellation have others")
        .seconds("CLIENT_POOL_TIMEOUT", s.pool_timeout, 1, 3600,
                 "How long a request waits for one of CLIENT_POOL_SIZE connections")
        .seconds("CLIENT_CONNECT_TIMEOUT_SECONDS", s.connect_timeout, 1, 600,
                 "Time for a new outbound connection: name look-up, TCP, proxy and TLS together")
        .seconds("CLIENT_KEEP_ALIVE_SECONDS", s.keep_alive, 0, 3600,
                 "How long an outbound connection is kept open for the next request")
        .text("CLIENT_CA_FILE", s.ca_file,
              "PEM file of certificate authorities to trust beside the system's (a private authority, a proxy that "
              "opens TLS)")
        .secret("HTTPS_PROXY", s.https_proxy, "Proxy for https:// requests: http[s]://[user:password@]host[:port]")
        .secret("HTTP_PROXY", s.http_proxy, "Proxy for http:// requests")
        .secret("ALL_PROXY", s.all_proxy, "Proxy where neither HTTPS_PROXY nor HTTP_PROXY is set")
        .text(
            "NO_PROXY", s.no_proxy,
            "Hosts reached without a proxy: names (their subdomains too), addresses, networks (10.0.0.0/8), each with "
            "an optional :port; * for all");
    return table;
}

void take_lower_case_proxies(ClientSettings& settings,
                             const std::function<std::optional<std::string>(const std::string&)>& getenv) {
    const auto take = [&](base::Secret& value, const char* name) {
        if (!value.empty()) return;
        if (auto found = getenv(name)) value = base::Secret{std::move(*found)};
    };
    take(settings.https_proxy, "https_proxy");
    take(settings.http_proxy, "http_proxy");
    take(settings.all_proxy, "all_proxy");
    if (settings.no_proxy.empty()) settings.no_proxy = getenv("no_proxy").value_or("");
}

}  // namespace net::client
