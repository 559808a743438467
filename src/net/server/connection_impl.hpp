/// Bodies of `Connection`; included by connection.hpp only.
#pragma once

#include "net/server/connection.hpp"

namespace net {

template <class Stream>
Connection<Stream>::Connection(std::shared_ptr<ConnectionShare> share, std::shared_ptr<const Peer> peer, Stream stream)
    : share_{std::move(share)},
      peer_{std::move(peer)},
      stream_{std::move(stream)},
      codec_{share_->limits->codec, share_->blocks, share_->budget},
      timer_{[this] { expired(); }} {
    if (share_->draining) codec_.drain();
}

template <class Stream>
Connection<Stream>::~Connection() {
    close();
}

template <class Stream>
void Connection<Stream>::join_share() {
    joined_ = true;
    place_ = share_->connections.insert(share_->connections.end(), this->shared_from_this());
    if (!share_->poller->add(stream_.fd(), *this)) close();
}

template <class Stream>
void Connection<Stream>::start() {
    join_share();
    progress_ = true;
    if (!closed_) settle();
}

template <class Stream>
void Connection<Stream>::turn_away() {
    codec_.set_date(share_->date.at(std::time(nullptr)));
    codec_.refuse(503, "too many connections are open (MAX_CONNECTIONS)", 1);
    join_share();
    if (!closed_) settle();
}

// --- input

template <class Stream>
void Connection<Stream>::on_ready(async::Readiness what) {
    if (closed_) return;
    readable_ |= what.readable;
    at_end_ |= what.ended;
    if (what.writable && std::exchange(blocked_, false) && !codec_.output().empty()) {
        settle();
        if (closed_) return;
    }
    // With its read-ahead full it would not find out by reading.
    if (what.broken && !lingering_ && !codec_.wants_input()) return break_off(async::StopReason::client);
    if (readable_) lingering_ ? discard() : read();
}

template <class Stream>
void Connection<Stream>::read() {
    // A few rounds for large bodies; a peer that sends without end must not hold the worker.
    for (int round = 0; round < 4; ++round) {
        const auto room = codec_.prepare();
        if (room.empty()) break;
        const auto got = stream_.read_some(room);
        if (got.status == async::IoResult::Status::would_block) {
            readable_ = false;
            break;
        }
        if (got.status != async::IoResult::Status::done) return peer_left(got.status);
        // A short read emptied the socket; later bytes are a new edge, but an end that was told is still to be read.
        readable_ = at_end_ || got.bytes == room.size();
        codec_.commit(got.bytes);
        share_->tally->received.add(got.bytes);
        pump();
        if (closed_ || lingering_ || !readable_) return;
    }
    if (!closed_) settle();
}

/// Later, and not on the stack of a handler that is answering: the rest of the input, requests that wait behind an
/// answer.
template <class Stream>
void Connection<Stream>::read_on() {
    if (std::exchange(posted_, true)) return;
    share_->worker.post([self = this->shared_from_this()] {
        self->posted_ = false;
        if (self->closed_ || self->broken_) return;
        if (self->codec_.has_input() && self->current_ == nullptr) self->pump();
        if (self->closed_ || !self->readable_) return;
        self->lingering_ ? self->discard() : self->read();
    });
}

template <class Stream>
void Connection<Stream>::peer_left(async::IoResult::Status how) {
    peer_ended_ = true;
    readable_ = false;
    if (current_ != nullptr && !current_->gone()) {
        share_->tally->left_early.add();
        current_->stop(async::StopReason::client);
    }
    if (closed_) return;
    // After a mere end of input the answer may still be wanted; after a reset nothing is.
    const bool owes = how == async::IoResult::Status::ended &&
                      (codec_.phase() == Http1Codec::Phase::answering || !codec_.output().empty());
    owes ? settle() : close();
}

template <class Stream>
void Connection<Stream>::discard() {
    std::array<char, 4096> bytes;
    for (int round = 0; round < 16; ++round) {
        const auto got = stream_.read_some(bytes);
        if (got.status == async::IoResult::Status::would_block) {
            readable_ = false;
            return;
        }
        if (got.status != async::IoResult::Status::done) return close();
    }
    read_on();
}

// --- exchanges

template <class Stream>
void Connection<Stream>::pump() {
    const auto self = this->shared_from_this();
    pumping_ = true;
    codec_.set_date(share_->date.at(std::time(nullptr)));
    while (!closed_ && !peer_ended_ && codec_.output().size() <= share_->limits->output_bytes) {
        auto request = codec_.next();
        if (!request) break;
        serve(std::move(*request));
    }
    pumping_ = false;
    if (!closed_) settle();
}

template <class Stream>
void Connection<Stream>::serve(Request request) {
    auto exchange = std::make_shared<Exchange>(this->shared_from_this(), share_->worker, peer_, std::move(request));
    current_ = exchange.get();
    events_ = false;
    if (share_->draining) exchange->drain();
    (*share_->handler)(std::move(exchange));
}

template <class Stream>
void Connection<Stream>::reply(Exchange& exchange, ReplyHead&& head, base::Payload&& body) {
    if (&exchange != current_ || closed_) return;
    current_ = nullptr;
    share_->tally->answered(head.status);
    if (!pumping_) codec_.set_date(share_->date.at(std::time(nullptr)));
    codec_.reply(head, std::move(body));
    if (!pumping_) settle();
}

template <class Stream>
void Connection<Stream>::begin(Exchange& exchange, ReplyHead&& head) {
    if (&exchange != current_ || closed_) return;
    share_->tally->answered(head.status);
    if (!pumping_) codec_.set_date(share_->date.at(std::time(nullptr)));
    events_ = head.body == ReplyHead::Body::events;
    codec_.begin(head);
    progress_ = true;
    if (!pumping_) settle();
}

template <class Stream>
bool Connection<Stream>::write(Exchange& exchange, base::Payload&& part) {
    if (&exchange != current_ || closed_ || broken_) return false;
    if (codec_.output().size() > share_->limits->output_most) {
        break_off(async::StopReason::deadline);
        return false;
    }
    codec_.write(std::move(part));
    if (limit_ == Limit::comment) progress_ = true;
    if (!pumping_) settle();
    return !broken_;
}

template <class Stream>
bool Connection<Stream>::has_room(const Exchange&) const {
    return closed_ || broken_ || codec_.output().size() < share_->limits->output_bytes;
}

template <class Stream>
void Connection<Stream>::finish(Exchange& exchange) {
    if (&exchange != current_ || closed_) return;
    current_ = nullptr;
    codec_.finish();
    if (!pumping_) settle();
}

template <class Stream>
void Connection<Stream>::abort(Exchange& exchange) {
    if (&exchange != current_) return;
    current_ = nullptr;
    close();
}

template <class Stream>
void Connection<Stream>::dropped(Exchange& exchange) {
    if (&exchange != current_) {
        if (current_ == nullptr) codec_.reuse(exchange.take_headers());
        return;
    }
    if (exchange.begun()) return abort(exchange);
    reply(exchange, {.status = 500, .content_type = "application/json"},
          base::Payload::literal(R"({"error":"the server has no answer to this request"})"));
}

// --- output, limits, the end

template <class Stream>
void Connection<Stream>::settle() {
    const auto self = this->shared_from_this();
    flush();
    if (closed_ || broken_) return;
    const bool sent = codec_.output().empty();
    if (sent && codec_.should_close()) return part_with();
    if (sent && peer_ended_ && codec_.phase() != Http1Codec::Phase::answering) return close();
    const bool idle = codec_.phase() == Http1Codec::Phase::idle;
    if (!peer_ended_ && ((readable_ && codec_.wants_input()) || (idle && codec_.has_input() && !blocked_))) read_on();
    if (idle && sent) codec_.release();
    set_limit();
}

/// Not on the stack of the handler that is answering: it must not be told of an end inside its own call.
template <class Stream>
void Connection<Stream>::break_off(async::StopReason reason) {
    if (std::exchange(broken_, true)) return;
    share_->worker.post([self = this->shared_from_this(), reason] {
        if (self->closed_) return;
        if (self->current_ != nullptr && !self->current_->gone()) {
            self->share_->tally->left_early.add();
            self->current_->stop(reason);
        }
        self->close();
    });
}

/// Sends what the socket takes, up to a fair share: who reads as fast as we send must not hold the worker.
template <class Stream>
void Connection<Stream>::flush() {
    std::size_t share = fair_share;
    while (!blocked_ && !broken_ && !codec_.output().empty()) {
        if (share == 0) {
            flush_on();
            break;
        }
        std::array<iovec, 64> pieces;
        const auto count = shorten(std::span{pieces}.first(codec_.output().gather(pieces)), share);
        const auto sent = stream_.write_some(std::span{pieces}.first(count));
        if (sent.status == async::IoResult::Status::would_block) {
            blocked_ = true;  // until the poller says that it takes bytes again
            break;
        }
        if (sent.status != async::IoResult::Status::done) return break_off(async::StopReason::client);
        codec_.output().consume(sent.bytes);
        share -= sent.bytes;
        progress_ = true;
        share_->tally->sent.add(sent.bytes);
    }
    if (current_ != nullptr && codec_.output().size() < share_->limits->output_bytes / 2) current_->made_room();
}

/// How many of the pieces hold `most` bytes; the last is shortened where it goes beyond.
template <class Stream>
std::size_t Connection<Stream>::shorten(std::span<iovec> pieces, std::size_t most) {
    std::size_t count = 0;
    while (count < pieces.size() && most > 0) {
        auto& length = pieces[count++].iov_len;
        length = std::min(length, most);
        most -= length;
    }
    return count;
}

template <class Stream>
void Connection<Stream>::flush_on() {
    if (std::exchange(flushing_, true)) return;
    share_->worker.post([self = this->shared_from_this()] {
        self->flushing_ = false;
        if (!self->closed_ && !self->broken_) self->settle();
    });
}

template <class Stream>
std::chrono::milliseconds Connection<Stream>::span_of(Limit limit) const {
    const auto& limits = *share_->limits;
    switch (limit) {
        case Limit::idle: return limits.idle;
        case Limit::head: return limits.head;
        case Limit::body: return limits.body;
        case Limit::send: return limits.send;
        case Limit::comment: return limits.comment;
        case Limit::linger: return limits.linger;
        case Limit::none: break;
    }
    return {};
}

template <class Stream>
void Connection<Stream>::set_limit() {
    auto wanted = Limit::none;
    if (lingering_) {
        wanted = Limit::linger;
    } else if (!codec_.output().empty()) {
        wanted = Limit::send;
    } else {
        switch (codec_.phase()) {
            case Http1Codec::Phase::idle: wanted = Limit::idle; break;
            case Http1Codec::Phase::head: wanted = Limit::head; break;
            case Http1Codec::Phase::body: wanted = Limit::body; break;
            case Http1Codec::Phase::answering: wanted = events_ ? Limit::comment : Limit::none; break;
            case Http1Codec::Phase::closing: break;
        }
    }
    // A head or body has its whole time once, however many pieces it comes in.
    const bool whole = wanted == Limit::head || wanted == Limit::body || wanted == Limit::linger;
    const bool anew = wanted != limit_ || (std::exchange(progress_, false) && !whole);
    limit_ = wanted;
    if (!anew) return;
    if (wanted == Limit::none) return;  // an armed entry finds out when it fires
    due_ = now() + span_of(wanted);
    if (!timer_.armed() || timer_.at() > due_) share_->worker.wheel().arm(timer_, due_);
}

template <class Stream>
void Connection<Stream>::expired() {
    if (closed_ || limit_ == Limit::none) return;
    if (now() < due_) return share_->worker.wheel().arm(timer_, due_);
    const auto self = this->shared_from_this();
    switch (std::exchange(limit_, Limit::none)) {
        case Limit::head:
        case Limit::body:
            share_->tally->timed_out.add();
            codec_.set_date(share_->date.at(std::time(nullptr)));
            codec_.time_out();
            return settle();
        case Limit::comment: codec_.write(base::Payload::literal(": keep-alive\n\n")); return settle();
        case Limit::send:
            if (current_ != nullptr) current_->stop(async::StopReason::deadline);
            return close();
        case Limit::idle:
        case Limit::linger: return close();
        case Limit::none: return;
    }
}

template <class Stream>
void Connection<Stream>::part_with() {
    if (codec_.refused()) {
        share_->tally->refused.add();
        share_->tally->answered(codec_.refusal_status());
    }
    if (peer_ended_ || lingering_ || !(codec_.should_linger() || codec_.has_input())) return close();
    lingering_ = true;
    stream_.end_sending();
    set_limit();
    if (readable_) read_on();
}

template <class Stream>
void Connection<Stream>::drain() {
    const auto self = this->shared_from_this();
    codec_.drain();
    if (current_ != nullptr) return current_->drain();
    if (!closed_ && !lingering_) read();  // what has arrived already is still answered
    if (current_ == nullptr && !codec_.has_input() && codec_.output().empty() && !lingering_) close();
}

template <class Stream>
void Connection<Stream>::end() {
    const auto self = this->shared_from_this();
    if (current_ != nullptr) current_->stop(async::StopReason::drain);
    if (!closed_) flush();
    close();
}

template <class Stream>
void Connection<Stream>::close() {
    if (std::exchange(closed_, true)) return;
    timer_.cancel();
    stream_.close();
    if (joined_) {
        share_->closed.push_back(std::move(*place_));  // the poller may still name it in this round
        share_->connections.erase(place_);
        if (share_->closed.size() == 1) share_->worker.post([share = share_] { share->round_over(); });
    }
    share_->count.fetch_sub(1, std::memory_order_relaxed);
    if (share_->probe != nullptr) share_->probe->closed();
    if (auto* const open = std::exchange(current_, nullptr)) open->stop(async::StopReason::client);
}

}  // namespace net
