// cortex_search, cortex_analyst, cortex_agent: Snowflake's AI objects by REST, each offered only where it is
// configured. They cost credits of their own; what they answer is data.
#include <fmt/format.h>

#include <algorithm>

#include "backend/json_document.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "query/names.hpp"
#include "tools/snowflake/families.hpp"
#include "tools/table_tool.hpp"

namespace tools::snowflake {

struct CortexSearch {
    std::string service;
    std::string query;
    std::optional<std::vector<std::string>> columns;
    std::optional<mcp::JsonText> filter;
    int limit = 10;
};
BOOST_DESCRIBE_STRUCT(CortexSearch, (), (service, query, columns, filter, limit))

struct CortexAnalyst {
    std::string question;
    std::optional<std::string> model;
};
BOOST_DESCRIBE_STRUCT(CortexAnalyst, (), (question, model))

struct CortexAgent {
    std::string agent;
    std::string question;
};
BOOST_DESCRIBE_STRUCT(CortexAgent, (), (agent, question))

namespace {

using backend::snowflake::rest_path;
using backend::snowflake::RestReply;
using backend::snowflake::RestRequest;

constexpr std::string_view answer_schema = R"({"type":"object","properties":{"answer":{}},"required":["answer"]})";
constexpr std::size_t longest_words = 500;  // of a refusal

/// Names as they are configured and as they are asked for, made comparable.
base::Result<std::string> canonical(std::string_view argument, std::string_view name) {
    if (name.starts_with('@')) return std::string{name};  // a file on a stage
    auto parsed = query::object_name(argument, name, "", "");
    if (!parsed) return base::fail(std::move(parsed.error()));
    return parsed->sql();
}

/// The object of a configured list that `wanted` names.
base::Result<query::ObjectName> chosen(std::string_view argument, std::string_view wanted,
                                       const std::vector<std::string>& configured, std::string_view setting) {
    auto name = query::object_name(argument, wanted, "", "");
    if (!name) return base::fail(std::move(name.error()));
    for (const auto& one : configured) {
        const auto known = canonical(argument, one);
        if (known && *known == name->sql()) return name;
    }
    return base::fail(base::Error{base::Kind::denied, fmt::format("{} is not one of {}", name->shown(), setting)}
                          .at(base::Stage::access)
                          .about(std::string{argument}));
}

/// `{"answer": …}` with everything in it escaped.
mcp::ToolResult answered(std::string_view document) {
    std::string json = R"({"answer":)";
    backend::append_safe_json(json, document);
    json += '}';
    auto result = mcp::ToolResult::text(json);
    result.structured = base::Payload::own(std::move(json));
    return result;
}

base::Error refusal(const RestReply& reply) {
    const auto kind = reply.status == 429                          ? base::Kind::overloaded
                      : reply.status == 401 || reply.status == 403 ? base::Kind::denied
                      : reply.status == 404                        ? base::Kind::not_found
                      : reply.status >= 500                        ? base::Kind::unavailable
                                                                   : base::Kind::sql;
    return base::Error{kind, fmt::format("Snowflake answered {}: {}", reply.status,
                                         base::ellipsize(base::escape_untrusted(reply.body), longest_words))}
        .at(base::Stage::query)
        .code(std::to_string(reply.status));
}

async::Task<base::Result<mcp::ToolResult>> ask(mcp::Context& context, Account account, RestRequest request) {
    auto permit = co_await account.pipeline.admit(context.call());
    if (!permit) co_return base::fail(std::move(permit.error()));
    auto reply = co_await account.services.rest(context.call(), std::move(request));
    if (!reply) co_return base::fail(std::move(reply.error()));
    if (!reply->ok()) co_return to_error(refusal(*reply), {});
    if (reply->body.size() > account.pipeline.settings().max_result_bytes) {
        co_return mcp::ToolResult::error("The answer is longer than MAX_RESULT_BYTES: ask for less.");
    }
    co_return answered(reply->body);
}

/// An agent thinks for minutes: what it says on the way is progress, its last word the answer.
async::Task<base::Result<mcp::ToolResult>> run_agent(mcp::Context& context, Account account, RestRequest request) {
    auto& call = context.call();
    auto permit = co_await account.pipeline.admit(call);
    if (!permit) co_return base::fail(std::move(permit.error()));
    auto events = co_await account.services.rest_events(call, std::move(request));
    if (!events) co_return base::fail(std::move(events.error()));
    double steps = 0;
    std::size_t bytes = 0;
    while (true) {
        auto event = co_await (*events)->next(call);
        if (!event) co_return base::fail(std::move(event.error()));
        if (!*event) co_return base::fail(base::Kind::unavailable, "the agent ended without an answer");
        const auto& [name, data] = **event;
        bytes += data.size();
        if (bytes > 4 * account.pipeline.settings().max_result_bytes) {
            co_return mcp::ToolResult::error("The agent says more than MAX_RESULT_BYTES allows: ask for less.");
        }
        if (name == "response") co_return answered(data);
        if (name == "error") {
            co_return mcp::ToolResult::error("The agent failed: " +
                                             base::ellipsize(base::escape_untrusted(data), longest_words));
        }
        if (name == "response.status") {
            call.report(
                {.progress = ++steps, .total = {}, .message = base::ellipsize(base::escape_untrusted(data), 200)});
        }
    }
}

template <class T, class F>
void add(mcp::Registry& registry, const Room& room, std::string_view name, std::string description,
         mcp::Arguments<T> arguments, F handler) {
    mcp::Tool tool;
    tool.name = std::string{name};
    tool.description = std::move(description);
    tool.output_schema = std::string{answer_schema};
    tool.annotations = {.read_only = true, .destructive = false, .idempotent = {}, .open_world = true};
    ask_connection(tool, room.connections, std::move(arguments), std::move(handler));
    registry.add(std::move(tool));
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return base::ellipsize(text, 300);
}

void user_message(base::JsonWriter& json, std::string_view question) {
    json.key("messages").begin_array().begin_object().field("role", "user").key("content").begin_array();
    json.begin_object().field("type", "text").field("text", question).end_object();
    json.end_array().end_object().end_array();
}

base::Result<RestRequest> search_request(const Settings& settings, const CortexSearch& given) {
    const auto name = chosen("service", given.service, settings.search_services, "CORTEX_SEARCH_SERVICES");
    if (!name) return base::fail(name.error());
    RestRequest request;
    request.path = rest_path(
        {"databases", name->database, "schemas", name->schema, "cortex-search-services", name->name, ":query"});
    base::JsonWriter json{request.body};
    json.begin_object().field("query", given.query).field("limit", given.limit);
    if (given.columns) {
        json.key("columns").begin_array();
        for (const auto& column : *given.columns) json.string(column);
        json.end_array();
    }
    if (given.filter) json.key("filter").raw(given.filter->json);
    json.end_object();
    return request;
}

base::Result<RestRequest> analyst_request(const Settings& settings, const CortexAnalyst& given) {
    const auto& models = settings.analyst_models;
    const auto& wanted = given.model ? *given.model : models.front();
    const auto name = canonical("model", wanted);
    if (!name) return base::fail(name.error());
    const bool known = std::ranges::any_of(models, [&](const auto& one) {
        const auto other = canonical("model", one);
        return other && *other == *name;
    });
    if (!known) {
        return base::fail(base::Error{base::Kind::denied, fmt::format("{} is not one of CORTEX_ANALYST_MODELS", wanted)}
                              .at(base::Stage::access)
                              .about("model"));
    }
    RestRequest request;
    request.path = rest_path({"cortex", "analyst", "message"});
    base::JsonWriter json{request.body};
    json.begin_object();
    user_message(json, given.question);
    json.field(wanted.starts_with('@') ? "semantic_model_file" : "semantic_view", std::string_view{*name});
    json.end_object();
    return request;
}

base::Result<RestRequest> agent_request(const Settings& settings, const CortexAgent& given) {
    const auto name = chosen("agent", given.agent, settings.agents, "CORTEX_AGENTS");
    if (!name) return base::fail(name.error());
    RestRequest request;
    request.path = rest_path({"databases", name->database, "schemas", name->schema, "agents", name->name, ":run"});
    request.stream = true;
    base::JsonWriter json{request.body};
    json.begin_object();
    user_message(json, given.question);
    json.field("stream", true).end_object();
    return request;
}

}  // namespace

void add_cortex_tools(mcp::Registry& registry, const Room& room) {
    const auto& settings = room.settings;
    if (!settings.search_services.empty()) {
        add(registry, room, "cortex_search", "Search text with Cortex Search: " + listed(settings.search_services),
            mcp::Arguments<CortexSearch>{
                {.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1, .maximum = 1000}},
            [room](mcp::Context& context, const Connection& at, CortexSearch given) -> mcp::ToolOutcome {
                auto request = search_request(room.settings, given);
                if (!request) return base::fail(std::move(request.error()));
                return ask(context, room.account(at), std::move(*request));
            });
    }
    if (!settings.analyst_models.empty()) {
        add(registry, room, "cortex_analyst",
            "A question in plain words, answered with SQL by Cortex Analyst: " + listed(settings.analyst_models),
            mcp::Arguments<CortexAnalyst>{},
            [room](mcp::Context& context, const Connection& at, CortexAnalyst given) -> mcp::ToolOutcome {
                auto request = analyst_request(room.settings, given);
                if (!request) return base::fail(std::move(request.error()));
                return ask(context, room.account(at), std::move(*request));
            });
    }
    if (!settings.agents.empty()) {
        add(registry, room, "cortex_agent", "Ask a Cortex Agent: " + listed(settings.agents),
            mcp::Arguments<CortexAgent>{},
            [room](mcp::Context& context, const Connection& at, CortexAgent given) -> mcp::ToolOutcome {
                auto request = agent_request(room.settings, given);
                if (!request) return base::fail(std::move(request.error()));
                return run_agent(context, room.account(at), std::move(*request));
            });
    }
}

}  // namespace tools::snowflake
