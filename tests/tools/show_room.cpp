#include "tools/show_room.hpp"

#include <fmt/format.h>

#include <set>

#include "tools/run_handler.hpp"

namespace tools_test {

namespace {

namespace json = boost::json;
using query_test::Reply;
using Cells = std::vector<std::optional<std::string>>;

template <class T>
base::Result<T> run(query_test::Stand& stand, std::string_view arguments, Handler<T> handler) {
    query_test::Asked<T> asked;
    json::object object = arguments.empty() ? json::object{} : json::parse(arguments).as_object();
    stand.start(asked, [object, handler](async::Call& call) { return run_handler<T>(call, object, handler); });
    return std::move(asked.answer.value());
}

/// The exact name inside the first pair of quotes after `lead`, and what comes next of a dotted name.
std::vector<std::string> quoted_names(std::string_view text, std::string_view lead) {
    std::vector<std::string> names;
    auto at = text.find(lead);
    if (at == std::string_view::npos) return names;
    at += lead.size();
    while (at < text.size() && text[at] == '"') {
        std::string name;
        for (++at; at < text.size(); ++at) {
            if (text[at] == '"' && at + 1 < text.size() && text[at + 1] == '"')
                ++at;
            else if (text[at] == '"')
                break;
            name += text[at];
        }
        names.push_back(std::move(name));
        ++at;
        if (at < text.size() && text[at] == '.')
            ++at;
        else
            break;
    }
    return names;
}

struct Scope {
    std::optional<std::string> database;
    std::optional<std::string> schema;
    bool has(const Object& object) const {
        return (!database || object.database == *database) && (!schema || object.schema == *schema);
    }
};

Scope scope_of(std::string_view text) {
    Scope scope;
    if (auto names = quoted_names(text, " IN SCHEMA "); !names.empty()) {
        scope.schema = names.back();
        if (names.size() == 2) scope.database = names.front();
    } else if (names = quoted_names(text, " IN DATABASE "); !names.empty()) {
        scope.database = names.front();
    }
    return scope;
}

/// The text behind LIKE, unquoted, or nothing.
std::optional<std::string> like_of(std::string_view text) {
    const auto start = text.find(" LIKE '");
    if (start == std::string_view::npos) return std::nullopt;
    std::string pattern;
    for (auto at = start + 7; at < text.size(); ++at) {
        if (text[at] == '\'') {
            if (at + 1 >= text.size() || text[at + 1] != '\'') break;
            ++at;
        }
        pattern += text[at];
    }
    return pattern;
}

bool like(std::string_view name, const std::optional<std::string>& pattern) {
    if (!pattern) return true;
    if (name.size() != pattern->size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto fold = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
        if ((*pattern)[i] != '_' && fold((*pattern)[i]) != fold(name[i])) return false;
    }
    return true;
}

std::string type_text() { return "VARCHAR(16777216)"; }

}  // namespace

ShowRoom::ShowRoom(tools::Settings settings, query::Settings limits, sql::Policy policy)
    : stand{limits, {}, std::move(policy)} {
    stand.backend.reply = [this](const backend::Statement& statement) {
        return refusal ? query_test::failure(base::Error{*refusal}) : reply(statement.text);
    };
    tools::register_all(registry, stand.pipeline, settings);
    registry.freeze();
}

Reply ShowRoom::reply(const std::string& text) const {
    const Scope scope = scope_of(text);
    const auto pattern = like_of(text);
    std::vector<Cells> rows;
    if (text.starts_with("SHOW DATABASES")) {
        std::set<std::string> seen;
        for (const auto& object : objects) {
            if (seen.insert(object.database).second)
                rows.push_back({"2024-01-01", object.database, "N", "", "STANDARD"});
        }
        return query_test::table({"created_on", "name", "is_default", "comment", "kind"}, rows);
    }
    if (text.starts_with("SHOW SCHEMAS")) {
        std::set<std::pair<std::string, std::string>> seen;
        for (const auto& object : objects) {
            if (scope.has(object) && seen.emplace(object.database, object.schema).second) {
                rows.push_back({"2024-01-01", object.schema, "N", "N", object.database, "OWNER", ""});
            }
        }
        return query_test::table(
            {"created_on", "name", "is_default", "is_current", "database_name", "owner", "comment"}, rows);
    }
    if (text.starts_with("SHOW WAREHOUSES")) {
        return query_test::table({"name", "state", "type", "size", "running", "queued", "comment"},
                                 {{"WH", "STARTED", "STANDARD", "X-Small", "0", "0", ""}});
    }
    if (text.starts_with("SHOW COLUMNS")) {
        for (const auto& object : objects) {
            if (!scope.has(object)) continue;
            for (const auto& column : object.columns) {
                rows.push_back(
                    {object.name, object.schema, column.name, "{}", "true", column.comment, object.database});
            }
        }
        return query_test::table(
            {"table_name", "schema_name", "column_name", "data_type", "null?", "comment", "database_name"}, rows);
    }
    if (text.starts_with("DESCRIBE ")) {
        const auto names = quoted_names(text, text.starts_with("DESCRIBE VIEW") ? "DESCRIBE VIEW " : "DESCRIBE TABLE ");
        for (const auto& object : objects) {
            if (names.empty() || object.name != names.back()) continue;
            for (const auto& column : object.columns) {
                rows.push_back({column.name, type_text(), "COLUMN", "Y", std::nullopt, "N", "N", std::nullopt,
                                std::nullopt, column.comment, std::nullopt});
            }
            return query_test::table({"name", "type", "kind", "null?", "default", "primary key", "unique key", "check",
                                      "expression", "comment", "policy name"},
                                     rows);
        }
        return query_test::failure(
            base::Error{base::Kind::sql, "Object does not exist or not authorized."}.code("002003", "02000"));
    }
    for (const std::string_view kind : {"TABLES", "VIEWS", "OBJECTS"}) {
        if (!text.starts_with(fmt::format("SHOW {}", kind))) continue;
        for (const auto& object : objects) {
            const bool wanted = kind == "OBJECTS" || fmt::format("{}S", object.kind) == kind;
            if (!wanted || !scope.has(object) || !like(object.name, pattern)) continue;
            rows.push_back({"2024-01-01", object.name, object.database, object.schema, object.kind, object.comment, "7",
                            "70", object.definition});
        }
        return query_test::table(
            {"created_on", "name", "database_name", "schema_name", "kind", "comment", "rows", "bytes", "text"}, rows);
    }
    if (text.starts_with("EXPLAIN")) return query_test::table({"step", "operation"}, {{"1", "Result"}});
    Reply rows_selected = selected;
    return rows_selected;
}

void ShowRoom::start(query_test::Asked<mcp::ToolResult>& asked, std::string_view tool,
                     std::string_view arguments_json) {
    const auto object = json::parse(arguments_json).as_object();
    const auto& handler = registry.tool(tool)->tool.handler;
    stand.start(asked, [this, object, handler](async::Call& call) {
        return run_handler<mcp::ToolResult>(call, object, handler, &log);
    });
}

base::Result<ShowRoom::Result> ShowRoom::call(std::string_view tool, std::string_view arguments_json) {
    if (registry.tool(tool) == nullptr) return base::fail(base::Kind::not_found, "no such tool");
    query_test::Asked<mcp::ToolResult> asked;
    start(asked, tool, arguments_json);
    auto result = std::move(asked.answer.value());
    if (!result) return base::fail(std::move(result.error()));
    return Result{
        .is_error = result->is_error,
        .content = json::parse(result->content.to_string()),
        .structured = result->structured.empty() ? json::value{} : json::parse(result->structured.to_string())};
}

base::Result<json::value> ShowRoom::read(const std::string& uri) {
    mcp::ResourceRequest asked{.uri = uri, .variables = {}};
    const auto* fitting = registry.match(uri, asked);
    if (fitting == nullptr) return base::fail(base::Kind::not_found, "no template fits");
    auto result =
        run<mcp::ResourceResult>(stand, {}, [&](mcp::Context& context) { return fitting->read(context, asked); });
    if (!result) return base::fail(std::move(result.error()));
    return json::parse(result->contents.to_string());
}

base::Result<mcp::ResourcePage> ShowRoom::list(std::string after) {
    return run<mcp::ResourcePage>(stand, {},
                                  [&](mcp::Context& context) { return registry.source()->list(context, after); });
}

base::Result<json::value> ShowRoom::prompt(std::string_view name, std::string_view arguments_json) {
    const auto* prompt = registry.prompt(name);
    if (prompt == nullptr) return base::fail(base::Kind::not_found, "no such prompt");
    auto result = run<mcp::PromptResult>(stand, arguments_json, prompt->get);
    if (!result) return base::fail(std::move(result.error()));
    return json::parse(result->messages.to_string());
}

base::Result<mcp::Completions> ShowRoom::complete(mcp::CompletionRequest asked) {
    const auto* provider = registry.completion(asked);
    if (provider == nullptr) return base::fail(base::Kind::not_found, "no such completion");
    return run<mcp::Completions>(stand, {}, [&](mcp::Context& context) { return provider->complete(context, asked); });
}

namespace {

bool has_type(std::string_view type, const json::value& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_bool();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    if (type == "number") return value.is_number();
    return type == "null" && value.is_null();
}

std::string misfit_of_object(const json::object& schema, const json::object& value, const std::string& path) {
    const auto* properties = schema.if_contains("properties");
    if (const auto* required = schema.if_contains("required")) {
        for (const auto& name : required->as_array()) {
            if (!value.contains(name.as_string())) return fmt::format("{} lacks {}", path, name.as_string().c_str());
        }
    }
    for (const auto& [name, item] : value) {
        const auto* part = properties ? properties->as_object().if_contains(name) : nullptr;
        if (part) {
            if (auto wrong = misfit(*part, item, path + "." + std::string{name}); !wrong.empty()) return wrong;
        } else {
            // A field that the schema does not name is one that no client was told of.
            return fmt::format("{}.{} is not in the schema", path, std::string_view{name});
        }
    }
    return {};
}

}  // namespace

std::string misfit(const json::value& schema, const json::value& value, const std::string& path) {
    const auto& rules = schema.as_object();
    if (const auto* type = rules.if_contains("type"); type && !has_type(type->as_string(), value)) {
        return fmt::format("{} is no {}", path, type->as_string().c_str());
    }
    if (value.is_object()) return misfit_of_object(rules, value.as_object(), path);
    if (const auto* items = rules.if_contains("items"); items && value.is_array()) {
        for (std::size_t i = 0; i < value.as_array().size(); ++i) {
            if (auto wrong = misfit(*items, value.as_array()[i], fmt::format("{}[{}]", path, i)); !wrong.empty())
                return wrong;
        }
    }
    return {};
}

}  // namespace tools_test
