#include "net/server/probe.hpp"

namespace net {
namespace {

constexpr std::array classes{"1xx", "2xx", "3xx", "4xx", "5xx"};

}  // namespace

HttpProbe::HttpProbe(base::Metrics& metrics, const std::string& listener)
    : listener_{listener},
      connections_{
          metrics.counter("http_connections_accepted_total", "Client connections accepted", {{"listener", listener}})},
      turned_away_{metrics.counter("http_connections_turned_away_total",
                                   "Client connections answered 503 because MAX_CONNECTIONS were open",
                                   {{"listener", listener}})} {
    metrics.gauge_function("http_connections_open", "Client connections open now", {{"listener", listener}},
                           [this] { return static_cast<double>(open()); });
    const auto total = [&](const char* name, const char* help, HttpTally::Count HttpTally::* count) {
        metrics.counter_function(name, help, {{"listener", listener}}, [this, count] {
            return static_cast<double>(sum([count](const HttpTally& tally) { return (tally.*count).value(); }));
        });
    };
    total("http_requests_refused_total", "Requests refused by the HTTP codec (malformed, too large, too slow)",
          &HttpTally::refused);
    total("http_requests_timed_out_total", "Requests that did not arrive in time", &HttpTally::timed_out);
    total("http_clients_left_total", "Clients that left before their answer ended", &HttpTally::left_early);
    total("http_received_bytes_total", "Bytes received from clients", &HttpTally::received);
    total("http_sent_bytes_total", "Bytes sent to clients", &HttpTally::sent);
    for (std::size_t i = 0; i < classes.size(); ++i) {
        metrics.counter_function(
            "http_responses_total", "Answers by class of status", {{"listener", listener}, {"class", classes[i]}},
            [this, i] {
                return static_cast<double>(sum([i](const HttpTally& tally) { return tally.answers[i].value(); }));
            });
    }
}

std::shared_ptr<HttpTally> HttpProbe::new_tally() {
    auto tally = std::make_shared<HttpTally>();
    const base::MutexLock lock{mutex_};
    tallies_.push_back(tally);
    return tally;
}

std::uint64_t HttpProbe::sum(std::function<std::uint64_t(const HttpTally&)> part) const {
    const base::MutexLock lock{mutex_};
    std::uint64_t all = 0;
    for (const auto& tally : tallies_) all += part(*tally);
    return all;
}

base::Probe HttpProbe::probe() const {
    const auto write = [this](base::JsonWriter& json) {
        json.begin_object()
            .field("open_connections", static_cast<std::uint64_t>(open()))
            .field("accepted_connections", connections_.value())
            .field("turned_away_connections", turned_away_.value());
        json.key("responses").begin_object();
        for (std::size_t i = 0; i < classes.size(); ++i) {
            json.field(classes[i], sum([i](const HttpTally& tally) { return tally.answers[i].value(); }));
        }
        json.end_object()
            .field("refused_requests", sum([](const HttpTally& tally) { return tally.refused.value(); }))
            .field("timed_out_requests", sum([](const HttpTally& tally) { return tally.timed_out.value(); }))
            .field("clients_left", sum([](const HttpTally& tally) { return tally.left_early.value(); }))
            .end_object();
    };
    return {.name = "http " + listener_, .status = write, .actions = {}};
}

}  // namespace net
