// Lists page by page, and what a client listens to.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/json_writer.hpp"
#include "mcp/envelope.hpp"
#include "mcp/list_entries.hpp"
#include "mcp/running_call_drive.hpp"

namespace mcp {

namespace {

constexpr std::size_t max_uris = 1024;    // of one subscription
constexpr std::size_t max_task_ids = 64;  // likewise; each is asked about as long as it lasts

/// What a cursor's payload begins with; the rest is the page's number or the source's own place.
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

}  // namespace

// --- lists

std::optional<Reply> RunningCall::list(Registry::List list) {
    const auto* cursor = message_.params ? message_.params->if_contains("cursor") : nullptr;
    const auto* source = list == Registry::List::resources ? core_.registry.source() : nullptr;
    std::size_t page = 0;
    if (cursor != nullptr && !cursor->is_null()) {
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
    if (!facts_.session) return needs_session();
    if (on) {
        core_.sessions.subscribe(facts_.session->key, std::string{*uri});
    } else {
        core_.sessions.unsubscribe(facts_.session->key, std::string{*uri});
    }
    return raw_result("{}");
}

/// "Servers that require a session ID SHOULD respond to requests without one with 400" (2025-11-25, "Transports").
Reply RunningCall::needs_session() {
    return refuse({.code = code::invalid_request,
                   .message = "this is kept for a session, and the request names none: send initialize first, then "
                              "its Mcp-Session-Id header",
                   .http_status = 400});
}

Reply RunningCall::set_log_level() {
    const auto text = message_.params ? find_string(*message_.params, "level") : std::nullopt;
    const auto level = text ? log_level_from(*text) : std::nullopt;
    if (!level) return refuse(code::invalid_params, "params.level must be one of \"debug\" to \"emergency\"");
    if (!facts_.session) return needs_session();
    core_.sessions.set_log_level(facts_.session->key, *level);
    return raw_result("{}");
}

// --- subscriptions/listen (2026-07-28)

/// What changes are wanted, into `filter`; what will be told of, as members of `agreed`. Or the refusal.
std::optional<Reply> RunningCall::read_filter(const boost::json::object& wanted, ChangeFilter& filter,
                                              std::string& agreed) {
    const auto& options = core_.options;
    base::JsonWriter writer{agreed};
    const std::tuple<std::string_view, bool, bool*> switches[] = {
        {"toolsListChanged", options.tools_list_changed, &filter.tools},
        {"promptsListChanged", options.prompts_list_changed, &filter.prompts},
        {"resourcesListChanged", options.resources_list_changed, &filter.resources},
    };
    for (const auto& [key, offered, into] : switches) {
        const auto* value = wanted.if_contains(key);
        if (value == nullptr) continue;
        if (!value->is_bool()) {
            return refuse(code::invalid_params, fmt::format("params.notifications.{} must be a boolean", key));
        }
        *into = offered && value->get_bool();
        if (*into) writer.field(key, true);
    }
    const auto* uris = wanted.if_contains("resourceSubscriptions");
    if (uris == nullptr) return std::nullopt;
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
    return std::nullopt;
}

/// Who asks for tasks must have declared the extension (SEP-2663, "Task Status Notifications").
std::optional<Reply> RunningCall::read_task_ids(const boost::json::object& wanted, std::vector<std::string_view>& ids) {
    const auto* given = wanted.if_contains("taskIds");
    if (given == nullptr) return std::nullopt;
    if (auto refusal = missing_capability(ClientCapabilities{.tasks = true})) return refusal;
    const auto* array = given->if_array();
    if (array == nullptr || array->size() > max_task_ids ||
        !std::ranges::all_of(*array, [](const auto& id) { return id.is_string(); })) {
        return refuse(code::invalid_params,
                      fmt::format("params.notifications.taskIds must be an array of at most {} strings", max_task_ids));
    }
    for (const auto& id : *array) ids.emplace_back(id.get_string());
    return std::nullopt;
}

std::optional<Reply> RunningCall::listen() {
    const auto* wanted = message_.params ? find_object(*message_.params, "notifications") : nullptr;
    if (wanted == nullptr) return refuse(code::invalid_params, "params.notifications is required: an object");
    ChangeFilter filter;
    std::string agreed;
    if (auto refusal = read_filter(*wanted, filter, agreed)) return refusal;
    std::vector<std::string_view> task_ids;
    if (auto refusal = read_task_ids(*wanted, task_ids)) return refusal;
    auto tasks = tasks_to_watch(task_ids);
    if (!tasks.empty()) {
        if (!agreed.empty()) agreed += ',';
        base::JsonWriter writer{agreed};
        writer.key("taskIds").begin_array();
        for (const auto& task : tasks) writer.string(task.id);
        writer.end_array();
    }
    outlet_->tell(notification_message(
        "notifications/subscriptions/acknowledged",
        fmt::format(R"({{"_meta":{{"{}":{}}},"notifications":{{{}}}}})", meta_key::subscription, message_.id, agreed)));
    keep();
    listening_ = core_.changes.listen(storage_.worker(), std::move(filter),
                                      [this](Change change, std::string_view uri) { told(change, uri); });
    // It may be there for days: only its id is needed from now on.
    static const boost::json::object nothing;
    arguments_ = &nothing;
    message_.method = {};
    message_.params = nullptr;
    message_.meta = nullptr;
    client_ = {};
    document_.reset();
    if (!tasks.empty()) {
        core_.tasks.spawn(storage_.worker(), [self = shared_from_this(), tasks = std::move(tasks)]() mutable {
            return watch_tasks(self, std::move(tasks));
        });
    }
    return std::nullopt;
}

void RunningCall::told(Change change, std::string_view uri) {
    if (outlet_) outlet_->tell(change_message(change, uri, message_.id));
}

void RunningCall::end_listening(bool graceful) {
    listening_.reset();
    storage_.stop(graceful ? async::StopReason::drain : async::StopReason::client);  // who watches its tasks
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
