#include "net/server/probe.hpp"

#include <algorithm>

namespace net {
namespace {

base::Counter answers(base::Metrics& metrics, const std::string& listener, const char* code_class) {
    return metrics.counter("http_responses_total", "Answers by class of status",
                           {{"listener", listener}, {"class", code_class}});
}

base::Counter counter(base::Metrics& metrics, const std::string& listener, const char* name, const char* help) {
    return metrics.counter(name, help, {{"listener", listener}});
}

}  // namespace

HttpProbe::HttpProbe(base::Metrics& metrics, const std::string& listener)
    : listener_{listener},
      connections_{counter(metrics, listener, "http_connections_accepted_total", "Client connections accepted")},
      turned_away_{counter(metrics, listener, "http_connections_turned_away_total",
                           "Client connections answered 503 because MAX_CONNECTIONS were open")},
      refused_{counter(metrics, listener, "http_requests_refused_total",
                       "Requests refused by the HTTP codec (malformed, too large, too slow)")},
      timed_out_{counter(metrics, listener, "http_requests_timed_out_total", "Requests that did not arrive in time")},
      left_early_{counter(metrics, listener, "http_clients_left_total", "Clients that left before their answer ended")},
      received_{counter(metrics, listener, "http_received_bytes_total", "Bytes received from clients")},
      sent_{counter(metrics, listener, "http_sent_bytes_total", "Bytes sent to clients")},
      answers_{answers(metrics, listener, "1xx"), answers(metrics, listener, "2xx"), answers(metrics, listener, "3xx"),
               answers(metrics, listener, "4xx"), answers(metrics, listener, "5xx")} {
    metrics.gauge_function("http_connections_open", "Client connections open now", {{"listener", listener}},
                           [this] { return static_cast<double>(open()); });
}

void HttpProbe::answered(int status) { answers_[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)].add(); }

base::Probe HttpProbe::probe() const {
    const auto write = [this](base::JsonWriter& json) {
        json.begin_object()
            .field("open_connections", static_cast<std::uint64_t>(open()))
            .field("accepted_connections", connections_.value())
            .field("turned_away_connections", turned_away_.value());
        json.key("responses").begin_object();
        constexpr std::array names{"1xx", "2xx", "3xx", "4xx", "5xx"};
        for (std::size_t i = 0; i < names.size(); ++i) json.field(names[i], answers_[i].value());
        json.end_object()
            .field("refused_requests", refused_.value())
            .field("timed_out_requests", timed_out_.value())
            .field("clients_left", left_early_.value())
            .end_object();
    };
    return {.name = "http " + listener_, .status = write, .actions = {}};
}

}  // namespace net
