#include "net/client/http_client.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "net/client/connector.hpp"
#include "net/client/outbound.hpp"
#include "net/client/request_head.hpp"
#include "net/client/response_state.hpp"

namespace net::client {
namespace {

using Status = async::IoResult::Status;

constexpr std::size_t join_below = 16 * 1024;  // a body up to this leaves in one piece with its head

Failure stopped(async::Call& call, Sent sent) {
    return {.error = call.stopped_error(base::Stage::none), .cause = Cause::stopped, .sent = sent};
}

/// One request and the head of its answer on one connection.
class Conversation {
public:
    Conversation(ConnectionPool& pool, Connection& connection, const Request& request, std::string& head)
        : pool_{pool},
          connection_{connection},
          request_{request},
          parser_{connection.head_parser(request.limits.head_bytes)},
          head_{head},
          unsent_{head.size() + (joined() ? 0 : request.body.size())} {}

    enum class Step { wait, done, failed };

    /// As far as it goes now.
    Step advance(ResponseHead& answer) {
        write();
        for (;;) {
            const auto step = parse(answer);
            if (step != Step::wait) return step;
            auto& input = connection_.input();
            const auto room = input.prepare();
            const auto got = connection_.read(room);
            if (got.status == Status::would_block) {
                if (!write_failed_) return Step::wait;
                return fail(Cause::closed, "the connection broke while the request was sent: " + trouble_);
            }
            if (got.status == Status::ended) {
                return fail(Cause::closed, received_ ? "the answer broke off in its headers"
                                                     : "the connection was closed without an answer");
            }
            if (got.status == Status::failed) return fail(Cause::closed, connection_.stream().trouble());
            input.commit(got.bytes);
            received_ = true;
            pool_.tally().received.add(got.bytes);
        }
    }

    bool is_sent() const { return unsent_ == 0; }
    Sent sent() const {
        if (received_) return Sent::answered;
        return began_ ? Sent::maybe : Sent::no;
    }
    Failure failure() const {
        return {.error = base::Error{base::Kind::unavailable,
                                     fmt::format("no answer of {}: {}", connection_.route().name, why_)},
                .cause = cause_,
                .sent = sent()};
    }
    Failure silence() const {
        return {.error = base::Error{base::Kind::unavailable,
                                     fmt::format("no answer of {}: nothing came for {} s", connection_.route().name,
                                                 static_cast<double>(request_.limits.silence.count()) / 1000)},
                .cause = Cause::silent,
                .sent = sent()};
    }

private:
    bool joined() const { return request_.body.size() <= join_below; }

    Step fail(Cause cause, std::string why) {
        cause_ = cause;
        why_ = std::move(why);
        return Step::failed;
    }

    void write() {
        while (unsent_ > 0 && !write_failed_ && connection_.may_write()) {
            const std::size_t body = joined() ? 0 : request_.body.size();
            const auto of_body = std::min(unsent_, body);
            const auto of_head = unsent_ - of_body;
            std::array<iovec, 2> pieces{
                iovec{head_.data() + head_.size() - of_head, of_head},
                iovec{const_cast<char*>(request_.body.data()) + body - of_body, of_body},
            };
            const auto first = of_head > 0 ? 0U : 1U;
            const auto count = (of_head > 0 ? 1U : 0U) + (of_body > 0 ? 1U : 0U);
            const auto result = connection_.write(std::span{pieces}.subspan(first, count));
            if (result.status == Status::done) {
                unsent_ -= result.bytes;
                began_ = true;
                pool_.tally().sent.add(result.bytes);
            } else if (result.status != Status::would_block) {
                write_failed_ = true;  // the answer may be here all the same (413, say)
                trouble_ = connection_.stream().trouble();
            }
        }
    }

    Step parse(ResponseHead& answer) {
        auto& input = connection_.input();
        while (!input.empty()) {
            switch (parser_.advance(input.bytes())) {
                case ResponseHeadParser::Step::need_more: return Step::wait;
                case ResponseHeadParser::Step::malformed:
                    return fail(Cause::malformed,
                                "what came is not HTTP as it should be: " + std::string{parser_.why()});
                case ResponseHeadParser::Step::too_large: return fail(Cause::too_large, std::string{parser_.why()});
                case ResponseHeadParser::Step::complete: break;
            }
            input.consume(parser_.take(input.bytes(), answer));
            if (answer.status == 101) return fail(Cause::malformed, "it switches protocols unasked (101)");
            if (answer.status >= 200) return Step::done;
            if (++interim_ > 16) return fail(Cause::malformed, "it sends one interim answer after another");
        }
        return Step::wait;
    }

    ConnectionPool& pool_;
    Connection& connection_;
    const Request& request_;
    ResponseHeadParser& parser_;
    std::string& head_;
    std::size_t unsent_;
    Cause cause_ = Cause::closed;
    std::string why_;
    std::string trouble_;
    int interim_ = 0;
    bool began_ = false;
    bool received_ = false;
    bool write_failed_ = false;
};

async::Task<Outcome<void>> converse(async::Call& call, Response::State& state, const Request& request,
                                    std::string& head) {
    Conversation conversation{*state.pool, *state.connection, request, head};
    for (;;) {
        switch (conversation.advance(state.head)) {
            case Conversation::Step::done:
                state.reusable = state.head.keep_alive && conversation.is_sent();
                co_return Outcome<void>{};
            case Conversation::Step::failed: co_return fail(conversation.failure());
            case Conversation::Step::wait: break;
        }
        switch (co_await state.connection->wait(call, request.limits.silence)) {
            case Connection::Woken::stopped: co_return fail(stopped(call, conversation.sent()));
            case Connection::Woken::silent: co_return fail(conversation.silence());
            case Connection::Woken::edge: break;
        }
    }
}

/// A connection for the request: kept, handed over by another worker, or new.
async::Task<Outcome<ConnectionPtr>> connect(async::Call& call, std::shared_ptr<ConnectionPool> pool, RoutePtr route,
                                            ConnectionBudget::Share share, ConnectionBudget::Permit permit) {
    if (!permit) {
        auto granted = co_await pool->acquire(call, route, share);
        if (!granted) co_return fail(std::move(granted.error()));
        if (granted->connection) co_return std::move(granted->connection);
        permit = std::move(granted->permit);
    }
    if (call.stopped()) co_return fail(stopped(call, Sent::no));
    co_return co_await open_connection(call, pool, std::move(route), std::move(permit));
}

async::Task<Outcome<Response>> run(std::shared_ptr<ConnectionPool> pool, async::Call& call, Request request) {
    pool->tally().requests.add();
    const auto route = pool->route_to(request.url);
    const auto share = ConnectionBudget::share_of(request.lane);
    std::string head;
    head.reserve(1024);
    const bool plain_proxy = route->proxy && route->scheme == Scheme::http;
    const HeadForm form{.absolute = plain_proxy,
                        .proxy_authorization = plain_proxy ? route->proxy->authorization.reveal() : std::string_view{}};
    if (auto written = write_request_head(head, request, form); !written) {
        co_return fail({.error = std::move(written.error()), .cause = Cause::argument});
    }
    if (request.body.size() <= join_below) head.append(request.body);
    if (call.stopped()) co_return fail(stopped(call, Sent::no));

    auto state = std::make_unique<Response::State>();
    state->pool = pool;
    state->share = share;
    state->limits = request.limits;
    state->connection = pool->take(*route, share);
    ConnectionBudget::Permit permit;
    for (;;) {
        if (!state->connection) {
            auto opened = co_await connect(call, pool, route, share, std::move(permit));
            if (!opened) co_return fail(std::move(opened.error()));
            state->connection = std::move(*opened);
        }
        const bool reused = state->connection->used;
        if (reused) pool->tally().reused.add();
        auto talked = co_await converse(call, *state, request, head);
        if (talked) break;
        const auto& failure = talked.error();
        const bool again = reused && failure.cause == Cause::closed &&
                           (failure.sent == Sent::no || (failure.sent == Sent::maybe && is_repeatable(request)));
        if (!again) co_return fail(std::move(talked.error()));
        // A new connection in the place of the kept one, which had been closed under us.
        permit = state->connection->take_permit();
        state->connection.reset();
        pool->tally().repeated.add();
    }
    state->connection->used = true;
    state->whose = "the answer of " + route->name;
    if (!state->reader.start(state->head, request.method == "HEAD", request.decode, request.limits)) {
        co_return fail(state->reader.failure(state->whose));
    }
    if (state->reader.at_end()) state->put_back();
    co_return Response{std::move(state)};
}

async::Task<Outcome<Response>> counted(std::shared_ptr<ConnectionPool> pool, async::Call& call, Request request) {
    auto answer = co_await run(pool, call, std::move(request));
    if (!answer) pool->tally().failures.add();
    co_return answer;
}

}  // namespace

Outbound::Outbound(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Outbound::~Outbound() = default;

base::Result<std::shared_ptr<Outbound>> Outbound::create(const ClientSettings& settings) {
    return create(settings, &Resolver::system_look_up);
}

base::Result<std::shared_ptr<Outbound>> Outbound::create(const ClientSettings& settings, Resolver::LookUp look_up) {
    auto tls = TlsContext::create(settings.ca_file);
    if (!tls) return base::fail(tls.error());
    auto proxies = ProxyRules::create(settings);
    if (!proxies) return base::fail(proxies.error());
    return std::shared_ptr<Outbound>{new Outbound{std::unique_ptr<Parts>{
        new Parts{.settings = settings,
                  .tls = std::move(*tls),
                  .proxies = std::move(*proxies),
                  .resolver = Resolver{std::move(look_up), Resolver::Limits{}},
                  .budget = ConnectionBudget{{.size = static_cast<std::size_t>(settings.pool_size),
                                              .wait = std::chrono::milliseconds{settings.pool_timeout}}},
                  .probe = {}}}}};
}

void Outbound::register_metrics(base::Metrics& metrics) { parts_->probe.register_metrics(metrics, parts_->budget); }

base::Probe Outbound::probe() const {
    return {.name = "client",
            .status = [this](base::JsonWriter& json) { parts_->probe.write_status(json, parts_->budget); },
            .actions = {}};
}

HttpClient::HttpClient(async::Worker& worker, std::shared_ptr<Outbound> outbound)
    : worker_{worker}, outbound_{std::move(outbound)}, pool_{std::make_shared<ConnectionPool>(worker, outbound_)} {
    pool_->start();
}

HttpClient::~HttpClient() { pool_->close(); }

async::Task<Outcome<Response>> HttpClient::send(async::Call& call, Request request) {
    return counted(pool_, call, std::move(request));
}

std::size_t HttpClient::idle_connections() const { return pool_->idle(); }

}  // namespace net::client
