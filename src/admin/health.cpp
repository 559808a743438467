#include "admin/health.hpp"

#include <utility>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace admin {
namespace {

void answer(net::Exchange& exchange, int status, std::string json) {
    net::ReplyHead head;
    head.status = status;
    head.content_type = "application/json";
    head.headers.add("Cache-Control", "no-store");
    exchange.reply(std::move(head), base::Payload::own(std::move(json)));
}

}  // namespace

Health::Health(std::string version, std::function<Backend()> backend)
    : version_{std::move(version)}, backend_{std::move(backend)} {}

std::string_view Health::state_text() const {
    switch (state_.load()) {
        case State::starting: return "starting";
        case State::ready: return "ready";
        case State::draining: return "draining";
    }
    return "starting";
}

bool Health::ready() const { return state_ == State::ready && backend_().usable; }

std::string Health::health_json() const {
    const Backend backend = backend_();
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(base::Clock::now() - since_);
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object()
        .field("status", backend.usable ? "ok" : "degraded")
        .field("state", state_text())
        .field("version", version_)
        .field("uptime_seconds", static_cast<std::int64_t>(uptime.count()))
        .key("backend")
        .begin_object()
        .field("name", backend.name)
        .field("usable", backend.usable);
    if (!backend.problem.empty()) {
        writer.field("problem", base::escape_untrusted(backend.problem));
    }
    writer.end_object().end_object();
    return json;
}

std::string Health::ready_json() const {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().field("ready", ready()).field("state", state_text());
    if (!backend_().usable) {
        writer.field("reason", "the backend is not usable; see /health");
    }
    writer.end_object();
    return json;
}

void Health::mount(net::RouteTable& routes) {
    routes.add(
        "GET", "/health", [this](const net::ExchangePtr& exchange) { answer(*exchange, 200, health_json()); },
        net::HostRule::any);
    routes.add(
        "GET", "/ready",
        [this](const net::ExchangePtr& exchange) { answer(*exchange, ready() ? 200 : 503, ready_json()); },
        net::HostRule::any);
}

}  // namespace admin
