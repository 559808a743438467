#include "net/server/http_settings.hpp"

namespace net {

base::SettingsTable settings_table(HttpSettings& s) {
    base::SettingsTable table{"HTTP"};
    table.text("MCP_SERVER_HOST", s.host, "Address to listen on: an IP address or a name of this machine")
        .integer("MCP_SERVER_PORT", s.port, 0, 65535, "", "Port to listen on; 0 lets the system choose one")
        .integer("MCP_SERVER_WORKERS", s.workers, 0, 256, "", "Threads that serve requests; 0: the CPUs we may use")
        .text("METRICS_HOST", s.metrics_host, "Address of the metrics and health listener")
        .integer("METRICS_PORT", s.metrics_port, 0, 65535, "",
                 "Port of metrics and health; 0 lets the system choose one")
        .choice("HTTP_VERSION", s.http_version, {"1.1", "2"}, "Highest HTTP version offered")
        .boolean("KEEP_ALIVE_ENABLED", s.keep_alive, "Keep connections open between requests")
        .seconds("KEEP_ALIVE_TIMEOUT", s.keep_alive_timeout, 1, 86'400, "How long a connection may be idle")
        .integer("MAX_KEEP_ALIVE_REQUESTS", s.max_keep_alive_requests, 1, 1'000'000'000, "requests",
                 "Requests answered on one connection before it is closed")
        .integer("MAX_CONNECTIONS", s.max_connections, 1, 1'000'000, "connections",
                 "Open client connections; one more is answered 503")
        .size("MAX_REQUEST_BODY_KB", s.max_request_body_kb, 1, 1024 * 1024, "KB", "Largest request body; above: 413")
        .size("MAX_REQUEST_HEAD_KB", s.max_request_head_kb, 1, 1024, "KB",
              "Largest request line and headers; above: 431")
        .size("OUTPUT_BUFFER_KB", s.output_buffer_kb, 16, 64 * 1024, "KB",
              "Unsent bytes of a streamed answer before its writer waits")
        .seconds("REQUEST_HEAD_TIMEOUT_SECONDS", s.head_timeout, 1, 3600,
                 "Time for a request's headers to arrive; then 408")
        .seconds("REQUEST_BODY_TIMEOUT_SECONDS", s.body_timeout, 1, 86'400,
                 "Time for a request's body to arrive; then 408")
        .seconds("SEND_TIMEOUT_SECONDS", s.send_timeout, 1, 86'400,
                 "How long a client may take nothing of an answer before it is cut off");
    return table;
}

std::vector<std::string> warnings(const HttpSettings& settings) {
    std::vector<std::string> found;
    if (settings.http_version == "2") {
        found.emplace_back("HTTP_VERSION=2: this version serves HTTP/1.1 only and goes on with it");
    }
    return found;
}

}  // namespace net
