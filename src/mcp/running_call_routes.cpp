// From a method to its handler, and from the handler's outcome to the answer, now or later.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <exception>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mcp/envelope.hpp"
#include "mcp/list_entries.hpp"
#include "mcp/running_call.hpp"

namespace mcp {

namespace json = boost::json;

namespace {

constexpr std::size_t max_uris = 1024;  // of one subscription

/// "http" or "lines": what a page cursor says; the rest is the page's number or the source's own place.
constexpr char static_page = 'p';
constexpr char source_page = 's';

std::string_view cursor_purpose(Registry::List list) {
    switch (list) {
        case Registry::List::tools: return "cursor-tools";
        case Registry::List::resources: return "cursor-resources";
        case Registry::List::templates: return "cursor-templates";
        case Registry::List::prompts: return "cursor-prompts";
    }
    return {};
}

base::Error thrown(std::string_view what) {
    base::log::error("a handler threw an exception, which must not happen: {}", what);
    return base::Error{base::Kind::internal, "the server made a mistake; it is in its log"};
}

}  // namespace

// --- running a handler

template <class T>
Outcome<T> RunningCall::guarded(const Run<T>& run) {
    try {
        return run(*this);
    } catch (const std::exception& error) {
        return base::fail(thrown(error.what()));
    }
}

template <class T, class F>
std::optional<Reply> RunningCall::begin(F run) {
    std::optional<Outcome<T>> outcome;
    try {
        outcome.emplace(run(*this));
    } catch (const std::exception& error) {
        return render(thrown(error.what()));
    }
    if (!outcome->answered()) return suspend<T>(std::move(*outcome), run);
    auto& answer = outcome->answer();
    if (!answer) return render(answer.error());
    if (input_of(*answer) != nullptr && !is_stateless(revision_)) return suspend<T>(std::move(*outcome), run);
    return render(std::move(*answer));
}

template <class T>
std::optional<Reply> RunningCall::suspend(Outcome<T> outcome, Run<T> run) {
    if (!keep()) {
        return render(base::Error{base::Kind::overloaded, "too many requests are in work"}
                          .at(base::Stage::queue)
                          .retry_after(std::chrono::seconds{1}));
    }
    auto shared = std::make_shared<Outcome<T>>(std::move(outcome));
    const bool spawned =
        core_.tasks.spawn(storage_.worker(), [self = shared_from_this(), shared = std::move(shared),
                                              run = std::move(run)] { return drive<T>(self, shared, run); });
    if (spawned) return std::nullopt;
    core_.calls.remove(facts_.scope, message_.id, *this);
    kept_ = false;
    return shutting_down();
}

template <class T>
async::Task<void> RunningCall::drive(std::shared_ptr<RunningCall> self, std::shared_ptr<Outcome<T>> outcome,
                                     Run<T> run) {
    RunningCall& call = *self;
    for (int round = 0;; ++round) {
        std::optional<base::Result<T>> answer;
        if (outcome->answered()) {
            answer = std::move(outcome->answer());
        } else {
            try {
                answer = co_await std::move(*outcome).later();
            } catch (const std::exception& error) {
                answer = base::fail(thrown(error.what()));
            }
        }
        const auto* input = *answer ? input_of(**answer) : nullptr;
        if (input == nullptr || is_stateless(call.revision_)) {
            call.complete(*answer ? call.render(std::move(**answer)) : call.render(answer->error()));
            co_return;
        }
        base::Result<void> asked;
        if (round < call.core_.options.max_input_rounds) {
            asked = co_await ask_client(self, *input);
        } else {
            asked = base::fail(base::Kind::internal, "too many rounds of input");
        }
        if (!asked) {
            call.complete(call.render(asked.error()));
            co_return;
        }
        outcome = std::make_shared<Outcome<T>>(call.guarded<T>(run));
    }
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
    if (const auto* arguments = message_.params->if_contains("arguments"); arguments && !arguments->is_object()) {
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
    if (const auto* arguments = message_.params->if_contains("arguments"); arguments && !arguments->is_object()) {
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

// --- lists

std::optional<Reply> RunningCall::list(Registry::List list) {
    const auto* cursor = message_.params ? message_.params->if_contains("cursor") : nullptr;
    const auto* source = list == Registry::List::resources ? core_.registry.source() : nullptr;
    std::size_t page = 0;
    if (cursor != nullptr) {
        // A public page may be shared between principals, and so may the cursor in it.
        const auto invalid = [&] { return refuse(code::invalid_params, "Invalid cursor"); };
        if (!cursor->is_string()) return invalid();
        const std::string_view text = cursor->get_string();
        auto opened =
            core_.sealer.open(text, cursor_purpose(list), source ? storage_.principal().id : "*", core_.wall_now());
        if (!opened || opened->payload.empty()) return invalid();
        const auto place = std::string_view{opened->payload}.substr(1);
        if (opened->payload[0] == source_page && source) return list_source(std::string{place}, {});
        const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), page);
        if (opened->payload[0] != static_page || error != std::errc{} || end != place.data() + place.size() ||
            page >= core_.registry.pages(list)) {
            return invalid();
        }
    }
    const auto entries = core_.registry.page(list, revision_, page);
    std::string next;
    if (page + 1 < core_.registry.pages(list)) {
        next = sealed_cursor(static_page + std::to_string(page + 1), source == nullptr);
    } else if (source) {
        return list_source({}, std::string{entries.substr(1, entries.size() - 2)});
    }
    constexpr std::string_view keys[] = {"tools", "resources", "resourceTemplates", "prompts"};
    return list_page(keys[static_cast<std::size_t>(list)], entries, next, source == nullptr);
}

/// The source's page; `first_entries`: what stands before it on the same page.
std::optional<Reply> RunningCall::list_source(std::string after, std::string first_entries) {
    list_entries_ = std::move(first_entries);
    const auto* source = core_.registry.source();
    return begin<ResourcePage>(
        [source, after = std::move(after)](RunningCall& call) { return source->list(call, after); });
}

std::string RunningCall::sealed_cursor(std::string payload, bool is_public) const {
    constexpr Registry::List lists[] = {Registry::List::tools, Registry::List::resources, Registry::List::templates,
                                        Registry::List::prompts};
    constexpr Method methods[] = {Method::tools_list, Method::resources_list, Method::resources_templates_list,
                                  Method::prompts_list};
    std::string purpose;
    for (std::size_t i = 0; i < 4; ++i) {
        if (methods[i] == method_) purpose = cursor_purpose(lists[i]);
    }
    return core_.sealer.seal({.purpose = std::move(purpose),
                              .principal = is_public ? "*" : storage_.principal().id,
                              .connection = {},
                              .role = {},
                              .expires = core_.wall_now() + core_.options.state_ttl,
                              .payload = std::move(payload)});
}

Reply RunningCall::render(ResourcePage page) {
    std::string entries = "[" + list_entries_;
    for (const auto& resource : page.resources) {
        if (entries.size() > 1) entries += ',';
        append_resource(entries, resource, revision_);
    }
    entries += ']';
    const auto next = page.next.empty() ? std::string{} : sealed_cursor(source_page + page.next, false);
    return list_page("resources", entries, next, false);
}

// --- what a session sets (handshake era)

Reply RunningCall::subscribe(bool on) {
    const auto uri = message_.params ? find_string(*message_.params, "uri") : std::nullopt;
    if (!uri) return refuse(code::invalid_params, "params.uri is required: a string");
    ResourceRequest request;
    if (core_.registry.resource(*uri) == nullptr && core_.registry.match(*uri, request) == nullptr &&
        core_.registry.source() == nullptr) {
        asked_ = Asked::resource;
        return render(base::Error{base::Kind::not_found, "Resource not found"});
    }
    if (facts_.session) {
        if (on) {
            core_.sessions.subscribe(facts_.session->key, std::string{*uri});
        } else {
            core_.sessions.unsubscribe(facts_.session->key, std::string{*uri});
        }
    }
    return raw_result("{}");
}

Reply RunningCall::set_log_level() {
    const auto text = message_.params ? find_string(*message_.params, "level") : std::nullopt;
    const auto level = text ? log_level_from(*text) : std::nullopt;
    if (!level) return refuse(code::invalid_params, "params.level must be one of \"debug\" to \"emergency\"");
    if (facts_.session) core_.sessions.set_log_level(facts_.session->key, *level);
    return raw_result("{}");
}

// --- subscriptions/listen (2026-07-28)

std::optional<Reply> RunningCall::listen() {
    const auto* wanted = message_.params ? find_object(*message_.params, "notifications") : nullptr;
    if (wanted == nullptr) return refuse(code::invalid_params, "params.notifications is required: an object");
    ChangeFilter filter;
    const auto& options = core_.options;
    std::string agreed;
    base::JsonWriter writer{agreed};
    writer.begin_object();
    const std::tuple<std::string_view, bool, bool*> switches[] = {
        {"toolsListChanged", options.tools_list_changed, &filter.tools},
        {"promptsListChanged", options.prompts_list_changed, &filter.prompts},
        {"resourcesListChanged", options.resources_list_changed, &filter.resources},
    };
    for (const auto& [key, offered, into] : switches) {
        const auto* value = wanted->if_contains(key);
        if (value == nullptr) continue;
        if (!value->is_bool()) {
            return refuse(code::invalid_params, fmt::format("params.notifications.{} must be a boolean", key));
        }
        *into = offered && value->get_bool();
        if (*into) writer.field(key, true);
    }
    if (const auto* uris = wanted->if_contains("resourceSubscriptions")) {
        const auto* array = uris->if_array();
        if (array == nullptr || array->size() > max_uris ||
            !std::ranges::all_of(*array, [](const auto& uri) { return uri.is_string(); })) {
            return refuse(code::invalid_params, fmt::format("params.notifications.resourceSubscriptions must be an "
                                                            "array of at most {} strings",
                                                            max_uris));
        }
        if (options.resource_subscriptions) {
            writer.key("resourceSubscriptions").begin_array();
            for (const auto& uri : *array) {
                filter.uris.emplace_back(uri.get_string());
                writer.string(filter.uris.back());
            }
            writer.end_array();
        }
    }
    writer.end_object();
    outlet_->tell(notification_message(
        "notifications/subscriptions/acknowledged",
        fmt::format(R"({{"_meta":{{"{}":{}}},"notifications":{}}})", meta_key::subscription, message_.id, agreed)));
    keep();
    listening_ = core_.changes.listen(storage_.worker(), std::move(filter),
                                      [this](Change change, std::string_view uri) { told(change, uri); });
    return std::nullopt;
}

void RunningCall::told(Change change, std::string_view uri) {
    if (outlet_) outlet_->tell(change_message(change, uri, message_.id));
}

void RunningCall::end_listening(bool graceful) {
    listening_.reset();
    if (!graceful) {
        complete(Reply{.silent = true});
        return;
    }
    // On a line the end is also said as a cancellation (schema, `CancelledNotification`); in HTTP the stream ends.
    if (facts_.lines) {
        outlet_->tell(notification_message(
            "notifications/cancelled", fmt::format(R"({{"_meta":{{"{}":{}}},"requestId":{},"reason":"shutting down"}})",
                                                   meta_key::subscription, message_.id, message_.id)));
    }
    MessageBuilder builder;
    begin_result(builder, "complete");
    builder.text(R"("_meta":{")").text(meta_key::subscription).text(R"(":)").text(message_.id);
    builder.text(",").text(core_.result_meta).text("}}}");
    complete(Reply{.message = builder.take()});
}

}  // namespace mcp
