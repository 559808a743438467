#include "capacity/bench/survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "mcp/error_map.hpp"
#include "mcp/revision.hpp"

namespace capacity::bench {
namespace {

namespace json = boost::json;

constexpr int most_pages = 1000;

std::string shown(std::string_view text) {
    return base::escape_untrusted(text.substr(0, 200)) + (text.size() > 200 ? "..." : "");
}

const json::value* member(const json::value* value, std::string_view name) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
}

std::string text_of(const json::value* value) {
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// A reply read as JSON-RPC.
struct Message {
    json::value root;
    const json::value* result() const { return member(&root, "result"); }
    const json::value* error() const { return member(&root, "error"); }
    std::int64_t code() const {
        const json::value* code = member(error(), "code");
        return code != nullptr && code->is_int64() ? code->get_int64() : 0;
    }
    std::string complaint() const { return shown(text_of(member(error(), "message"))); }
};

Message read(const Reply& reply) {
    boost::system::error_code failed;
    Message message{json::parse(reply.text, failed)};
    if (failed) message.root = nullptr;
    return message;
}

/// What to tell when `reply` is not the result that was hoped for.
base::Error trouble(const Reply& reply, const Message& message, std::string_view method) {
    if (reply.status == 401 || reply.status == 403) {
        return {base::Kind::credentials,
                fmt::format("the server answers {} with HTTP {}: it wants credentials; give them with --header "
                            "'Authorization: Bearer ...' or --header-file",
                            method, reply.status)};
    }
    if (message.code() != 0) {
        return {base::Kind::bad_argument, fmt::format("the server answers {} with the JSON-RPC error {}: {}", method,
                                                      message.code(), message.complaint())};
    }
    if (reply.status != 200) {
        return {base::Kind::bad_argument, fmt::format("the server answers {} with HTTP {} and no JSON-RPC message: is "
                                                      "this the address of an MCP endpoint?",
                                                      method, reply.status)};
    }
    return {base::Kind::bad_argument,
            fmt::format("what answers {} is no MCP server: \"{}\"", method, shown(reply.text))};
}

std::string name_of(const json::value* info) {
    const std::string name = text_of(member(info, "name"));
    const std::string version = text_of(member(info, "version"));
    return shown(name.empty() || version.empty() ? name : name + " " + version);
}

std::string initialize_params(const std::string& revision) {
    return fmt::format(
        R"({{"protocolVersion":"{}","capabilities":{{}},"clientInfo":{{"name":"snowflake-mcp bench","version":"1"}}}})",
        revision);
}

/// A revision of the stateless era that both speak, if the server says that it is of that era.
std::optional<std::string> stateless_revision(const Message& message) {
    const json::value* list = member(message.result(), "supportedVersions");
    if (list == nullptr && message.code() == mcp::code::unsupported_version) {
        list = member(member(message.error(), "data"), "supported");
    }
    const json::array* versions = list == nullptr ? nullptr : list->if_array();
    if (versions == nullptr) return std::nullopt;
    for (const json::value& version : *versions) {
        if (text_of(&version) == mcp::to_string(mcp::latest)) return text_of(&version);
    }
    return std::nullopt;
}

/// Tells a server of the stateless era by `server/discover`; false for one of the handshake era.
base::Result<bool> discover(Conversation& conversation, Survey& found, bool insist) {
    found.dialect.stateless = true;
    found.dialect.revision = std::string{mcp::to_string(mcp::latest)};
    auto reply = conversation.ask(found.dialect, "server/discover", "{}", "");
    if (!reply) {
        // On stdio a server of the handshake era may stay silent.
        if (!insist && !found.dialect.http && reply.error().kind() == base::Kind::timeout) return false;
        return base::fail(std::move(reply.error()));
    }
    const Message message = read(*reply);
    if (reply->status == 401 || reply->status == 403) return base::fail(trouble(*reply, message, "server/discover"));
    if (stateless_revision(message)) {
        found.server = name_of(member(member(message.result(), "_meta"), "io.modelcontextprotocol/serverInfo"));
        if (found.server.empty()) found.server = name_of(member(message.result(), "serverInfo"));
        return true;
    }
    if (insist) {
        if (message.result() == nullptr) return base::fail(trouble(*reply, message, "server/discover"));
        return base::fail(base::Kind::bad_argument,
                          fmt::format("the server does not speak revision {}", found.dialect.revision));
    }
    return false;
}

/// A handshake from the beginning; answers the session's id (may be empty).
base::Result<std::string> shake_hands(Conversation& conversation, Survey& found, const std::string& wanted) {
    found.dialect.stateless = false;
    found.dialect.revision = wanted.empty() ? std::string{mcp::to_string(mcp::latest_handshake)} : wanted;
    auto reply = conversation.ask(found.dialect, "initialize", initialize_params(found.dialect.revision), "");
    if (!reply) {
        return base::fail(std::move(reply.error()));
    }
    const Message message = read(*reply);
    const std::string agreed = text_of(member(message.result(), "protocolVersion"));
    if (agreed.empty()) {
        return base::fail(trouble(*reply, message, "initialize"));
    }
    if (!wanted.empty() && agreed != wanted) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("the server does not speak revision {}, it offers {}", wanted, shown(agreed)));
    }
    if (!mcp::revision_from(agreed)) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("the server offers revision {}, which is not known here", shown(agreed)));
    }
    found.dialect.revision = agreed;
    found.sessions = !reply->session.empty();
    found.server = name_of(member(message.result(), "serverInfo"));
    auto noted = conversation.notify(found.dialect, "notifications/initialized", reply->session);
    if (!noted) {
        return base::fail(std::move(noted.error()));
    }
    return std::move(reply->session);
}

void find_headers(const json::value& schema, std::vector<std::string>& path, std::vector<ToolFacts::Header>& into) {
    const json::value* properties = member(&schema, "properties");
    const json::object* object = properties == nullptr ? nullptr : properties->if_object();
    if (object == nullptr || path.size() > 16) return;
    for (const auto& property : *object) {
        path.emplace_back(property.key());
        const std::string name = text_of(member(&property.value(), "x-mcp-header"));
        const bool is_token = !name.empty() && std::ranges::all_of(name, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        });
        if (is_token) into.push_back({path, name});
        find_headers(property.value(), path, into);
        path.pop_back();
    }
}

ToolFacts facts_of(const json::value& tool) {
    ToolFacts facts;
    facts.name = text_of(member(&tool, "name"));
    const json::value* read_only = member(member(&tool, "annotations"), "readOnlyHint");
    facts.read_only = read_only != nullptr && read_only->is_bool() && read_only->get_bool();
    const json::value* schema = member(&tool, "inputSchema");
    const json::value* required = member(schema, "required");
    facts.has_required_arguments = required != nullptr && required->is_array() && !required->get_array().empty();
    std::vector<std::string> path;
    if (schema != nullptr) find_headers(*schema, path, facts.headers);
    return facts;
}

base::Result<void> list_tools(Conversation& conversation, Survey& found, const std::string& session) {
    std::string params = "{}";
    for (int page = 0; page < most_pages; ++page) {
        auto reply = conversation.ask(found.dialect, "tools/list", params, session);
        if (!reply) {
            return base::fail(std::move(reply.error()));
        }
        const Message message = read(*reply);
        if (message.code() == mcp::code::method_not_found) return {};
        const json::value* tools = member(message.result(), "tools");
        if (tools == nullptr || !tools->is_array()) {
            return base::fail(trouble(*reply, message, "tools/list"));
        }
        for (const json::value& tool : tools->get_array()) found.tools.push_back(facts_of(tool));
        const std::string cursor = text_of(member(message.result(), "nextCursor"));
        if (cursor.empty()) return {};
        params = R"({"cursor":)";
        base::append_json_string(params, cursor);
        params += '}';
    }
    return {};
}

}  // namespace

base::Result<Survey> survey(Conversation& conversation, Dialect dialect, const std::string& wanted) {
    const auto revision = mcp::revision_from(wanted);
    if (!wanted.empty() && !revision) {
        return base::fail(base::Kind::bad_argument, fmt::format("--revision {}: there are 2026-07-28, 2025-11-25, "
                                                                "2025-06-18, 2025-03-26, 2024-11-05 (stdio) and auto",
                                                                base::escape_untrusted(wanted)));
    }
    Survey found;
    found.dialect = std::move(dialect);
    bool stateless = false;
    if (!revision || mcp::is_stateless(*revision)) {
        auto answered = discover(conversation, found, revision.has_value());
        if (!answered) return base::fail(std::move(answered.error()));
        stateless = *answered;
    }
    std::string session;
    if (!stateless) {
        auto shaken = shake_hands(conversation, found, wanted);
        if (!shaken) return base::fail(std::move(shaken.error()));
        session = std::move(*shaken);
    }
    auto listed = list_tools(conversation, found, session);
    if (!session.empty() && found.dialect.http) {
        close_session(static_cast<HttpConversation&>(conversation), found.dialect, session);
    }
    if (!listed) return base::fail(std::move(listed.error()));
    return found;
}

base::Result<std::string> open_session(Conversation& conversation, const Dialect& dialect) {
    Survey found;
    found.dialect = dialect;
    return shake_hands(conversation, found, dialect.revision);
}

void close_session(HttpConversation& conversation, const Dialect& dialect, const std::string& session) {
    std::string bytes = fmt::format("DELETE {} HTTP/1.1\r\nHost: {}\r\nMCP-Protocol-Version: {}\r\n", dialect.target,
                                    dialect.authority, dialect.revision);
    for (const auto& [name, value] : dialect.headers) bytes += fmt::format("{}: {}\r\n", name, value);
    bytes += fmt::format("Mcp-Session-Id: {}\r\n\r\n", session);
    (void)conversation.exchange(bytes);
}

}  // namespace capacity::bench
