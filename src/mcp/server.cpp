#include "mcp/server.hpp"

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "mcp/running_call.hpp"
#include "mcp/server_core.hpp"

namespace mcp {
namespace {

constexpr Revision all_revisions[] = {Revision::v2026_07_28, Revision::v2025_11_25, Revision::v2025_06_18,
                                      Revision::v2025_03_26, Revision::v2024_11_05};

void write_implementation(base::JsonWriter& writer, const ServerOptions& options, Revision revision) {
    writer.begin_object().field("name", options.name);
    if (!options.title.empty() && has_titles(revision)) writer.field("title", options.title);
    writer.field("version", options.version);
    if (has_icons(revision)) {
        if (!options.description.empty()) writer.field("description", options.description);
        if (!options.website_url.empty()) writer.field("websiteUrl", options.website_url);
        if (!options.icons_json.empty()) writer.key("icons").raw(options.icons_json);
    }
    writer.end_object();
}

void write_capabilities(base::JsonWriter& writer, const Registry& registry, const ServerOptions& options,
                        Revision revision) {
    writer.begin_object();
    const auto capability = [&](std::string_view name, bool list_changed, bool subscribe) {
        writer.key(name).begin_object();
        if (subscribe) writer.field("subscribe", true);
        if (list_changed) writer.field("listChanged", true);
        writer.end_object();
    };
    if (registry.has_tools()) capability("tools", options.tools_list_changed, false);
    if (registry.has_resources()) {
        capability("resources", options.resources_list_changed, options.resource_subscriptions);
    }
    if (registry.has_prompts()) capability("prompts", options.prompts_list_changed, false);
    if (registry.has_completions() && revision >= Revision::v2025_03_26) capability("completions", false, false);
    if (options.logging) capability("logging", false, false);
    if (is_stateless(revision) && registry.tasks() != nullptr) {
        writer.key("extensions").begin_object().key(tasks_extension).begin_object().end_object().end_object();
    }
    writer.end_object();
}

std::string initialize_result(const Registry& registry, const ServerOptions& options, Revision revision) {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().field("protocolVersion", to_string(revision)).key("capabilities");
    write_capabilities(writer, registry, options, revision);
    writer.key("serverInfo");
    write_implementation(writer, options, revision);
    if (!options.instructions.empty()) writer.field("instructions", options.instructions);
    writer.end_object();
    return json;
}

std::string discover_result(const ServerCore& core, const std::vector<std::string_view>& versions) {
    std::string json = R"({"resultType":"complete",)";
    base::JsonWriter writer{json};
    writer.key("supportedVersions").begin_array();
    for (const auto version : versions) writer.string(version);
    writer.end_array().key("capabilities");
    write_capabilities(writer, core.registry, core.options, latest);
    if (!core.options.instructions.empty()) writer.field("instructions", core.options.instructions);
    json += fmt::format(R"(,{},"_meta":{{{}}}}})", core.list_hints, core.result_meta);
    return json;
}

}  // namespace

std::string hint_members(const CacheHint& hint) {
    return fmt::format(R"("ttlMs":{},"cacheScope":"{}")", std::max<std::int64_t>(0, hint.ttl.count()),
                       hint.scope == CacheHint::Scope::public_ ? "public" : "private");
}

RpcError unsupported_version(std::string_view requested, const std::vector<std::string_view>& supported) {
    RpcError error{.code = code::unsupported_version, .message = "Unsupported protocol version", .http_status = 400};
    base::JsonWriter writer{error.data_json};
    writer.begin_object().key("supported").begin_array();
    for (const auto version : supported) writer.string(version);
    writer.end_array().field("requested", base::escape_untrusted(base::ellipsize(requested, 100))).end_object();
    return error;
}

base::Payload change_message(Change change, std::string_view uri, std::string_view subscription_id) {
    std::string params;
    base::JsonWriter writer{params};
    writer.begin_object();
    if (!subscription_id.empty()) {
        writer.key("_meta").begin_object().key(meta_key::subscription).raw(subscription_id).end_object();
    }
    if (change == Change::resource) writer.field("uri", uri);
    writer.end_object();
    if (params == "{}") params.clear();
    constexpr std::string_view methods[] = {"notifications/tools/list_changed", "notifications/prompts/list_changed",
                                            "notifications/resources/list_changed", "notifications/resources/updated"};
    return notification_message(methods[static_cast<std::size_t>(change)], params);
}

ServerCore::ServerCore(Registry given, const base::TokenSealer& token_sealer, ServerOptions given_options,
                       base::Metrics* metrics)
    : registry{std::move(given)},
      sealer{token_sealer},
      options{std::move(given_options)},
      sessions{token_sealer,
               {.ttl = options.session_ttl, .ended = options.max_ended_sessions, .notes = options.max_session_notes}},
      calls{options.max_calls},
      locals_{std::max<std::size_t>(1, options.workers)},
      id_prefix_{base::to_lower(base::new_id().substr(20))} {
    if (!registry.frozen()) registry.freeze();
    if (metrics != nullptr) {
        traffic = std::make_unique<Traffic>(*metrics, registry);
        metrics->gauge_function(
            "mcp_active_sessions_total",
            fmt::format("MCP sessions (2025-11-25 and older) with a request to this process in the last {} s and not "
                        "ended, and open ones of stdio; an estimate; later revisions have no sessions",
                        options.session_idle.count()),
            {}, [this] { return static_cast<double>(census.estimate(options.now())); });
    }
    list_hints = hint_members(options.list_cache);
    base::JsonWriter writer{result_meta};
    writer.key(meta_key::server_info);
    write_implementation(writer, options, latest);
    for (const auto revision : all_revisions) {
        initialize_results[static_cast<std::size_t>(revision)] = initialize_result(registry, options, revision);
        versions_lines.push_back(to_string(revision));
        if (revision != Revision::v2024_11_05) versions_http.push_back(to_string(revision));
    }
    discover_http = discover_result(*this, versions_http);
    discover_lines = discover_result(*this, versions_lines);
}

std::string ServerCore::next_request_id(const async::Worker& worker) {
    return fmt::format("{}{:x}-{:x}", id_prefix_, worker.index(), ++local(worker).requests);
}

Server::Server(Registry registry, const base::TokenSealer& sealer, ServerOptions options, base::Metrics* metrics)
    : core_{std::make_unique<ServerCore>(std::move(registry), sealer, std::move(options), metrics)} {}
Server::~Server() = default;

const Registry& Server::registry() const { return core_->registry; }
const ServerOptions& Server::options() const { return core_->options; }
Changes& Server::changes() { return core_->changes; }

void Server::drain() {
    core_->draining = true;
    core_->calls.post_all([](RunningCall& call) { call.drain(); });
}

void Server::stop(async::StopReason reason) {
    core_->draining = true;
    core_->calls.post_all([reason](RunningCall& call) { call.stop(reason); });
    core_->tasks.stop(reason);
}

bool Server::join(std::chrono::milliseconds at_most) { return core_->tasks.join(at_most); }
std::size_t Server::calls_in_flight() const { return core_->calls.size(); }

base::Probe Server::probe() {
    return {.name = "mcp",
            .status =
                [this](base::JsonWriter& writer) {
                    writer.begin_object()
                        .field("calls_in_flight", std::uint64_t{core_->calls.size()})
                        .field("subscriptions", std::uint64_t{core_->changes.listeners()})
                        .field("tools", std::uint64_t{core_->registry.tool_names().size()})
                        .field("draining", core_->draining.load())
                        .end_object();
                },
            .actions = {}};
}

}  // namespace mcp
