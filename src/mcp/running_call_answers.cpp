// Answers in each revision's form.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "mcp/envelope.hpp"
#include "mcp/running_call.hpp"

namespace mcp {

namespace {

constexpr std::size_t max_completions = 100;  // specification, "Completion"

/// The members of a JSON object's text, without its braces.
std::string_view members_of(std::string_view object) {
    object = base::trim(object);
    if (object.size() < 2) return {};
    return base::trim(object.substr(1, object.size() - 2));
}

bool in_url_mode(const InputRequest& request) {
    boost::system::error_code error;
    const auto params = boost::json::parse(request.params_json, error);
    const auto* object = error ? nullptr : params.if_object();
    return object != nullptr && find_string(*object, "mode") == "url";
}

/// `ClientCapabilities` that names what is missing; empty: nothing.
std::string missing(const ClientCapabilities& has, const ClientCapabilities& needs) {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object();
    const auto plain = [&](std::string_view name) { writer.key(name).begin_object().end_object(); };
    if (needs.roots && !has.roots) plain("roots");
    if ((needs.sampling && !has.sampling) || (needs.sampling_tools && !has.sampling_tools) ||
        (needs.sampling_context && !has.sampling_context)) {
        writer.key("sampling").begin_object();
        if (needs.sampling_tools && !has.sampling_tools) plain("tools");
        if (needs.sampling_context && !has.sampling_context) plain("context");
        writer.end_object();
    }
    const bool url = needs.elicitation_url && !has.elicitation_url;
    if (url || (needs.elicitation_form && !has.elicitation_form)) {
        writer.key("elicitation").begin_object();
        if (url) plain("url");
        if (needs.elicitation_form && !has.elicitation_form) plain("form");
        writer.end_object();
    }
    if (needs.tasks && !has.tasks) {
        writer.key("extensions").begin_object();
        plain(tasks_extension);
        writer.end_object();
    }
    writer.end_object();
    return json == "{}" ? std::string{} : json;
}

}  // namespace

const InputRequired* RunningCall::input_of(const ToolResult& result) {
    return result.input_required ? &*result.input_required : nullptr;
}
const InputRequired* RunningCall::input_of(const ResourceResult& result) {
    return result.input_required ? &*result.input_required : nullptr;
}
const InputRequired* RunningCall::input_of(const PromptResult& result) {
    return result.input_required ? &*result.input_required : nullptr;
}

// --- the frame

/// `{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",` (the type from 2026-07-28 on).
void RunningCall::begin_result(MessageBuilder& builder, std::string_view result_type) const {
    builder.text(R"({"jsonrpc":"2.0","id":)").text(message_.id).text(R"(,"result":{)");
    if (is_stateless(revision_)) builder.text(R"("resultType":")").text(result_type).text(R"(",)");
}

/// Closes the result, after at least one member, with its `_meta`: the server's name from 2026-07-28 on.
void RunningCall::end_result(MessageBuilder& builder, std::string_view meta_json) const {
    const auto members = members_of(meta_json);
    const bool named = is_stateless(revision_);
    if (named || !members.empty()) {
        builder.text(R"(,"_meta":{)").text(members);
        if (named && !members.empty()) builder.text(",");
        if (named) builder.text(core_.result_meta);
        builder.text("}");
    }
    builder.text("}}");
}

Reply RunningCall::result(std::string_view members_json) {
    MessageBuilder builder{members_json.size() + 256};
    begin_result(builder, "complete");
    builder.text(members_json);
    end_result(builder, {});
    return {.message = builder.take()};
}

Reply RunningCall::raw_result(std::string_view result_json) {
    return {.message = result_message(message_.id, result_json)};
}

Reply RunningCall::refuse(RpcError error) {
    rpc_error_ = true;
    return {.message = error_message(message_.id, error),
            .http_status = error.http_status,
            .retry_after = error.retry_after};
}

Reply RunningCall::refuse(int code, std::string message) {
    return refuse(RpcError{.code = code, .message = std::move(message)});
}

Reply RunningCall::shutting_down() {
    return refuse(RpcError{.code = code::internal_error,
                           .message = "the server is shutting down: send the request again",
                           .http_status = 503,
                           .retry_after = std::chrono::seconds{1}});
}

Reply RunningCall::render(const base::Error& error) {
    const auto mapped = map_error(error, revision_, asked_, outlet_ == nullptr || outlet_->head_sent());
    if (mapped.surface == Surface::silence) {
        if (storage_.stop_reason() == async::StopReason::client) return {.silent = true};
        return shutting_down();
    }
    if (mapped.surface == Surface::tool_error) return render(ToolResult::error(mapped.text));
    auto rpc = mapped.rpc;
    if (asked_ == Asked::resource && error.kind() == base::Kind::not_found && message_.params != nullptr) {
        rpc.data_json.clear();
        base::JsonWriter{rpc.data_json}
            .begin_object()
            .field("uri", find_string(*message_.params, "uri").value_or(""))
            .end_object();
    }
    return refuse(std::move(rpc));
}

// --- results

Reply RunningCall::render(ToolResult result) {
    if (result.input_required) return render(*result.input_required);
    if (result.task) return render(*result.task);
    tool_error_ = result.is_error;
    MessageBuilder builder{512 + std::min<std::size_t>(result.content.size() + result.structured.size(), 8192)};
    begin_result(builder, "complete");
    append_tool_members(builder, result);
    end_result(builder, result.meta_json);
    return {.message = builder.take()};
}

void RunningCall::append_tool_members(MessageBuilder& builder, ToolResult& result) const {
    builder.text(R"("content":)");
    if (result.content.empty()) {
        builder.text("[]");
    } else {
        builder.part(std::move(result.content));
    }
    if (!result.structured.empty() && has_structured_content(revision_)) {
        builder.text(R"(,"structuredContent":)").part(std::move(result.structured));
    }
    if (result.is_error) builder.text(R"(,"isError":true)");
}

Reply RunningCall::render(ResourceResult result) {
    if (result.input_required) return render(*result.input_required);
    MessageBuilder builder{512 + std::min<std::size_t>(result.contents.size(), 8192)};
    begin_result(builder, "complete");
    builder.text(R"("contents":)");
    if (result.contents.empty()) {
        builder.text("[]");
    } else {
        builder.part(std::move(result.contents));
    }
    if (is_stateless(revision_)) {
        // What came out of a round with input depends on more than the request: not to be cached.
        builder.text(",").text(hint_members(is_retry() ? CacheHint{} : result.cache));
    }
    end_result(builder, {});
    return {.message = builder.take()};
}

Reply RunningCall::render(PromptResult result) {
    if (result.input_required) return render(*result.input_required);
    MessageBuilder builder;
    begin_result(builder, "complete");
    if (!result.description.empty()) {
        builder.text(R"("description":)");
        base::append_json_string(builder.buffer(), result.description);
        builder.text(",");
    }
    builder.text(R"("messages":)");
    if (result.messages.empty()) {
        builder.text("[]");
    } else {
        builder.part(std::move(result.messages));
    }
    end_result(builder, {});
    return {.message = builder.take()};
}

Reply RunningCall::render(Completions completions) {
    std::string members = R"("completion":)";
    base::JsonWriter writer{members};
    writer.begin_object().key("values").begin_array();
    const auto sent = std::min(completions.values.size(), max_completions);
    for (std::size_t i = 0; i < sent; ++i) writer.string(completions.values[i]);
    writer.end_array();
    const bool cut = sent < completions.values.size();
    if (completions.total || cut) {
        writer.field("total", std::uint64_t{completions.total.value_or(completions.values.size())});
    }
    writer.field("hasMore", completions.has_more || cut).end_object();
    return result(members);
}

Reply RunningCall::list_page(std::string_view key, std::string_view entries, const std::string& next, bool is_public) {
    std::string members;
    members.reserve(entries.size() + 256);
    base::JsonWriter writer{members};
    writer.key(key).raw(entries);
    if (!next.empty()) writer.field("nextCursor", next);
    if (is_stateless(revision_)) {
        const auto* source = core_.registry.source();
        members += ',';
        members += is_public || source == nullptr ? core_.list_hints : hint_members(source->cache);
    }
    return result(members);
}

// --- input that is required (2026-07-28; before, `drive` asks the client itself)

std::optional<Reply> RunningCall::missing_capability(const ClientCapabilities& needed) {
    auto lacking = missing(client_.capabilities, needed);
    if (lacking.empty()) return std::nullopt;
    if (!is_stateless(revision_)) {
        return render(base::Error{base::Kind::bad_argument,
                                  fmt::format("this needs client capabilities that were not declared: {}", lacking)});
    }
    return refuse({.code = code::missing_client_capability,
                   .message = "The request needs client capabilities that were not declared",
                   .data_json = fmt::format(R"({{"requiredCapabilities":{}}})", lacking),
                   .http_status = 400});
}

std::optional<Reply> RunningCall::missing_capability(const InputRequired& input) {
    ClientCapabilities needed;
    for (const auto& request : input.requests) {
        const auto capability = capability_of(request.method);
        if (capability == "sampling") needed.sampling = true;
        if (capability == "roots") needed.roots = true;
        if (capability == "elicitation") {
            if (in_url_mode(request)) {
                needed.elicitation_url = true;
            } else {
                needed.elicitation_form = true;
            }
        }
    }
    return missing_capability(needed);
}

Reply RunningCall::render(const InputRequired& input) {
    if (auto refusal = missing_capability(input)) return std::move(*refusal);
    MessageBuilder builder;
    begin_result(builder, "input_required");
    base::JsonWriter writer{builder.buffer()};
    if (!input.requests.empty()) {
        writer.key("inputRequests").begin_object();
        write_requests(writer, input.requests);
        writer.end_object();
    }
    // At least one of the two must be there.
    if (!input.state.empty() || input.requests.empty()) {
        writer.field("requestState", core_.sealer.seal({.purpose = "request-state",
                                                        .principal = storage_.principal().id,
                                                        .connection = {},
                                                        .role = {},
                                                        .expires = core_.wall_now() + core_.options.state_ttl,
                                                        .payload = request_digest() + input.state}));
    }
    end_result(builder, {});
    return {.message = builder.take()};
}

}  // namespace mcp
