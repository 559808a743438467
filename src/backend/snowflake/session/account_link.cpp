#include "backend/snowflake/session/account_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "async/signal.hpp"
#include "backend/snowflake/wire/redirect.hpp"

namespace backend::snowflake {
namespace {

namespace client = net::client;

LinkFailure link_failure(client::Failure failure) {
    using How = FailedAttempt::How;
    LinkFailure out{.attempt = {}, .error = std::move(failure.error)};
    switch (failure.sent) {
        case client::Sent::no: out.attempt.how = How::unsent; break;
        case client::Sent::maybe: out.attempt.how = How::lost; break;
        case client::Sent::answered: out.attempt.how = How::broken_body; break;
    }
    switch (failure.cause) {
        case client::Cause::stopped: out.stopped = true; break;
        case client::Cause::argument:
        case client::Cause::certificate:
        case client::Cause::proxy:
        case client::Cause::too_large: out.hopeless = true; break;
        default: break;
    }
    return out;
}

/// Bodies of this size are counted by nobody.
constexpr std::size_t unleased_body = std::size_t{64} << 10;

/// The statement has been answered, and the answer cannot be taken: another try would meet the same.
LinkFailure unread(base::Error error) {
    return {.attempt = {.how = FailedAttempt::How::broken_body, .status = 0, .retry_after = {}},
            .error = std::move(error).at(base::Stage::result),
            .hopeless = true};
}

LinkFailure too_large(const AccountLink::Options& options) {
    return unread(base::Error{base::Kind::unavailable, fmt::format("the answer of {} is larger than {} bytes",
                                                                   options.account.host, options.max_body_bytes)});
}

LinkFailure no_memory(base::Error error) {
    auto told = base::Error{error.kind(), "Snowflake's answer is not read on: " + error.message()};
    if (error.retry_after()) told = std::move(told).retry_after(*error.retry_after());
    return unread(std::move(told).about(error.argument()));
}

LinkFailure refused_redirect(int status, base::Error error) {
    return {.attempt = {.how = FailedAttempt::How::status, .status = status, .retry_after = {}},
            .error = std::move(error),
            .hopeless = true};
}

}  // namespace

double jitter() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_real_distribution<>{0, 1}(random);
}

std::int64_t wall_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(base::WallClock::now().time_since_epoch()).count();
}

async::Task<void> pause(async::Call& call, std::chrono::milliseconds delay) {
    async::Call nap{call, call.worker().now() + delay};
    async::Signal never;
    co_await never.wait(nap);
}

AccountLink::AccountLink(Options options, std::shared_ptr<client::Outbound> outbound,
                         const std::vector<async::Worker*>& workers)
    : options_{std::move(options)},
      headers_for_rows_{common_headers(options_.identity, "application/snowflake")},
      headers_for_json_{common_headers(options_.identity, "application/json")} {
    for (async::Worker* const worker : workers) {
        if (clients_.size() <= worker->index()) clients_.resize(worker->index() + 1);
        clients_[worker->index()] = std::make_unique<client::HttpClient>(*worker, outbound);
    }
}

AccountLink::~AccountLink() = default;

client::Request AccountLink::request(const Ask& ask, const client::Url& url) const {
    client::Request request;
    request.method = ask.method;
    request.url = url;
    request.headers = ask.accept == Ask::Accept::rows ? headers_for_rows_ : headers_for_json_;
    if (ask.accept == Ask::Accept::events) {
        for (auto& [name, value] : request.headers) {
            if (name == "Accept") value = "application/json, text/event-stream";
        }
    }
    if (!ask.token.empty()) request.headers.push_back(token_header(ask.token.reveal()));
    if (!ask.session_header.empty()) request.headers.emplace_back("x-snowflake-session", ask.session_header);
    request.body = ask.body;
    request.lane = ask.lane;
    // A second sending is ours to decide, and to mark.
    request.repeat = ask.method == "GET" ? client::Repeat::allowed : client::Repeat::never;
    request.limits.body_bytes = options_.max_body_bytes;
    request.limits.silence = ask.lane == client::Lane::control ? options_.control_silence : options_.silence;
    return request;
}

async::Task<LinkResult<client::Response>> AccountLink::open(async::Call& call, Ask ask) {
    client::Url url = options_.account;
    url.target = ask.target;
    for (int redirects = 0;; ++redirects) {
        auto response = co_await client(call.worker()).send(call, request(ask, url));
        if (!response) co_return std::unexpected{link_failure(std::move(response.error()))};
        const int status = response->status();
        if (!is_redirect(status)) co_return std::move(*response);
        if (redirects == max_redirects) {
            co_return std::unexpected{refused_redirect(
                status,
                base::Error{base::Kind::unavailable,
                            fmt::format("{} redirects in circles ({} times); check SNOWFLAKE_HOST and the proxy",
                                        options_.account.host, redirects)})};
        }
        auto next = redirect_target(url, response->header("location"));
        if (!next) co_return std::unexpected{refused_redirect(status, std::move(next.error()))};
        url = std::move(*next);
    }
}

/// Rows stand in it, so many that they must be leased before they are kept.
async::Task<LinkResult<void>> AccountLink::read_body(async::Call& call, client::Response& response, LinkReply& reply) {
    std::string& body = reply.body;
    for (;;) {
        auto piece = co_await response.read(call);
        if (!piece) co_return std::unexpected{link_failure(std::move(piece.error()))};
        if (piece->empty()) co_return LinkResult<void>{};
        const std::size_t size = body.size() + piece->size();
        if (size > options_.max_body_bytes) co_return std::unexpected{too_large(options_)};
        if (size > body.capacity()) {
            const std::size_t room = std::max(size, std::min(body.capacity() * 2, options_.max_body_bytes));
            if (options_.memory != nullptr && room > unleased_body) {
                auto lease = options_.memory->grow(reply.lease.bytes(), room - reply.lease.bytes());
                if (!lease) co_return std::unexpected{no_memory(std::move(lease.error()))};
                reply.lease.join(std::move(*lease));
            }
            body.reserve(room);
        }
        body += *piece;
    }
}

async::Task<LinkResult<LinkReply>> AccountLink::exchange(async::Call& call, Ask ask) {
    const base::TimePoint since = call.worker().now();
    auto response = co_await open(call, std::move(ask));
    if (!response) co_return std::unexpected{std::move(response.error())};
    LinkReply reply{.status = response->status(), .body = {}, .retry_after = {}, .session_header = {}};
    reply.retry_after = parse_retry_after(response->header("retry-after"));
    reply.session_header = response->header("x-snowflake-session");
    auto read = co_await read_body(call, *response, reply);
    if (!read) {
        if (reply.ok() || read.error().stopped) co_return std::unexpected{std::move(read.error())};
        reply.body.clear();  // the status says enough
    }
    reply.took = std::chrono::duration_cast<std::chrono::milliseconds>(call.worker().now() - since);
    co_return reply;
}

}  // namespace backend::snowflake
