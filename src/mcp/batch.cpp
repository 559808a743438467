#include "mcp/batch.hpp"

#include <fmt/format.h>

#include "mcp/envelope.hpp"
#include "mcp/raw_json.hpp"

namespace mcp {

/// The outlet of one request: what precedes its answer goes straight on, the answer waits for the others.
class Batch::Item : public Outlet {
public:
    explicit Item(std::shared_ptr<Batch> batch) : batch_{std::move(batch)} {}

    void answer(Reply reply) override { batch_->answered(std::move(reply)); }
    void notify(base::Payload message) override { parent().notify(std::move(message)); }
    void tell(base::Payload message) override { parent().tell(std::move(message)); }
    bool ask(base::Payload message) override { return parent().ask(std::move(message)); }
    // One status stands for all: what is refused in a batch is refused in its message.
    bool head_sent() const override { return true; }
    void release_connection(std::chrono::milliseconds) override {}

private:
    Outlet& parent() { return *batch_->parent_; }
    std::shared_ptr<Batch> batch_;
};

std::optional<Reply> Batch::start(ServerCore& core, const Caller& caller, const CallFacts& facts,
                                  std::string_view raw_array, const std::shared_ptr<Outlet>& parent,
                                  std::shared_ptr<Batch>& batch) {
    const auto elements = raw_elements(raw_array);
    const auto refuse = [](std::string message) {
        return Reply{.message = error_message("null", {.code = code::invalid_request, .message = std::move(message)}),
                     .http_status = 400};
    };
    if (elements.empty()) return refuse("an empty batch");
    if (elements.size() > core.options.max_batch) {
        return refuse(
            fmt::format("a batch of {} messages: at most {} are taken", elements.size(), core.options.max_batch));
    }
    auto made = std::make_shared<Batch>();
    made->parent_ = parent;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        Caller one = caller;
        if (!one.request_id.empty()) one.request_id += fmt::format(".{}", i + 1);
        made->take(elements[i], core, std::move(one), facts);
    }
    made->starting_ = false;
    if (made->open_ == 0) return made->all();
    batch = std::move(made);
    return std::nullopt;
}

void Batch::take(std::string_view raw, ServerCore& core, Caller caller, const CallFacts& facts) {
    auto document = core.local(caller.worker).documents.take();
    const auto value = document->parse(raw, core.options.max_depth);
    if (!value) {
        answers_.push_back(error_message("null", {.code = code::parse_error, .message = value.error().message()}));
        return;
    }
    auto message = classify(**value, raw);
    switch (message.kind) {
        case Message::Kind::invalid:
            answers_.push_back(
                error_message(message.id, {.code = message.wrong_params ? code::invalid_params : code::invalid_request,
                                           .message = std::string{message.problem}}));
            return;
        case Message::Kind::notification: take_notification(core, facts.scope, message); return;
        case Message::Kind::response: take_response(core, facts.scope, message); return;
        case Message::Kind::request: break;
    }
    auto started = start_request(core, std::move(caller), facts, std::move(message), std::move(document),
                                 std::make_shared<Item>(shared_from_this()));
    if (started.reply) {
        add(std::move(*started.reply));
        return;
    }
    ++open_;
    calls_.push_back(std::move(started.call));
}

void Batch::add(Reply reply) {
    if (!reply.silent) answers_.push_back(std::move(reply.message));
}

void Batch::answered(Reply reply) {
    add(std::move(reply));
    if (--open_ > 0 || starting_) return;
    calls_.clear();
    const auto parent = std::exchange(parent_, nullptr);
    parent->answer(all());
}

Reply Batch::all() {
    if (answers_.empty()) return {.silent = true};
    MessageBuilder builder;
    builder.text("[");
    for (std::size_t i = 0; i < answers_.size(); ++i) {
        if (i > 0) builder.text(",");
        builder.part(std::move(answers_[i]));
    }
    builder.text("]");
    return {.message = builder.take()};
}

void Batch::stop(async::StopReason reason) {
    const auto calls = calls_;
    for (const auto& call : calls) call->stop(reason);
}

}  // namespace mcp
