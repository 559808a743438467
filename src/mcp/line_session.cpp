#include "mcp/line_session.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include <boost/json/value.hpp>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "mcp/batch.hpp"
#include "mcp/envelope.hpp"
#include "mcp/error_map.hpp"
#include "mcp/running_call.hpp"

namespace mcp {
namespace {

class Lines final : public LineSession {
public:
    Lines(ServerCore& core, Caller caller, Write write)
        : core_{core}, caller_{std::move(caller)}, write_{std::move(write)}, scope_{base::new_id()} {}

    void receive(std::string_view text) override { take(text, nullptr); }
    void receive_refused(std::string_view text, const base::Error& error) override { take(text, &error); }
    void refuse_oversized(std::size_t limit) override;
    bool idle() const override { return open_.empty(); }
    void on_idle(std::function<void()> handler) override;
    void close(async::StopReason reason) override;

private:
    /// One request (or batch) that is not answered yet.
    class Open final : public Outlet {
    public:
        explicit Open(std::shared_ptr<Lines> lines) : lines_{std::move(lines)} {}

        void answer(Reply reply) override {
            if (!reply.silent) lines_->write(std::move(reply.message));
            lines_->finished(*this);
        }
        void notify(base::Payload message) override { lines_->write(std::move(message)); }
        void tell(base::Payload message) override { lines_->write(std::move(message)); }
        bool ask(base::Payload message) override {
            lines_->write(std::move(message));
            return !lines_->closed_;
        }
        bool head_sent() const override { return true; }
        void release_connection(std::chrono::milliseconds) override {}

        void stop(async::StopReason reason) {
            const auto held_call = call;  // they are let go of when they answer
            const auto held_batch = batch;
            if (held_call) held_call->stop(reason);
            if (held_batch) held_batch->stop(reason);
        }

        RunningCallPtr call;
        std::shared_ptr<Batch> batch;

    private:
        std::shared_ptr<Lines> lines_;
    };

    std::shared_ptr<Lines> self() { return std::static_pointer_cast<Lines>(shared_from_this()); }
    void take(std::string_view text, const base::Error* refusal);
    void request(Message message, DocumentPool::Ptr document);
    void begin_session(const Message& message);
    void batch(std::string_view text);
    void write(base::Payload message) {
        if (!closed_) write_(single_line(std::move(message)));
    }
    void refuse(std::string_view id, RpcError error) { write(error_message(id, error)); }
    void finished(const Open& open);
    Caller caller() const { return {caller_.worker, caller_.principal, {}, caller_.trace}; }
    CallFacts stateless() const { return {.revision = latest, .session = nullptr, .scope = scope_, .lines = true}; }
    CallFacts stateful() const {
        return {.revision = session_->revision, .session = session_, .scope = scope_, .lines = true};
    }

    ServerCore& core_;
    Caller caller_;
    Write write_;
    const std::string scope_;
    SessionPtr session_;
    std::unique_ptr<Changes::Listening> listening_;
    std::unordered_set<std::shared_ptr<Open>> open_;
    std::function<void()> on_idle_;
    bool closed_ = false;
};

/// `refusal`: of requests; null: they are served.
void Lines::take(std::string_view text, const base::Error* refusal) {
    text = base::trim(text);
    if (text.empty() || closed_) return;
    auto document = core_.local(caller_.worker).documents.take();
    const auto value = document->parse(text, core_.options.max_depth);
    if (!value) {
        refuse("null", {.code = code::parse_error, .message = "Parse error: " + value.error().message()});
        return;
    }
    if ((*value)->is_array()) {
        refusal ? refuse("null", map_error(*refusal, latest, Asked::other, true).rpc) : batch(text);
        return;
    }
    auto message = classify(**value, text);
    switch (message.kind) {
        case Message::Kind::request:
            if (refusal) return refuse(message.id, map_error(*refusal, latest, Asked::other, true).rpc);
            request(std::move(message), std::move(document));
            return;
        case Message::Kind::notification: take_notification(core_, scope_, message); return;
        case Message::Kind::response: take_response(core_, scope_, message); return;
        case Message::Kind::invalid: break;
    }
    refuse(message.id, {.code = message.wrong_params ? code::invalid_params : code::invalid_request,
                        .message = std::string{message.problem}});
}

void Lines::request(Message message, DocumentPool::Ptr document) {
    const auto declared = declared_version(message);
    const auto revision = declared ? revision_from(*declared) : std::nullopt;
    const bool modern = declared && (!revision || is_stateless(*revision));
    if (modern && !revision) {
        refuse(message.id, unsupported_version(*declared, core_.versions_lines));
        return;
    }
    if (!modern && message.method == to_string(Method::initialize)) {
        begin_session(message);
        return;
    }
    if (!modern && !session_) {
        if (message.method == to_string(Method::ping)) {
            write(result_message(message.id, "{}"));
        } else {
            refuse(message.id, {.code = code::invalid_params,
                                .message = fmt::format("params._meta[\"{}\"] is required, where no initialize came "
                                                       "before",
                                                       meta_key::version)});
        }
        return;
    }
    auto open = std::make_shared<Open>(self());
    auto started = start_request(core_, caller(), modern ? stateless() : stateful(), std::move(message),
                                 std::move(document), open);
    if (started.reply) {
        if (!started.reply->silent) write(std::move(started.reply->message));
        return;
    }
    open->call = std::move(started.call);
    open_.insert(std::move(open));
}

void Lines::begin_session(const Message& message) {
    if (session_) {
        refuse(message.id, {.code = code::invalid_request, .message = "this session was initialized already"});
        return;
    }
    auto initialized = initialize(core_, message, true);
    if (!initialized) {
        refuse(message.id, initialized.error());
        return;
    }
    session_ = std::move(initialized->session);
    core_.census.line_began();
    const auto& options = core_.options;
    listening_ = core_.changes.listen(caller_.worker,
                                      {.tools = options.tools_list_changed,
                                       .prompts = options.prompts_list_changed,
                                       .resources = options.resources_list_changed,
                                       .uris = {},
                                       .any_resource = options.resource_subscriptions},
                                      [this](Change change, std::string_view uri) {
                                          const bool wanted = change != Change::resource ||
                                                              core_.sessions.is_subscribed(session_->key, uri);
                                          if (wanted) write(change_message(change, uri, {}));
                                      });
    write(std::move(initialized->message));
}

void Lines::batch(std::string_view text) {
    if (!session_ || !has_batches(session_->revision)) {
        refuse("null", {.code = code::invalid_request, .message = "batches are part of revision 2025-03-26 only"});
        return;
    }
    auto open = std::make_shared<Open>(self());
    auto reply = Batch::start(core_, caller(), stateful(), text, open, open->batch);
    if (!reply) {
        open_.insert(std::move(open));
    } else if (!reply->silent) {
        write(std::move(reply->message));
    }
}

void Lines::refuse_oversized(std::size_t limit) {
    refuse("null", {.code = code::invalid_request, .message = fmt::format("a message is longer than {} bytes", limit)});
}

void Lines::finished(const Open& open) {
    const auto found =
        std::find_if(open_.begin(), open_.end(), [&](const auto& entry) { return entry.get() == &open; });
    if (found == open_.end()) return;
    const auto keep = *found;  // the one that calls us
    open_.erase(found);
    keep->call.reset();
    keep->batch.reset();
    if (open_.empty() && on_idle_) std::exchange(on_idle_, nullptr)();
}

void Lines::on_idle(std::function<void()> handler) {
    if (open_.empty()) {
        handler();
    } else {
        on_idle_ = std::move(handler);
    }
}

void Lines::close(async::StopReason reason) {
    if (closed_) return;
    const auto open = open_;
    for (const auto& entry : open) entry->stop(reason);
    closed_ = true;
    listening_.reset();
    if (session_) core_.census.line_ended();
}

}  // namespace

std::shared_ptr<LineSession> LineSession::make(Server& server, Caller caller, Write write) {
    return std::make_shared<Lines>(server.core(), std::move(caller), std::move(write));
}

}  // namespace mcp
