#include "net/client/connector.hpp"

#include <fmt/format.h>

#include <utility>

#include "net/client/request_head.hpp"
#include "net/client/tcp_connect.hpp"

namespace net::client {
namespace {

using Status = async::IoResult::Status;

constexpr std::size_t proxy_head_bytes = 16 * 1024;

/// What is being done, for the message when time runs out.
struct Phase {
    Cause cause = Cause::dns;
    std::string_view doing = "its name was not resolved";
};

Failure stopped(async::Call& call) { return {.error = call.stopped_error(base::Stage::none), .cause = Cause::stopped}; }

Failure failed(Cause cause, std::string message, base::Kind kind = base::Kind::unavailable) {
    return {.error = base::Error{kind, std::move(message)}, .cause = cause};
}

/// TLS on top of what the connection has. `name`: "host:443" of whom it is with.
async::Task<Outcome<void>> add_tls(async::Call& call, Connection& connection, Outbound::Parts& parts,
                                   ClientTally& tally, std::string host, std::string name) {
    auto made = parts.tls->connect(connection.take_stream(), host, name);
    TlsStream& tls = *made;
    connection.set_stream(std::move(made));
    for (;;) {
        const auto result = tls.handshake();
        if (result.status == Status::done) break;
        if (result.status != Status::would_block) {
            if (tls.certificate_refused()) {
                co_return fail(
                    failed(Cause::certificate,
                           fmt::format("the certificate of {} is not accepted: {}. Where a private authority "
                                       "signs it, name its PEM file in CLIENT_CA_FILE",
                                       name, tls.trouble())));
            }
            co_return fail(failed(Cause::tls, fmt::format("no TLS with {}: {}", name, tls.trouble())));
        }
        if (co_await connection.wait(call, {}) == Connection::Woken::stopped) co_return fail(stopped(call));
    }
    tally.handshakes.add();
    if (tls.resumed()) tally.resumptions.add();
    co_return Outcome<void>{};
}

async::Task<Outcome<void>> send_all(async::Call& call, Connection& connection, std::string text, std::string proxy) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        iovec piece{text.data() + sent, text.size() - sent};
        const auto result = connection.write({&piece, 1});
        if (result.status == Status::done) {
            sent += result.bytes;
        } else if (result.status != Status::would_block) {
            co_return fail(failed(Cause::proxy, fmt::format("the proxy {} closed the connection", proxy)));
        } else if (co_await connection.wait(call, {}) == Connection::Woken::stopped) {
            co_return fail(stopped(call));
        }
    }
    co_return Outcome<void>{};
}

Failure refused_by(const std::string& proxy, const std::string& target, const ResponseHead& head) {
    if (head.status == 407) {
        return failed(Cause::proxy,
                      fmt::format("the proxy {} wants another user or password (407): set them in HTTPS_PROXY as "
                                  "http://user:password@host:port",
                                  proxy),
                      base::Kind::credentials);
    }
    return failed(Cause::proxy, fmt::format("the proxy {} refuses to connect to {}: it answers {} {}", proxy, target,
                                            head.status, head.reason));
}

/// CONNECT (RFC 9110 section 9.3.6): after a 2xx the bytes are the server's.
async::Task<Outcome<void>> open_tunnel(async::Call& call, Connection& connection) {
    const Route& route = connection.route();
    const auto proxy = route.proxy->address.host_and_port();
    auto sent =
        co_await send_all(call, connection, write_connect_head(route.name, route.proxy->authorization.reveal()), proxy);
    if (!sent) co_return sent;
    auto& input = connection.input();
    ResponseHeadParser parser{proxy_head_bytes};
    ResponseHead head;
    for (;;) {
        const auto step = parser.advance(input.bytes());
        if (step == ResponseHeadParser::Step::complete) {
            input.consume(parser.take(input.bytes(), head));
            if (head.status / 100 == 1) continue;
            if (head.status / 100 != 2) co_return fail(refused_by(proxy, route.name, head));
            if (input.empty()) co_return Outcome<void>{};
            co_return fail(failed(Cause::proxy, fmt::format("the proxy {} sends what nobody asked for", proxy)));
        }
        if (step != ResponseHeadParser::Step::need_more) {
            co_return fail(
                failed(Cause::proxy, fmt::format("what answers at {} is no HTTP proxy: {}", proxy, parser.why())));
        }
        const auto room = input.prepare();
        const auto result = connection.read(room);
        if (result.status == Status::done) {
            input.commit(result.bytes);
        } else if (result.status != Status::would_block) {
            co_return fail(
                failed(Cause::proxy,
                       fmt::format("the proxy {} closed the connection without connecting to {}", proxy, route.name)));
        } else if (co_await connection.wait(call, {}) == Connection::Woken::stopped) {
            co_return fail(stopped(call));
        }
    }
}

async::Task<Outcome<ConnectionPtr>> dial(async::Call& call, std::shared_ptr<ConnectionPool> pool, RoutePtr route,
                                         ConnectionBudget::Permit permit, Phase& phase) {
    auto& parts = pool->parts();
    const Url* const proxy = route->proxy ? &route->proxy->address : nullptr;
    const std::string host = proxy != nullptr ? proxy->host : route->host;
    const std::uint16_t port = proxy != nullptr ? proxy->port : route->port;
    const std::string name = proxy != nullptr ? "the proxy " + proxy->host_and_port() : route->name;

    auto addresses = co_await parts.resolver.resolve(call, host, port);
    if (!addresses) {
        if (call.stopped()) co_return fail(stopped(call));
        co_return fail({.error = std::move(addresses.error()), .cause = Cause::dns});
    }
    phase = {Cause::connect, "it does not answer"};
    auto socket = co_await tcp_connect(call, pool->loop(), std::move(*addresses), name);
    if (!socket) {
        if (socket.error().cause == Cause::connect) parts.resolver.forget(host);
        co_return fail(std::move(socket.error()));
    }
    auto connection = std::make_unique<Connection>(route, std::move(permit), std::move(*socket));
    if (!connection->attach(pool->loop())) {
        co_return fail(failed(Cause::connect, fmt::format("no connection to {}: too many open sockets", name)));
    }
    if (proxy != nullptr && proxy->secure()) {
        phase = {Cause::tls, "the TLS handshake with the proxy did not end"};
        auto done = co_await add_tls(call, *connection, parts, pool->tally(), proxy->host, proxy->host_and_port());
        if (!done) co_return fail(std::move(done.error()));
    }
    if (route->scheme == Scheme::https) {
        if (proxy != nullptr) {
            phase = {Cause::proxy, "the proxy did not answer CONNECT"};
            auto done = co_await open_tunnel(call, *connection);
            if (!done) co_return fail(std::move(done.error()));
        }
        phase = {Cause::tls, "the TLS handshake did not end"};
        auto done = co_await add_tls(call, *connection, parts, pool->tally(), route->host, route->name);
        if (!done) co_return fail(std::move(done.error()));
    }
    co_return connection;
}

}  // namespace

async::Task<Outcome<ConnectionPtr>> open_connection(async::Call& call, std::shared_ptr<ConnectionPool> pool,
                                                    RoutePtr route, ConnectionBudget::Permit permit) {
    const auto timeout = pool->parts().settings.connect_timeout;
    async::Call bounded{call, call.worker().now() + timeout};
    Phase phase;
    auto opened = co_await dial(bounded, pool, route, std::move(permit), phase);
    if (opened) {
        pool->tally().connects.add();
        co_return opened;
    }
    pool->tally().connect_failures.add();
    if (opened.error().cause == Cause::stopped) {
        if (call.stopped()) co_return fail(stopped(call));
        co_return fail(failed(phase.cause, fmt::format("no connection to {} within {} s "
                                                       "(CLIENT_CONNECT_TIMEOUT_SECONDS): {}",
                                                       route->name, timeout.count(), phase.doing)));
    }
    co_return opened;
}

}  // namespace net::client
