#include "transport/http.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "mcp/error_map.hpp"

namespace transport {
namespace {

constexpr std::string_view methods = "GET, POST, DELETE, OPTIONS";
constexpr std::string_view exposed_headers = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After";
/// What a page may send. `Mcp-Param-…` (x-mcp-header of tools) have names of their own, so requests are read by prefix.
constexpr std::array<std::string_view, 11> known_headers{
    "accept",     "content-type", "authorization", "last-event-id", "mcp-session-id", "mcp-protocol-version",
    "mcp-method", "mcp-name",     "traceparent",   "tracestate",    "baggage"};

/// For the shared limits, whose own wait is much shorter.
constexpr std::chrono::seconds limits_patience{15};

/// The request's headers as `mcp` looks at them.
class RequestHeaders final : public mcp::http::Headers {
public:
    explicit RequestHeaders(const net::Exchange& exchange) : exchange_{exchange} {}
    std::string_view get(std::string_view name) const override { return exchange_.header(name); }
    std::string_view last(std::string_view name) const override {
        const auto headers = exchange_.headers();
        const auto found = std::find_if(headers.rbegin(), headers.rend(),
                                        [&](const net::Header& header) { return base::iequals(header.name, name); });
        return found == headers.rend() ? std::string_view{} : found->value;
    }
    std::size_t count(std::string_view name) const override { return exchange_.count(name); }

private:
    const net::Exchange& exchange_;
};

/// The way back. On the stack for an answer at once, on the heap (`keep`) for a later one.
class ExchangeResponder final : public mcp::http::Responder {
public:
    ExchangeResponder(net::ExchangePtr exchange, net::HeaderLines cors)
        : exchange_{std::move(exchange)}, cors_{std::move(cors)} {}

    void reply(mcp::http::Head head, base::Payload body) override { exchange_->reply(to_net(head), std::move(body)); }
    void begin(mcp::http::Head head) override { exchange_->begin(to_net(head)); }
    void send(base::Payload bytes, mcp::http::Importance importance) override {
        // Either fails when the client has left: the exchange's `on_stop` says so to whom it concerns.
        if (importance == mcp::http::Importance::droppable) {
            (void)exchange_->offer(std::move(bytes));
        } else {
            (void)exchange_->push(std::move(bytes));
        }
    }
    void finish() override { exchange_->finish(); }
    std::shared_ptr<mcp::http::Responder> keep() override {
        return std::make_shared<ExchangeResponder>(std::move(exchange_), std::move(cors_));
    }

private:
    net::ReplyHead to_net(const mcp::http::Head& head) {
        net::ReplyHead out{.status = head.status, .content_type = head.content_type, .headers = std::move(cors_)};
        if (head.event_stream) out.body = net::ReplyHead::Body::events;
        if (!head.session_id.empty()) out.headers.add("Mcp-Session-Id", head.session_id);
        if (!head.allow.empty()) out.headers.add("Allow", head.allow);
        if (head.retry_after) out.headers.add("Retry-After", std::to_string(head.retry_after->count()));
        return out;
    }

    net::ExchangePtr exchange_;
    net::HeaderLines cors_;
};

net::HeaderLines cors_of(std::string_view origin) {
    net::HeaderLines headers;
    headers.add("Access-Control-Allow-Origin", origin)
        .add("Access-Control-Expose-Headers", exposed_headers)
        .add("Vary", "Origin");
    return headers;
}

std::string retry_after_text(const base::Error& error) {
    const auto wait = error.retry_after().value_or(std::chrono::seconds{1});
    return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

}  // namespace

HttpTransport::HttpTransport(mcp::http::Endpoint& endpoint, access_control::Access& access, Door door, Options options)
    : endpoint_{endpoint}, access_{access}, door_{std::move(door)}, options_{std::move(options)} {}

void HttpTransport::mount(net::RouteTable& routes, const std::vector<std::string>& paths) {
    const auto answer = [this](net::ExchangePtr exchange) { handle(std::move(exchange)); };
    for (const auto& path : paths) {
        for (const auto* method : {"GET", "POST", "DELETE", "OPTIONS"}) routes.add(method, path, answer);
    }
}

void HttpTransport::handle(net::ExchangePtr exchange) {
    const auto anonymous = [] { return access_control::Access::anonymous(); };
    if (!door_.admits_host(exchange->host())) {
        return refuse(*exchange, *anonymous(), 403, "host",
                      "this server does not answer to that Host; the operator may add it to ALLOWED_HOSTS", {});
    }
    net::HeaderLines cors;
    if (const auto origin = exchange->header("origin"); origin.data() != nullptr) {
        if (exchange->count("origin") > 1 || !door_.admits_origin(origin, exchange->host())) {
            return refuse(*exchange, *anonymous(), 403, "origin",
                          "pages of that Origin may not call this server; the operator may add it to ALLOWED_ORIGINS",
                          {});
        }
        cors = cors_of(origin);
    }
    if (exchange->method() == "OPTIONS") return preflight(*exchange, std::move(cors));

    auto who = access_.identify(*exchange);
    if (!who) {
        cors.add("WWW-Authenticate", access_control::challenge_of(who.error()));
        return refuse(*exchange, *anonymous(), 401, access_control::is_missing(who.error()) ? "no key" : "wrong key",
                      who.error().message(), std::move(cors));
    }
    const auto admitted = access_.limits().admit_now(**who, exchange->worker().now());
    if (admitted && *admitted) return serve(std::move(exchange), std::move(*who), std::move(cors));
    if (admitted) return refuse_too_many(*exchange, **who, admitted->error(), std::move(cors));

    auto& worker = exchange->worker();
    const bool spawned = waiting_.spawn(worker,
                                        {.request_id = "limits",
                                         .principal = *who,
                                         .deadline = worker.now() + limits_patience,
                                         .trace = {},
                                         .progress = {}},
                                        [this, exchange, who = *who, cors = std::move(cors)](async::Call& call) {
                                            return ask_shared_limits(call, exchange, who, cors);
                                        });
    if (!spawned) net::reply_error(*exchange, 503, "this server is going down");
}

async::Task<void> HttpTransport::ask_shared_limits(async::Call& call, net::ExchangePtr exchange, base::PrincipalPtr who,
                                                   net::HeaderLines cors) {
    const auto admitted = co_await access_.limits().admit(call);
    if (admitted) {
        serve(std::move(exchange), std::move(who), std::move(cors));
    } else if (admitted.error().kind() == base::Kind::overloaded) {
        refuse_too_many(*exchange, *who, admitted.error(), std::move(cors));
    } else {
        net::reply_error(*exchange, 503, "this server is going down");
    }
}

void HttpTransport::refuse_too_many(net::Exchange& exchange, const base::Principal& who, const base::Error& error,
                                    net::HeaderLines cors) const {
    cors.add("Retry-After", retry_after_text(error));
    refuse(exchange, who, 429, "rate limit", error.message(), std::move(cors));
}

void HttpTransport::serve(net::ExchangePtr exchange, base::PrincipalPtr who, net::HeaderLines cors) {
    const RequestHeaders headers{*exchange};
    const mcp::http::Request request{.method = exchange->method(), .headers = headers, .body = exchange->body()};
    mcp::Caller caller{.worker = exchange->worker(), .principal = std::move(who), .request_id = {}, .trace = {}};
    ExchangeResponder responder{exchange, std::move(cors)};
    if (auto open = endpoint_.handle(request, std::move(caller), responder)) {
        exchange->on_stop([open](async::StopReason reason) { open->disconnected(reason); });
        exchange->on_drain([open] { open->drain(); });
    }
}

bool HttpTransport::stop(std::chrono::milliseconds at_most) {
    waiting_.stop(async::StopReason::drain);
    return waiting_.join(at_most);
}

void HttpTransport::preflight(net::Exchange& exchange, net::HeaderLines cors) const {
    net::ReplyHead head{.status = 204, .headers = std::move(cors)};
    head.headers.add("Allow", methods);
    if (!head.headers.has("Access-Control-Allow-Origin")) return exchange.reply(std::move(head));
    head.headers.add("Access-Control-Allow-Methods", methods).add("Access-Control-Max-Age", "7200");
    std::string allowed;
    for (auto rest = exchange.header("access-control-request-headers"); !rest.empty();) {
        const auto name = base::trim(rest.substr(0, rest.find(',')));
        rest.remove_prefix(
            std::min(rest.size(), rest.find(',') == std::string_view::npos ? rest.size() : rest.find(',') + 1));
        const auto lower = base::to_lower(name);
        const bool known = std::find(known_headers.begin(), known_headers.end(), lower) != known_headers.end() ||
                           lower.starts_with("mcp-") || base::iequals(name, options_.api_key_header);
        if (known) allowed.append(allowed.empty() ? "" : ", ").append(name);
    }
    if (!allowed.empty()) head.headers.add("Access-Control-Allow-Headers", allowed);
    if (exchange.header("access-control-request-private-network") == "true") {
        head.headers.add("Access-Control-Allow-Private-Network", "true");
    }
    exchange.reply(std::move(head));
}

void HttpTransport::refuse(net::Exchange& exchange, const base::Principal& who, int status, std::string_view reason,
                           std::string_view message, net::HeaderLines headers) const {
    if (options_.audit != nullptr) {
        options_.audit->record(who, exchange.header("x-request-id"),
                               {.action = "refused", .target = exchange.path(), .outcome = "denied", .detail = reason});
    }
    exchange.reply({.status = status, .content_type = "application/json", .headers = std::move(headers)},
                   mcp::http::Endpoint::refusal(mcp::code::invalid_request, message));
}

}  // namespace transport
