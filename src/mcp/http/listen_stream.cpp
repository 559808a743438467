#include "mcp/http/listen_stream.hpp"

#include <charconv>

#include "mcp/http/event_stream.hpp"
#include "mcp/http/post.hpp"

namespace mcp::http {

ListenStream::ListenStream(ServerCore& core, async::Worker& worker, SessionPtr session,
                           std::shared_ptr<Responder> responder)
    : core_{core}, worker_{worker}, session_{std::move(session)}, responder_{std::move(responder)} {}

ListenStream::~ListenStream() {
    if (stream_ != 0) core_.sessions.remove_stream(session_->key, stream_);
}

void ListenStream::begin() {
    responder_->begin({.status = 200, .content_type = "text/event-stream", .event_stream = true});
}

void ListenStream::listen() {
    begin();
    if (responder_) responder_->send(comment(), Importance::droppable);  // so that the head goes out now
    stream_ = core_.sessions.add_stream(session_->key);
    const auto& options = core_.options;
    listening_ = core_.changes.listen(worker_,
                                      {.tools = options.tools_list_changed,
                                       .prompts = options.prompts_list_changed,
                                       .resources = options.resources_list_changed,
                                       .uris = {},
                                       .any_resource = options.resource_subscriptions},
                                      [this](Change change, std::string_view uri) { told(change, uri); });
}

void ListenStream::told(Change change, std::string_view uri) {
    // "The server MUST send each of its JSON-RPC messages on only one of the connected streams."
    if (!responder_ || !core_.sessions.is_current_stream(session_->key, stream_)) return;
    if (change == Change::resource && !core_.sessions.is_subscribed(session_->key, uri)) return;
    responder_->send(event(change_message(change, uri, {}), {}), Importance::required);
}

void ListenStream::resume(Streams& streams, std::string_view last_event_id) {
    const auto dash = last_event_id.rfind('-');
    std::uint64_t number = 0;
    const auto digits = dash == std::string_view::npos ? std::string_view{} : last_event_id.substr(dash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
        listen();
        return;
    }
    begin();
    const std::string id{last_event_id.substr(0, dash)};
    // Both ways by posting: the stream lives on another worker maybe. This one may be gone when something arrives.
    const auto here = [weak = weak_from_this(), &worker = worker_](auto act) {
        worker.post([weak, act = std::move(act)] {
            if (const auto self = weak.lock(); self && self->responder_) act(*self);
        });
    };
    Continuation continuation{.send =
                                  [here](base::Payload bytes) {
                                      here([bytes = std::move(bytes)](ListenStream& self) {
                                          self.responder_->send(bytes, Importance::required);
                                      });
                                  },
                              .finish = [here] { here([](ListenStream& self) { self.finish(); }); }};
    const bool known = streams.post(
        id, [here, session = session_->key, number, continuation = std::move(continuation)](Post* post) mutable {
            if (post != nullptr && post->resume(session, number, std::move(continuation))) return;
            here([](ListenStream& self) { self.finish(); });
        });
    if (!known) {
        finish();
        return;
    }
    streams_ = &streams;
    resumed_ = id;
}

void ListenStream::disconnected(async::StopReason) {
    responder_.reset();
    listening_.reset();
    if (streams_ == nullptr) return;
    streams_->post(resumed_, [](Post* post) {
        if (post != nullptr) post->left_again();
    });
}

void ListenStream::finish() {
    listening_.reset();
    streams_ = nullptr;
    if (const auto responder = std::exchange(responder_, nullptr)) responder->finish();
}

}  // namespace mcp::http
