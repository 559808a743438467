#include "net/server/route_table.hpp"

#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"

namespace net {

void reply_error(Exchange& exchange, int status, std::string_view message, HeaderLines headers) {
    std::string body;
    base::JsonWriter{body}.begin_object().field("error", message).end_object();
    exchange.reply({.status = status, .content_type = "application/json", .headers = std::move(headers)},
                   base::Payload::own(std::move(body)));
}

RouteTable& RouteTable::add(std::string_view method, std::string_view path, Handler handler, HostRule host) {
    auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& known) { return known.path == path; });
    if (route == routes_.end()) route = routes_.insert(route, Route{.path = std::string{path}, .methods = {}});
    route->methods.push_back({.name = std::string{method}, .handler = std::move(handler), .host = host});
    return *this;
}

RouteTable& RouteTable::otherwise(Handler handler) {
    otherwise_ = std::move(handler);
    return *this;
}

std::string RouteTable::Route::allow() const {
    std::string names;
    const auto has = [&](std::string_view name) {
        return std::any_of(methods.begin(), methods.end(), [&](const Method& method) { return method.name == name; });
    };
    for (const auto& method : methods) names.append(names.empty() ? "" : ", ").append(method.name);
    if (has("GET") && !has("HEAD")) names.append(", HEAD");
    if (!has("OPTIONS")) names.append(", OPTIONS");
    return names;
}

const RouteTable::Route* RouteTable::find(std::string_view path) const {
    const auto route =
        std::find_if(routes_.begin(), routes_.end(), [&](const Route& known) { return known.path == path; });
    return route == routes_.end() ? nullptr : &*route;
}

void RouteTable::dispatch(ExchangePtr exchange) const {
    const auto* route = find(exchange->path());
    const Method* method = nullptr;
    if (route != nullptr) {
        const auto named = [&](std::string_view name) -> const Method* {
            for (const auto& known : route->methods) {
                if (known.name == name) return &known;
            }
            return nullptr;
        };
        method = named(exchange->method());
        if (method == nullptr && exchange->method() == "HEAD") method = named("GET");
    }
    const bool any_host = method != nullptr && method->host == HostRule::any;
    if (!any_host && exchange->version() == HttpVersion::http_1_1 && !exchange->has_header("host")) {
        return reply_error(*exchange, 400, "an HTTP/1.1 request needs a Host header");
    }
    if (method != nullptr) return method->handler(std::move(exchange));
    if (exchange->method() == "OPTIONS" && (route != nullptr || exchange->path() == "*")) {
        ReplyHead head{.status = 204};
        head.headers.add("Allow", route != nullptr ? route->allow() : "GET, HEAD, POST, DELETE, OPTIONS");
        return exchange->reply(std::move(head));
    }
    if (route != nullptr) {
        return reply_error(*exchange, 405, "this path does not know that method",
                           HeaderLines{}.add("Allow", route->allow()));
    }
    if (otherwise_) return otherwise_(std::move(exchange));
    reply_error(*exchange, 404, "nothing is at this path");
}

}  // namespace net
