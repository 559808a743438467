#include "mcp/http/post.hpp"

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "mcp/http/event_stream.hpp"

namespace mcp::http {
namespace {

constexpr std::size_t kept_events = 256;
constexpr std::size_t kept_bytes = std::size_t{1} << 20;

Head stream_head() { return {.status = 200, .content_type = "text/event-stream", .event_stream = true}; }

}  // namespace

Post::Post(Parts parts, Responder& responder)
    : parts_{std::move(parts)},
      responder_{&responder},
      late_{[this] { stream_late(); }},
      grace_{[this] { grace_is_over(); }} {}

Post::~Post() {
    forget_stream();
    if (counted_) --parts_.streams.detached;
}

void Post::suspend(RunningCallPtr call, std::shared_ptr<Batch> batch) {
    call_ = std::move(call);
    batch_ = std::move(batch);
    if (responder_ != nullptr) {
        kept_ = responder_->keep();
        responder_ = kept_.get();
    }
    if (responder_ != nullptr && !streaming_) {
        parts_.worker.wheel().arm(late_, parts_.worker.now() + parts_.options.stream_after);
    }
}

// --- saying

bool Post::open_stream() {
    if (streaming_) return true;
    if (!parts_.accepts.stream || responder_ == nullptr) return false;
    streaming_ = true;
    responder_->begin(stream_head());
    late_.cancel();
    if (polling()) {
        stream_id_ = base::new_id();
        parts_.streams.add(stream_id_, weak_from_this(), parts_.worker);
        auto priming = priming_event(fmt::format("{}-{}", stream_id_, ++events_), parts_.options.retry);
        sent_.emplace_back(events_, priming);
        sent_bytes_ += priming.size();
        send(std::move(priming), Importance::required);
    }
    return true;
}

void Post::send(base::Payload bytes, Importance importance) {
    if (continuation_.send) {
        continuation_.send(std::move(bytes));
    } else if (responder_ != nullptr) {
        responder_->send(std::move(bytes), importance);
    }
}

void Post::send_event(base::Payload message, Importance importance) {
    if (stream_id_.empty()) {
        send(event(std::move(message), {}), importance);
        return;
    }
    auto bytes = event(std::move(message), fmt::format("{}-{}", stream_id_, ++events_));
    sent_.emplace_back(events_, bytes);
    sent_bytes_ += bytes.size();
    while (sent_.size() > 1 && (sent_.size() > kept_events || sent_bytes_ > kept_bytes)) {
        sent_bytes_ -= sent_.front().second.size();
        sent_.pop_front();
    }
    // An event with an id must not be dropped here: the client could not know that it misses one.
    send(std::move(bytes), Importance::required);
}

void Post::say(base::Payload message, Importance importance) {
    if (!done_ && open_stream()) send_event(std::move(message), importance);
}

bool Post::ask(base::Payload message) {
    if (done_ || !open_stream()) return false;
    send_event(std::move(message), Importance::required);
    return true;
}

void Post::answer(Reply reply) {
    if (done_) return;
    done_ = true;
    call_.reset();
    batch_.reset();
    late_.cancel();
    if (streaming_) {
        if (!reply.silent) send_event(std::move(reply.message), Importance::required);
        finish();
        return;
    }
    grace_.cancel();
    if (responder_ == nullptr) return;
    auto& responder = *std::exchange(responder_, nullptr);
    if (reply.silent) {
        responder.reply({.status = 202}, {});
    } else if (!parts_.accepts.json && reply.http_status == 200) {
        responder.begin(stream_head());
        responder.send(event(std::move(reply.message), {}), Importance::required);
        responder.finish();
    } else {
        responder.reply(
            {.status = reply.http_status, .content_type = "application/json", .retry_after = reply.retry_after},
            std::move(reply.message));
    }
    kept_.reset();
}

/// The stream's end. Without a client it waits for one until the grace is over.
void Post::finish() {
    if (continuation_.finish) {
        std::exchange(continuation_, {}).finish();
    } else if (responder_ != nullptr) {
        std::exchange(responder_, nullptr)->finish();
    } else if (self_ != nullptr) {
        return;
    }
    kept_.reset();
    grace_.cancel();
    if (self_ != nullptr) parts_.worker.post([self = std::move(self_)] {});
}

// --- the client leaves, and comes back

void Post::release_connection(std::chrono::milliseconds retry) {
    if (!polling() || done_ || !open_stream() || responder_ == nullptr) return;
    responder_->send(base::Payload::own(fmt::format("retry: {}\n\n", retry.count())), Importance::required);
    std::exchange(responder_, nullptr)->finish();
    detach();
}

void Post::disconnected(async::StopReason reason) {
    if (responder_ == nullptr) return;
    responder_ = nullptr;
    kept_.reset();
    late_.cancel();
    if (done_) return;
    if (reason == async::StopReason::drain) {
        stop(reason);
    } else if (is_stateless(parts_.revision)) {
        stop(async::StopReason::client);
    } else {
        detach();
    }
}

/// The call runs on without a connection, for `orphan_grace`.
void Post::detach() {
    late_.cancel();
    if (grace_.armed()) return;
    if (!stream_id_.empty() && self_ == nullptr) {
        if (parts_.streams.detached.load() < parts_.options.max_detached) {
            self_ = shared_from_this();
            if (!std::exchange(counted_, true)) ++parts_.streams.detached;
        } else {
            forget_stream();
        }
    }
    parts_.worker.wheel().arm(grace_, parts_.worker.now() + parts_.core.options.orphan_grace);
}

void Post::grace_is_over() {
    const auto self = shared_from_this();  // `stop` and `self_` may be the last to hold us
    stop(async::StopReason::client);
    self_.reset();
    forget_stream();
    // The wheel still runs our entry's handler: go only after it.
    parts_.worker.post([self] {});
}

bool Post::resume(const std::string& session, std::uint64_t last, Continuation continuation) {
    if (stream_id_.empty() || parts_.session->key != session) return false;
    if (responder_ != nullptr) {  // its old connection has not noticed yet
        std::exchange(responder_, nullptr)->finish();
        kept_.reset();
    }
    if (continuation_.finish) continuation_.finish();
    continuation_ = std::move(continuation);
    grace_.cancel();
    for (const auto& [number, bytes] : sent_) {
        if (number > last) continuation_.send(bytes);
    }
    if (done_) finish();
    return true;
}

/// Nobody can come back for it any more.
void Post::forget_stream() {
    if (!stream_id_.empty()) parts_.streams.remove(stream_id_);
    stream_id_.clear();
    sent_.clear();
    sent_bytes_ = 0;
}

void Post::left_again() {
    continuation_ = {};
    if (!done_) detach();
}

void Post::drain() {
    const auto call = call_;
    if (call) call->drain();
}

void Post::stop(async::StopReason reason) {
    const auto call = call_;
    const auto batch = batch_;
    if (call) call->stop(reason);
    if (batch) batch->stop(reason);
}

/// A long silence ends in an open stream: the comments on it keep proxies from giving up.
void Post::stream_late() {
    // What we send may find the client gone, and the last to hold us may let go: not inside our entry's handler.
    parts_.worker.post([self = shared_from_this()] {});
    if (!done_) open_stream();
}

}  // namespace mcp::http
