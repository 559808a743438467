#include "net/server/exchange.hpp"

#include <algorithm>
#include <utility>

#include "async/signal.hpp"
#include "base/text.hpp"

namespace net {

/// A coroutine in `write`; stands in its frame.
struct Exchange::RoomWaiter {
    explicit RoomWaiter(Exchange& exchange) : exchange{exchange} { exchange.waiters_.push_back(this); }
    RoomWaiter(const RoomWaiter&) = delete;
    RoomWaiter& operator=(const RoomWaiter&) = delete;
    ~RoomWaiter() { std::erase(exchange.waiters_, this); }

    Exchange& exchange;
    async::Signal signal;
};

Exchange::Exchange(std::shared_ptr<ExchangeSink> sink, async::Worker& worker, std::shared_ptr<const Peer> peer,
                   Request request)
    : request_{std::move(request)}, sink_{std::move(sink)}, worker_{&worker}, peer_{std::move(peer)} {}

Exchange::~Exchange() { sink_->dropped(*this); }

std::string_view Exchange::header(std::string_view name) const {
    for (const auto& header : request_.headers) {
        if (header.name.size() == name.size() && base::iequals(header.name, name)) return header.value;
    }
    return {};
}

std::size_t Exchange::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(request_.headers.begin(), request_.headers.end(),
                                                  [&](auto& header) { return base::iequals(header.name, name); }));
}

bool Exchange::forwarded() const {
    return std::any_of(request_.headers.begin(), request_.headers.end(), [](const Header& header) {
        return base::iequals(header.name, "forwarded") || base::iequals(header.name, "x-real-ip") ||
               (header.name.size() > 12 && base::iequals(header.name.substr(0, 12), "x-forwarded-"));
    });
}

void Exchange::reply(ReplyHead head, base::Payload body) {
    if (state_ != State::waiting) return;
    state_ = State::finished;
    on_stop_ = nullptr;
    on_drain_ = nullptr;
    sink_->reply(*this, std::move(head), std::move(body));
}

void Exchange::begin(ReplyHead head) {
    if (state_ != State::waiting) return;
    state_ = State::begun;
    sink_->begin(*this, std::move(head));
}

base::Result<void> Exchange::offer(base::Payload part) {
    if (state_ == State::begun && !gone() && !sink_->has_room(*this)) {
        return base::fail(base::Error{base::Kind::overloaded, "the client reads too slowly"}.at(base::Stage::protocol));
    }
    return push(std::move(part));
}

base::Result<void> Exchange::push(base::Payload part) {
    const auto left = [] {
        return base::fail(base::Error{base::Kind::cancelled, "the client has left"}.at(base::Stage::protocol));
    };
    if (gone()) return left();
    if (state_ != State::begun) {
        return base::fail(base::Error{base::Kind::internal, "an answer is written before its head or after its end"}.at(
            base::Stage::protocol));
    }
    if (!sink_->write(*this, std::move(part))) return left();
    return {};
}

async::Task<base::Result<void>> Exchange::write(async::Call& call, base::Payload part) {
    const auto self = shared_from_this();
    while (state_ == State::begun && !gone() && !sink_->has_room(*this)) {
        auto reason = async::StopReason::none;
        {
            RoomWaiter waiter{*this};
            reason = co_await waiter.signal.wait(call);
        }
        if (reason != async::StopReason::none) co_return base::fail(call.stopped_error(base::Stage::protocol));
    }
    co_return offer(std::move(part));
}

void Exchange::finish() {
    if (state_ != State::begun) return;
    state_ = State::finished;
    on_stop_ = nullptr;
    on_drain_ = nullptr;
    sink_->finish(*this);
}

void Exchange::abort() {
    if (state_ == State::finished) return;
    state_ = State::finished;
    on_stop_ = nullptr;
    on_drain_ = nullptr;
    sink_->abort(*this);
}

void Exchange::on_stop(StopHandler handler) {
    if (handler && gone() && state_ != State::finished) return handler(stopped_);
    on_stop_ = std::move(handler);
}

void Exchange::on_drain(std::function<void()> handler) {
    if (handler && draining_ && state_ != State::finished) return handler();
    on_drain_ = std::move(handler);
}

void Exchange::stop(async::StopReason reason) {
    if (gone()) return;
    stopped_ = reason;
    const auto self = weak_from_this().lock();
    const auto handler = std::exchange(on_stop_, nullptr);
    made_room();
    if (handler && state_ != State::finished) handler(reason);
}

void Exchange::drain() {
    draining_ = true;
    const auto self = weak_from_this().lock();
    const auto handler = std::exchange(on_drain_, nullptr);
    if (handler && state_ != State::finished) handler();
}

void Exchange::made_room() {
    for (auto* waiter : waiters_) waiter->signal.set();
}

}  // namespace net
