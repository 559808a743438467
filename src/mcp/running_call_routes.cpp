// From a method to its handler.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mcp/running_call_drive.hpp"

namespace mcp {

base::Error thrown(const std::exception& exception) {
    base::log::error("a handler threw an exception, which must not happen: {}", exception.what());
    return base::Error{base::Kind::internal, "the server made a mistake; it is in its log"};
}

// --- routes

std::optional<Reply> RunningCall::route() {
    if (!is_served(method_, revision_, core_.registry, core_.options)) {
        return refuse({.code = code::method_not_found,
                       .message = fmt::format("Method not found: {}",
                                              base::escape_untrusted(base::ellipsize(message_.method, 100))),
                       .http_status = is_stateless(revision_) ? 404 : 200});
    }
    switch (method_) {
        case Method::ping: return raw_result("{}");
        case Method::discover: return raw_result(facts_.lines ? core_.discover_lines : core_.discover_http);
        case Method::tools_list: return list(Registry::List::tools);
        case Method::resources_list: return list(Registry::List::resources);
        case Method::resources_templates_list: return list(Registry::List::templates);
        case Method::prompts_list: return list(Registry::List::prompts);
        case Method::resources_subscribe: return subscribe(true);
        case Method::resources_unsubscribe: return subscribe(false);
        case Method::logging_set_level: return set_log_level();
        default: break;
    }
    if (core_.draining.load(std::memory_order_relaxed)) return shutting_down();
    switch (method_) {
        case Method::tools_call: return call_tool();
        case Method::resources_read: return read_resource();
        case Method::prompts_get: return get_prompt();
        case Method::completion_complete: return complete_argument();
        case Method::subscriptions_listen: return listen();
        case Method::tasks_get: return get_task();
        case Method::tasks_update: return update_task();
        case Method::tasks_cancel: return cancel_task();
        default: return refuse(code::invalid_request, "not allowed here");  // initialize inside a batch
    }
}

std::optional<RpcError> RunningCall::read_input() {
    if (!is_stateless(revision_) || message_.params == nullptr) return std::nullopt;
    const auto wrong = [](std::string_view what) {
        return RpcError{.code = code::invalid_params, .message = std::string{what}};
    };
    if (const auto* responses = message_.params->if_contains("inputResponses")) {
        input_responses_ = responses->if_object();
        if (input_responses_ == nullptr) return wrong("params.inputResponses must be an object");
        for (const auto& response : *input_responses_) {
            if (!response.value().is_object()) return wrong("each of params.inputResponses must be an object");
        }
    }
    if (const auto* state = message_.params->if_contains("requestState")) {
        if (!state->is_string()) return wrong("params.requestState must be a string");
        const auto opened = core_.sealer.open(std::string_view{state->get_string()}, "request-state",
                                              storage_.principal().id, core_.wall_now());
        const auto digest = request_digest();
        if (!opened || !opened->payload.starts_with(digest)) {
            return wrong("params.requestState is not valid: it was changed, has expired or belongs to another request");
        }
        request_state_ = opened->payload.substr(digest.size());
    }
    return std::nullopt;
}

/// Which request a state belongs to: method, name and arguments.
std::string RunningCall::request_digest() const {
    std::string salient{message_.method};
    if (const auto name = find_string(*message_.params, named_parameter(method_))) salient += '\n' + std::string{*name};
    salient += '\n' + to_json(*arguments_);
    const auto digest = base::sha256(salient);
    return {reinterpret_cast<const char*>(digest.data()), 16};
}

std::optional<Reply> RunningCall::call_tool() {
    const auto name = message_.params ? find_string(*message_.params, "name") : std::nullopt;
    if (!name) return refuse(code::invalid_params, "params.name is required: a string");
    const auto* entry = core_.registry.tool(*name);
    if (entry == nullptr) {
        const auto shown = base::escape_untrusted(base::ellipsize(*name, 128));
        const auto nearest = base::nearest(*name, core_.registry.tool_names());
        return refuse(code::invalid_params, nearest.empty()
                                                ? fmt::format("Unknown tool: {}", shown)
                                                : fmt::format("Unknown tool: {}; did you mean {}?", shown, nearest));
    }
    tool_ = entry->tool.name;
    if (const auto* arguments = message_.params->if_contains("arguments");
        arguments && !arguments->is_object() && !arguments->is_null()) {
        return refuse(code::invalid_params, "params.arguments must be an object");
    }
    asked_ = Asked::tool;
    if (auto error = read_input()) return refuse(std::move(*error));
    if (auto refusal = missing_capability(entry->tool.requires_client)) return refusal;
    return begin<ToolResult>([handler = &entry->tool.handler](RunningCall& call) { return (*handler)(call); });
}

std::optional<Reply> RunningCall::read_resource() {
    const auto uri = message_.params ? find_string(*message_.params, "uri") : std::nullopt;
    if (!uri) return refuse(code::invalid_params, "params.uri is required: a string");
    asked_ = Asked::resource;
    if (auto error = read_input()) return refuse(std::move(*error));
    ResourceRequest request{.uri = std::string{*uri}, .variables = {}};
    const ResourceHandler* handler = nullptr;
    if (const auto* resource = core_.registry.resource(*uri)) {
        handler = &resource->read;
    } else if (const auto* found = core_.registry.match(*uri, request)) {
        handler = &found->read;
    } else {
        return render(base::Error{base::Kind::not_found, "Resource not found"});
    }
    return begin<ResourceResult>(
        [handler, request = std::move(request)](RunningCall& call) { return (*handler)(call, request); });
}

std::optional<Reply> RunningCall::get_prompt() {
    const auto name = message_.params ? find_string(*message_.params, "name") : std::nullopt;
    if (!name) return refuse(code::invalid_params, "params.name is required: a string");
    const auto* prompt = core_.registry.prompt(*name);
    if (prompt == nullptr) {
        return refuse(code::invalid_params,
                      fmt::format("Unknown prompt: {}", base::escape_untrusted(base::ellipsize(*name, 128))));
    }
    if (const auto* arguments = message_.params->if_contains("arguments");
        arguments && !arguments->is_object() && !arguments->is_null()) {
        return refuse(code::invalid_params, "params.arguments must be an object");
    }
    for (const auto& item : *arguments_) {
        if (!item.value().is_string()) {
            return refuse(code::invalid_params,
                          fmt::format("argument \"{}\" must be a string", base::escape_untrusted(item.key())));
        }
    }
    for (const auto& argument : prompt->arguments) {
        if (argument.required && !arguments_->contains(argument.name)) {
            return refuse(code::invalid_params, fmt::format("argument \"{}\" is required", argument.name));
        }
    }
    asked_ = Asked::prompt;
    if (auto error = read_input()) return refuse(std::move(*error));
    return begin<PromptResult>([prompt](RunningCall& call) { return prompt->get(call); });
}

std::optional<Reply> RunningCall::complete_argument() {
    asked_ = Asked::completion;
    const auto* ref = message_.params ? find_object(*message_.params, "ref") : nullptr;
    const auto* argument = message_.params ? find_object(*message_.params, "argument") : nullptr;
    if (ref == nullptr || argument == nullptr) {
        return refuse(code::invalid_params, "params.ref and params.argument are required: objects");
    }
    const auto type = find_string(*ref, "type").value_or("");
    CompletionRequest request;
    request.of = type == "ref/prompt" ? CompletionRequest::Of::prompt : CompletionRequest::Of::resource_template;
    if (type != "ref/prompt" && type != "ref/resource") {
        return refuse(code::invalid_params, "params.ref.type must be \"ref/prompt\" or \"ref/resource\"");
    }
    const auto target = find_string(*ref, type == "ref/prompt" ? "name" : "uri");
    const auto name = find_string(*argument, "name");
    const auto value = find_string(*argument, "value");
    if (!target || !name || !value) {
        return refuse(code::invalid_params, "params.ref, params.argument.name and params.argument.value are required");
    }
    request.ref = *target;
    request.argument = *name;
    request.value = *value;
    const bool known = type == "ref/prompt"
                           ? core_.registry.prompt(*target) != nullptr
                           : core_.registry.has_template(*target) || core_.registry.resource(*target) != nullptr;
    if (!known) {
        return refuse(code::invalid_params,
                      fmt::format("Unknown reference: {}", base::escape_untrusted(base::ellipsize(*target, 128))));
    }
    if (const auto* context = find_object(*message_.params, "context")) {
        if (const auto* arguments = find_object(*context, "arguments")) {
            for (const auto& item : *arguments) {
                if (item.value().is_string()) request.known.emplace_back(item.key(), item.value().get_string());
            }
        }
    }
    const auto* provider = core_.registry.completion(request);
    if (provider == nullptr) return render(Completions{.values = {}, .total = 0});
    return begin<Completions>(
        [provider, request = std::move(request)](RunningCall& call) { return provider->complete(call, request); });
}

}  // namespace mcp
