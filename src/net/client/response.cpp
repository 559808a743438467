#include "net/client/response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "async/yield.hpp"
#include "base/text.hpp"
#include "net/client/response_state.hpp"

namespace net::client {
namespace {

using State = Response::State;
using Status = async::IoResult::Status;

constexpr std::size_t yield_every = 256 * 1024;  // about a millisecond of inflating

/// Is it time to let others on this worker go first?
bool is_time_to_yield(State& state, std::size_t bytes) {
    state.unyielded += bytes;
    if (state.unyielded < yield_every) return false;
    state.unyielded = 0;
    return true;
}

Failure give_up(State& state, Failure failure) {
    state.connection.reset();
    state.failed = failure;
    return failure;
}

Failure stopped(State& state, async::Call& call) {
    return give_up(state,
                   {.error = call.stopped_error(base::Stage::result), .cause = Cause::stopped, .sent = Sent::answered});
}

Failure silent(State& state) {
    return give_up(state, {.error = base::Error{base::Kind::unavailable,
                                                fmt::format("{} went on after {} bytes, then nothing came for {} s",
                                                            state.whose, state.reader.wire_bytes(),
                                                            static_cast<double>(state.limits.silence.count()) / 1000)}
                                        .at(base::Stage::result),
                           .cause = Cause::silent,
                           .sent = Sent::answered});
}

/// More bytes of the body into the input, or the news that there are none.
async::Task<Outcome<void>> receive(State& state, async::Call& call) {
    auto& connection = *state.connection;
    const auto size = state.reader.left() > ReadBuffer::usual || state.reader.wire_bytes() > ReadBuffer::usual
                          ? ReadBuffer::bulk
                          : ReadBuffer::usual;
    for (;;) {
        const auto room = connection.input().prepare(size);
        const auto got = connection.read(room);
        switch (got.status) {
            case Status::done:
                connection.input().commit(got.bytes);
                state.pool->tally().received.add(got.bytes);
                if (call.stopped()) co_return fail(stopped(state, call));
                co_return Outcome<void>{};
            case Status::ended:
                state.reusable = false;
                if (state.reader.input_ended()) co_return Outcome<void>{};
                co_return fail(give_up(state, state.reader.failure(state.whose)));
            case Status::failed: {
                auto failure = state.reader.failure(state.whose);
                failure.error = base::Error{base::Kind::unavailable,
                                            fmt::format("{} broke off after {} bytes: {}", state.whose,
                                                        state.reader.wire_bytes(), connection.stream().trouble())}
                                    .at(base::Stage::result);
                failure.cause = Cause::closed;
                co_return fail(give_up(state, std::move(failure)));
            }
            case Status::would_block: break;
        }
        switch (co_await connection.wait(call, state.limits.silence)) {
            case Connection::Woken::stopped: co_return fail(stopped(state, call));
            case Connection::Woken::silent: co_return fail(silent(state));
            case Connection::Woken::edge: break;
        }
    }
}

async::Task<Outcome<std::string_view>> next_piece(State& state, async::Call& call) {
    if (state.failed) co_return fail(*state.failed);
    while (!state.ended) {
        std::string_view piece;
        switch (state.reader.next(state.connection->input(), piece)) {
            case BodyReader::Step::piece:
                if (is_time_to_yield(state, piece.size())) co_await async::yield(call.worker());
                co_return piece;
            case BodyReader::Step::end: state.put_back(); break;
            case BodyReader::Step::failed: co_return fail(give_up(state, state.reader.failure(state.whose)));
            case BodyReader::Step::need_more: {
                auto received = co_await receive(state, call);
                if (!received) co_return fail(std::move(received.error()));
                break;
            }
        }
    }
    co_return std::string_view{};
}

async::Task<Outcome<std::string>> whole_body(State& state, async::Call& call, std::size_t max_bytes) {
    std::string body;
    // Announced is not received: no more than a few MB on a promise.
    body.reserve(std::min<std::uint64_t>({state.reader.expected(), max_bytes, std::uint64_t{8} << 20}));
    for (;;) {
        std::string_view piece;
        auto step = BodyReader::Step::end;
        if (!state.failed && !state.ended) step = state.reader.next(state.connection->input(), piece);
        if (step == BodyReader::Step::need_more || state.failed) {
            if (state.failed) co_return fail(*state.failed);
            auto received = co_await receive(state, call);
            if (!received) co_return fail(std::move(received.error()));
            continue;
        }
        if (step == BodyReader::Step::failed) co_return fail(give_up(state, state.reader.failure(state.whose)));
        if (step == BodyReader::Step::end) {
            if (!state.ended) state.put_back();
            co_return body;
        }
        if (piece.size() > max_bytes - body.size()) {
            co_return fail(
                give_up(state, {.error = base::Error{base::Kind::unavailable,
                                                     fmt::format("{} is larger than {} bytes", state.whose, max_bytes)}
                                             .at(base::Stage::result),
                                .cause = Cause::too_large,
                                .sent = Sent::answered}));
        }
        body.append(piece);
        if (is_time_to_yield(state, piece.size())) {
            co_await async::yield(call.worker());
            if (call.stopped()) co_return fail(stopped(state, call));
        }
    }
}

}  // namespace

void Response::State::put_back() {
    ended = true;
    auto done = std::move(connection);
    if (!done || !reusable) return;
    done->input().consume(reader.lent());
    pool->put_back(std::move(done), share, head.idle_timeout);
}

Response::Response(std::unique_ptr<State> state) : state_{std::move(state)} {}
Response::Response(Response&&) noexcept = default;

Response& Response::operator=(Response&& other) noexcept {
    Response old{std::move(*this)};
    state_ = std::move(other.state_);
    return *this;
}

Response::~Response() {
    if (state_ && !state_->ended && !state_->failed && state_->reader.at_end()) state_->put_back();
}

int Response::status() const { return state_->head.status; }
std::string_view Response::reason() const { return state_->head.reason; }
std::string_view Response::header(std::string_view name) const { return state_->head.header(name); }
const std::vector<HeaderField>& Response::headers() const { return state_->head.fields; }

bool Response::has_header(std::string_view name) const {
    const auto& fields = state_->head.fields;
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return base::iequals(field.name, name); });
}

async::Task<Outcome<std::string_view>> Response::read(async::Call& call) { return next_piece(*state_, call); }

async::Task<Outcome<std::string>> Response::body(async::Call& call, std::size_t max_bytes) {
    return whole_body(*state_, call, max_bytes);
}

std::size_t Response::decoded_bytes() const { return state_->reader.decoded_bytes(); }
std::size_t Response::wire_bytes() const { return state_->reader.wire_bytes(); }

}  // namespace net::client
