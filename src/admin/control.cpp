#include "admin/control.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "admin/network.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"
#include "net/server/request_target.hpp"

namespace admin {
namespace {

constexpr std::string_view clear = "clear";
constexpr std::size_t longest_level = 256;

constexpr std::array<std::pair<std::string_view, base::log::Level>, 6> levels{{{"trace", base::log::Level::trace},
                                                                               {"debug", base::log::Level::debug},
                                                                               {"info", base::log::Level::info},
                                                                               {"warn", base::log::Level::warn},
                                                                               {"error", base::log::Level::error},
                                                                               {"off", base::log::Level::off}}};

std::string_view name_of(base::log::Level level) {
    const auto* found = std::ranges::find(levels, level, [](const auto& entry) { return entry.second; });
    return found == levels.end() ? "info" : found->first;
}

void answer(net::Exchange& exchange, int status, std::string json) {
    net::ReplyHead head;
    head.status = status;
    head.content_type = "application/json";
    head.headers.add("Cache-Control", "no-store");
    exchange.reply(std::move(head), base::Payload::own(std::move(json)));
}

/// "pool" of "pool:sales".
std::string_view group_of(std::string_view name) { return name.substr(0, name.find(':')); }

bool is_loopback(std::string_view host) {
    if (base::iequals(host, "localhost")) return true;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    static const auto networks = parse_networks({"127.0.0.0/8", "::1/128"}).value_or(std::vector<Network>{});
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(host); });
}

/// `debug`, `"debug"` or `{"level":"debug"}`.
std::string level_of(std::string_view body) {
    body = base::trim(body);
    if (body.size() > longest_level) return {};
    if (body.starts_with('{') || body.starts_with('"')) {
        boost::system::error_code error;
        const auto value = boost::json::parse(body, error);
        if (error) return {};
        const auto* text = value.is_object() ? value.get_object().if_contains("level") : &value;
        return text != nullptr && text->is_string() ? std::string{text->get_string()} : std::string{};
    }
    return base::to_lower(body);
}

base::PrincipalPtr operator_by(std::string id) {
    return std::make_shared<const base::Principal>(
        base::Principal{.id = std::move(id), .kind = base::Principal::Kind::os_user, .roles = {"admin"}, .limits = {}});
}

}  // namespace

bool Guard::knows(std::string_view host) const {
    return is_loopback(host) ||
           std::ranges::any_of(hosts_, [&](const std::string& name) { return base::iequals(name, host); });
}

std::optional<Guard::Refusal> Guard::refuses(const net::Exchange& exchange) const {
    const auto host = exchange.host();
    if (!net::is_valid_host(host) || !knows(net::split_host_port(host).host)) {
        return Refusal{403, "this Host is not known here; ADMIN_ALLOWED_HOSTS names those that are"};
    }
    const auto origin = exchange.header("Origin");
    if (origin.data() != nullptr) {
        const bool own = exchange.count("Origin") == 1 && (base::iequals(origin, fmt::format("http://{}", host)) ||
                                                           base::iequals(origin, fmt::format("https://{}", host)));
        if (!own) return Refusal{403, "pages of that Origin may not ask here"};
    }
    constexpr std::string_view scheme = "Bearer ";
    const auto shown = exchange.header("Authorization");
    const bool is_bearer = exchange.count("Authorization") == 1 && shown.size() > scheme.size() &&
                           base::iequals(shown.substr(0, scheme.size()), scheme);
    if (!is_bearer || !token_.equals(base::trim(shown.substr(scheme.size())))) {
        return Refusal{401, "show ADMIN_TOKEN as `Authorization: Bearer <token>`"};
    }
    return std::nullopt;
}

Control::Control(std::vector<base::Probe> probes, const Health& health, base::Audit& audit)
    : probes_{std::move(probes)}, health_{health}, audit_{audit} {}

Control::~Control() = default;

std::string Control::status_json() const {
    // The fields of /health, and what stands behind them.
    auto json = health_.health_json();
    json.pop_back();
    json += ',';
    std::string rest;
    base::JsonWriter writer{rest};
    writer.begin_object().field("log_level", name_of(base::log::level())).key("probes").begin_object();
    for (const auto& probe : probes_) {
        if (!probe.status) continue;
        writer.key(probe.name);
        probe.status(writer);
    }
    writer.end_object().end_object();
    json.append(rest, 1);
    return json;
}

void Control::note(const net::Exchange& exchange, const base::Principal& who, std::string_view outcome,
                   std::string_view detail) const {
    const auto target = fmt::format("{} {}", exchange.method(), exchange.path());
    audit_.record(who, exchange.header("x-request-id"),
                  {.action = "admin", .target = target, .outcome = outcome, .detail = detail});
    base::log::info("admin: {} {} by {}: {}{}{}", exchange.method(), base::escape_untrusted(exchange.path()), who.id,
                    outcome, detail.empty() ? "" : ", ", base::escape_untrusted(detail));
}

/// One request; answered when all of its targets have been told of.
struct Control::Act {
    Control& control;
    net::ExchangePtr exchange;
    base::PrincipalPtr who;
    base::Mutex mutex;
    std::size_t left BASE_GUARDED_BY(mutex) = 0;
    std::string problem BASE_GUARDED_BY(mutex);

    /// Any thread.
    static void ended(const std::shared_ptr<Act>& act, const base::Probe& probe, const base::Result<void>& result) {
        const base::MutexLock lock{act->mutex};
        if (!result) {
            act->problem +=
                fmt::format("{}{}: {}", act->problem.empty() ? "" : "; ", probe.name, result.error().message());
        }
        if (--act->left > 0) return;
        act->exchange->worker().post([act] { reply(*act); });
    }

    static void reply(Act& act) {
        std::string problem;
        {
            const base::MutexLock lock{act.mutex};
            problem = act.problem;
        }
        act.control.note(*act.exchange, *act.who, problem.empty() ? "ok" : "failed", problem);
        if (!problem.empty()) return net::reply_error(*act.exchange, 503, base::escape_untrusted(problem));
        std::string json;
        base::JsonWriter writer{json};
        writer.begin_object()
            .field("done", true)
            .field("act", fmt::format("{} {}", act.exchange->method(), act.exchange->path()));
        writer.end_object();
        answer(*act.exchange, 200, std::move(json));
    }
};

void Control::run(net::ExchangePtr exchange, const base::PrincipalPtr& who, std::vector<Target> targets) {
    if (targets.empty()) {
        note(*exchange, *who, "not_found", "nothing here does that");
        return net::reply_error(*exchange, 404, "nothing here does that: ENABLE_QUERY_CACHING is false, perhaps");
    }
    const auto act = std::make_shared<Act>(*this, std::move(exchange), who);
    {
        const base::MutexLock lock{act->mutex};
        act->left = targets.size();
    }
    for (const auto& target : targets) {
        const auto* probe = target.probe;
        if (target.action->begin) {
            target.action->begin([act, probe](const base::Result<void>& result) { Act::ended(act, *probe, result); });
        } else {
            Act::ended(act, *probe, target.action->run());
        }
    }
}

std::vector<Control::Target> Control::targets(std::string_view group, std::string_view action) const {
    std::vector<Target> found;
    for (const auto& probe : probes_) {
        if (!group.empty() && probe.name != group && group_of(probe.name) != group) continue;
        for (const auto& one : probe.actions) {
            if (one.name == action) found.push_back({&probe, &one});
        }
    }
    return found;
}

void Control::set_log_level(net::Exchange& exchange, const base::Principal& who) {
    const auto wanted = level_of(exchange.body());
    const auto* found = std::ranges::find(levels, wanted, [](const auto& entry) { return entry.first; });
    if (found == levels.end()) {
        note(exchange, who, "bad_argument", "no such level");
        return net::reply_error(exchange, 400,
                                "send trace, debug, info, warn, error or off, as text or as {\"level\":\"debug\"}");
    }
    const auto before = name_of(base::log::level());
    note(exchange, who, "ok", fmt::format("from {} to {}", before, found->first));
    base::log::set_level(found->second);
    std::string json;
    base::JsonWriter{json}.begin_object().field("level", found->first).field("before", before).end_object();
    answer(exchange, 200, std::move(json));
}

void Control::mount(net::RouteTable& routes, base::PrincipalPtr who, Allow allow) {
    const auto guarded = [this, who, allow = std::move(allow)](auto handle) -> net::Handler {
        return [this, who, allow, handle](const net::ExchangePtr& exchange) {
            if (const auto refusal = allow(*exchange)) {
                note(*exchange, *who, "denied", refusal->message);
                net::HeaderLines headers;
                if (refusal->status == 401) headers.add("WWW-Authenticate", "Bearer realm=\"snowflake-mcp admin\"");
                return net::reply_error(*exchange, refusal->status, refusal->message, std::move(headers));
            }
            handle(exchange);
        };
    };
    routes.add("GET", "/status",
               guarded([this](const net::ExchangePtr& exchange) { answer(*exchange, 200, status_json()); }));
    routes.add("DELETE", "/cache",
               guarded([this, who](const net::ExchangePtr& exchange) { run(exchange, who, targets({}, clear)); }));
    routes.add("PUT", "/log-level",
               guarded([this, who](const net::ExchangePtr& exchange) { set_log_level(*exchange, *who); }));
    std::set<std::pair<std::string, std::string>> actions;
    for (const auto& probe : probes_) {
        for (const auto& action : probe.actions) {
            actions.emplace(probe.name, action.name);
            actions.emplace(group_of(probe.name), action.name);
        }
    }
    for (const auto& [name, action] : actions) {
        routes.add("POST", fmt::format("/{}/{}", name, action),
                   guarded([this, who, name, action](const net::ExchangePtr& exchange) {
                       run(exchange, who, targets(name, action));
                   }));
    }
}

void Control::mount_open(net::RouteTable& routes) {
    mount(routes, operator_by("admin:socket"), [](const net::Exchange& exchange) -> std::optional<Guard::Refusal> {
        if (exchange.has_header("Origin")) return Guard::Refusal{403, "web pages may not ask here"};
        return std::nullopt;
    });
}

void Control::mount_guarded(net::RouteTable& routes, Guard guard) {
    mount(routes, operator_by("admin:token"),
          [guard = std::move(guard)](const net::Exchange& exchange) { return guard.refuses(exchange); });
}

}  // namespace admin
