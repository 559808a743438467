#include "mcp/running_call.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "mcp/envelope.hpp"

namespace mcp {

namespace {

constexpr std::chrono::milliseconds pause_after_burst{50};  // at most 20 notifications a second

async::Call::Parts call_parts(ServerCore& core, Caller& caller, const CallFacts& facts, const Message& message,
                              RequestMeta& meta, async::Call::ProgressSink progress) {
    const bool endless = is_stateless(facts.revision) && message.method == to_string(Method::subscriptions_listen);
    async::Call::Parts parts;
    parts.request_id = caller.request_id.empty() ? core.next_request_id(caller.worker) : std::move(caller.request_id);
    parts.principal = std::move(caller.principal);
    parts.deadline = endless ? base::TimePoint::max() : caller.worker.now() + core.options.request_timeout;
    parts.trace = meta.trace.trace_id.empty() ? std::move(caller.trace) : std::move(meta.trace);
    if (!meta.progress_token.empty()) parts.progress = std::move(progress);
    return parts;
}

}  // namespace

RunningCall::RunningCall(ServerCore& core, Caller caller, CallFacts facts, Message message, RequestMeta meta,
                         DocumentPool::Ptr document)
    : CallStorage{caller.worker, call_parts(core, caller, facts, message, meta,
                                            [this](const async::Progress& progress) { report(progress); })},
      Context{storage_, facts.revision},
      core_{core},
      facts_{std::move(facts)},
      message_{std::move(message)},
      method_{method_from(message_.method)},
      document_{std::move(document)},
      meta_{std::move(meta)},
      started_{caller.worker.now()} {
    static const boost::json::object nothing;
    client_ = facts_.session ? facts_.session->client() : meta_.client;
    const auto* arguments = message_.params ? find_object(*message_.params, "arguments") : nullptr;
    arguments_ = arguments ? arguments : &nothing;
}

std::optional<Reply> RunningCall::start(const std::shared_ptr<Outlet>& outlet) {
    outlet_ = outlet;
    auto reply = route();
    if (!reply) return reply;
    outlet_.reset();
    count(*reply);
    return reply;
}

bool RunningCall::keep() {
    if (facts_.scope.empty()) facts_.scope = storage_.request_id();
    const auto counted =
        method_ == Method::subscriptions_listen ? CallsInFlight::Counted::no : CallsInFlight::Counted::yes;
    kept_ = core_.calls.add(facts_.scope, message_.id, shared_from_this(), counted);
    return kept_;
}

void RunningCall::complete(Reply reply) {
    if (kept_) core_.calls.remove(facts_.scope, message_.id, *this);
    kept_ = false;
    const auto outlet = std::exchange(outlet_, nullptr);
    if (!outlet) return;
    // What the client cancelled is not answered, whatever came out of it.
    if (storage_.stop_reason() == async::StopReason::client) reply = Reply{.silent = true};
    count(reply);
    outlet->answer(std::move(reply));
}

void RunningCall::count(const Reply& reply) {
    if (!core_.traffic) return;
    auto ending = Traffic::Ending::ok;
    if (reply.silent) {
        ending = Traffic::Ending::cancelled;
    } else if (rpc_error_) {
        ending = Traffic::Ending::rpc_error;
    } else if (tool_error_) {
        ending = Traffic::Ending::tool_error;
    }
    core_.traffic->finished(method_, tool_, revision_, ending, storage_.worker().now() - started_,
                            storage_.trace().trace_id);
}

void RunningCall::stop(async::StopReason reason) {
    if (listening_) {
        end_listening(reason == async::StopReason::drain);
    } else {
        storage_.stop(reason);
    }
}

void RunningCall::drain() {
    if (listening_) end_listening(true);
}

bool RunningCall::wants_log(LogLevel level) const {
    if (!core_.options.logging || !outlet_) return false;
    if (is_stateless(revision_)) return meta_.log_level && level >= *meta_.log_level;
    if (!facts_.session) return false;  // nobody can set a level there
    const auto wanted = core_.sessions.log_level(facts_.session->key);
    const auto from = wanted ? wanted : core_.options.log_unasked_from;
    return from && level >= *from;
}

void RunningCall::log(LogLevel level, std::string_view logger, std::string_view data_json) {
    if (!wants_log(level) || storage_.stopped() || !log_limit_.take(storage_.worker().now())) return;
    std::string params;
    base::JsonWriter writer{params};
    writer.begin_object().field("level", to_string(level));
    if (!logger.empty()) writer.field("logger", logger);
    writer.key("data").raw(data_json).end_object();
    outlet_->notify(notification_message("notifications/message", params));
}

bool RunningCall::Limiter::take(base::TimePoint now) {
    if (burst > 0) {
        --burst;
    } else if (now < next) {
        return false;
    }
    next = now + pause_after_burst;
    return true;
}

void RunningCall::release_connection(std::chrono::milliseconds retry) {
    if (outlet_) outlet_->release_connection(retry);
}

/// Specification, "Progress": the value must increase; both sides should limit the rate.
void RunningCall::report(const async::Progress& progress) {
    if (!outlet_ || storage_.stopped()) return;
    if (last_progress_ && progress.progress <= *last_progress_) return;
    if (!progress_limit_.take(storage_.worker().now())) return;
    last_progress_ = progress.progress;
    std::string params;
    base::JsonWriter writer{params};
    writer.begin_object().key("progressToken").raw(meta_.progress_token).field("progress", progress.progress);
    if (progress.total) writer.field("total", *progress.total);
    // `message` came with 2025-03-26.
    if (!progress.message.empty() && revision_ >= Revision::v2025_03_26) writer.field("message", progress.message);
    writer.end_object();
    outlet_->notify(notification_message("notifications/progress", params));
}

// --- input rounds of the handshake era: the server asks the client

base::Result<void> RunningCall::send_asks(InputRequired& input) {
    for (const auto& request : input.requests) {
        const auto capability = capability_of(request.method);
        if (!has_capability(client_.capabilities, capability)) {
            return base::fail(base::Kind::bad_argument,
                              fmt::format("this needs the client's \"{}\", which it does not offer", capability));
        }
    }
    answered_.emplace();
    for (auto& request : input.requests) {
        Ask ask{.id = fmt::format("\"{}-{}\"", storage_.request_id(), ++asked_count_), .key = std::move(request.key)};
        core_.calls.add(facts_.scope, ask.id, shared_from_this(), CallsInFlight::Counted::no);
        asks_.push_back(ask);
        if (!outlet_ || !outlet_->ask(request_message(ask.id, request.method, request.params_json))) {
            return base::fail(base::Kind::unavailable, "the client cannot be asked on this connection");
        }
    }
    return {};
}

void RunningCall::withdraw_asks() {
    for (const auto& ask : asks_) {
        core_.calls.remove(facts_.scope, ask.id, *this);
        if (ask.answered || !outlet_) continue;
        outlet_->notify(notification_message("notifications/cancelled",
                                             fmt::format(R"({{"requestId":{},"reason":"no longer needed"}})", ask.id)));
    }
    asks_.clear();
}

base::Result<void> RunningCall::take_answers() {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object();
    for (const auto& ask : asks_) {
        if (ask.refused) {
            return base::fail(base::Kind::bad_argument,
                              fmt::format("the client refused to give \"{}\": {}", ask.key, ask.json));
        }
        writer.key(ask.key).raw(ask.json);
    }
    writer.end_object();
    if (!input_document_) input_document_ = core_.local(storage_.worker()).documents.take();
    const auto parsed = input_document_->parse(json, core_.options.max_depth + 2);
    if (!parsed) return base::fail(parsed.error());
    input_responses_ = (*parsed)->if_object();
    return {};
}

async::Task<base::Result<void>> RunningCall::ask_client(std::shared_ptr<RunningCall> self, InputRequired input) {
    RunningCall& call = *self;
    call.request_state_ = input.state;
    auto sent = call.send_asks(input);
    if (sent) {
        async::Call waiting{call.storage_, call.storage_.worker().now() + call.core_.options.input_timeout};
        while (sent && !std::ranges::all_of(call.asks_, &Ask::answered)) {
            if (co_await call.answered_->wait(waiting) != async::StopReason::none) {
                sent = base::fail(waiting.stopped_error(base::Stage::protocol));
            }
            call.answered_->reset();
        }
    }
    if (sent) sent = call.take_answers();
    call.withdraw_asks();
    co_return sent;
}

void RunningCall::deliver(const std::string& ask_id, std::string json, bool error) {
    const auto ask = std::ranges::find(asks_, ask_id, &Ask::id);
    if (ask == asks_.end() || ask->answered) return;
    ask->answered = true;
    ask->refused = error;
    ask->json = std::move(json);
    answered_->set();
}

// --- the ways in

Started start_request(ServerCore& core, Caller caller, CallFacts facts, Message message, DocumentPool::Ptr document,
                      const std::shared_ptr<Outlet>& outlet) {
    auto meta = read_meta(message, facts.revision);
    if (!meta) {
        return {nullptr,
                Reply{.message = error_message(message.id, meta.error()), .http_status = meta.error().http_status}};
    }
    auto call = std::make_shared<RunningCall>(core, std::move(caller), std::move(facts), std::move(message),
                                              std::move(*meta), std::move(document));
    auto reply = call->start(outlet);
    return {std::move(call), std::move(reply)};
}

std::expected<Initialized, RpcError> initialize(ServerCore& core, const Message& message, bool lines) {
    const auto wrong = [](std::string_view what) {
        return std::unexpected{RpcError{.code = code::invalid_params, .message = std::string{what}}};
    };
    if (message.params == nullptr) return wrong("params are required");
    const auto requested = find_string(*message.params, "protocolVersion");
    if (!requested) return wrong("params.protocolVersion is required: a string");
    const auto* capabilities = find_object(*message.params, "capabilities");
    if (capabilities == nullptr) return wrong("params.capabilities is required: an object");
    const auto* info = find_object(*message.params, "clientInfo");
    if (info == nullptr || !find_string(*info, "name")) return wrong("params.clientInfo is required: name and version");

    auto session = std::make_shared<Session>();
    const auto revision = revision_from(*requested);
    // Lifecycle, "Version Negotiation": what was asked for where we have it, else our latest. Streamable HTTP came with
    // 2025-03-26.
    const bool served = revision && !is_stateless(*revision) && (lines || *revision != Revision::v2024_11_05);
    session->revision = served ? *revision : latest_handshake;
    session->key = base::new_id();
    session->client_name = base::ellipsize(find_string(*info, "name").value_or(""), 100);
    session->client_version = base::ellipsize(find_string(*info, "version").value_or(""), 100);
    session->capabilities = capabilities_from(*capabilities);
    session->capabilities.tasks = false;  // no such extension in these revisions (SEP-2663, "Backward Compatibility")
    auto answer = result_message(message.id, core.initialize_results[static_cast<std::size_t>(session->revision)]);
    return Initialized{std::move(session), std::move(answer)};
}

void take_notification(ServerCore& core, const std::string& scope, const Message& message) {
    if (message.method != "notifications/cancelled" || message.params == nullptr) return;
    const auto* id = message.params->if_contains("requestId");
    if (id == nullptr) return;
    std::string text;
    if (id->is_string()) {
        base::append_json_string(text, std::string_view{id->get_string()});
    } else {
        text = to_json(*id);
    }
    core.calls.post(scope, text, [](RunningCall& call) { call.stop(async::StopReason::client); });
}

bool take_response(ServerCore& core, const std::string& scope, const Message& message) {
    const bool error = message.error != nullptr;
    std::string json = error ? std::string{find_string(*message.error, "message").value_or("no reason given")}
                             : to_json(*message.result);
    return core.calls.post(scope, message.id, [id = message.id, json = std::move(json), error](RunningCall& call) {
        call.deliver(id, json, error);
    });
}

}  // namespace mcp
