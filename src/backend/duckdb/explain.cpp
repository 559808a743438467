// DuckDB's plan, laid out as Snowflake lays plans out, and labelled as what it is.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "backend/duckdb/statement_plan.hpp"

namespace backend::duckdb {
namespace {

namespace json = boost::json;

constexpr std::string_view label = "Plan of the embedded DuckDB, not of Snowflake; partitions and bytes are not known";

std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string{value.get_string()};
    if (!value.is_array()) return json::serialize(value);
    std::string text;
    for (const json::value& item : value.get_array()) text += (text.empty() ? "" : ", ") + text_of(item);
    return text;
}

std::string field(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value ? text_of(*value) : std::string{};
}

const json::object* extra_info(const json::object& node) {
    const json::value* extra = node.if_contains("extra_info");
    return extra && extra->is_object() ? &extra->get_object() : nullptr;
}

/// Everything said about an operator, but for the table it reads.
std::string expressions_of(const json::object& node) {
    std::string text;
    const json::object* extra = extra_info(node);
    if (!extra) return text;
    for (const auto& [name, value] : *extra) {
        const std::string said = text_of(value);
        if (name == "Table" || said.empty()) continue;
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", std::string_view{name}, said);
    }
    return text;
}

MemoryValue or_null(std::string text) {
    if (text.empty()) return std::monostate{};
    return text;
}

class Tabular {
public:
    explicit Tabular(MemoryRows& rows) : rows_{rows} {}

    void add(const json::object& node, std::int64_t parent) {
        const std::int64_t id = next_++;
        const json::object* extra = extra_info(node);
        rows_.rows.push_back({std::int64_t{1}, id,
                              parent < 0 ? MemoryValue{} : MemoryValue{fmt::format("[{}]", parent)},
                              field(node, "name"), or_null(extra ? field(*extra, "Table") : ""), MemoryValue{},
                              or_null(expressions_of(node)), MemoryValue{}, MemoryValue{}, MemoryValue{}});
        const json::value* children = node.if_contains("children");
        if (!children || !children->is_array()) return;
        for (const json::value& child : children->get_array())
            if (child.is_object()) add(child.get_object(), id);
    }

private:
    MemoryRows& rows_;
    std::int64_t next_ = 0;
};

void append_tree(std::string& out, const json::object& node, std::size_t depth) {
    const json::object* extra = extra_info(node);
    const std::string table = extra ? field(*extra, "Table") : "";
    const std::string expressions = expressions_of(node);
    out += std::string(2 * depth, ' ') + "-> " + field(node, "name");
    if (!table.empty()) out += " " + table;
    if (!expressions.empty()) out += "  " + expressions;
    out += '\n';
    const json::value* children = node.if_contains("children");
    if (!children || !children->is_array()) return;
    for (const json::value& child : children->get_array())
        if (child.is_object()) append_tree(out, child.get_object(), depth + 1);
}

/// The roots of the plan: DuckDB gives a list.
std::vector<const json::object*> roots_of(const json::value& plan) {
    std::vector<const json::object*> roots;
    if (plan.is_object()) roots.push_back(&plan.get_object());
    if (plan.is_array())
        for (const json::value& root : plan.get_array())
            if (root.is_object()) roots.push_back(&root.get_object());
    return roots;
}

MemoryRows one_text(std::string text) {
    MemoryRows rows;
    rows.columns.push_back({.name = "content", .type = "VARCHAR(16777216)"});
    rows.rows.push_back({std::move(text)});
    return rows;
}

MemoryRows tabular(const json::value& plan) {
    MemoryRows rows;
    for (const auto& [name, is_number] :
         std::initializer_list<std::pair<const char*, bool>>{{"step", true},
                                                             {"id", true},
                                                             {"parentOperators", false},
                                                             {"operation", false},
                                                             {"objects", false},
                                                             {"alias", false},
                                                             {"expressions", false},
                                                             {"partitionsTotal", true},
                                                             {"partitionsAssigned", true},
                                                             {"bytesAssigned", true}})
        rows.columns.push_back({.name = name, .type = is_number ? "NUMBER(38,0)" : "VARCHAR(16777216)"});
    rows.rows.push_back({MemoryValue{}, MemoryValue{}, MemoryValue{}, std::string{"GlobalStats"}, MemoryValue{},
                         MemoryValue{}, std::string{label}, MemoryValue{}, MemoryValue{}, MemoryValue{}});
    Tabular lines{rows};
    for (const json::object* root : roots_of(plan)) lines.add(*root, -1);
    return rows;
}

}  // namespace

MemoryRows explain_rows(ExplainFormat format, std::string_view duckdb_json) {
    boost::system::error_code error;
    const json::value plan = json::parse(duckdb_json, error);
    if (error) return one_text(fmt::format("{}\n{}", label, duckdb_json));
    switch (format) {
        case ExplainFormat::tabular: return tabular(plan);
        case ExplainFormat::json:
            return one_text(json::serialize(json::object{{"note", label}, {"engine", "DuckDB"}, {"operations", plan}}));
        case ExplainFormat::text: {
            std::string text{label};
            text += '\n';
            for (const json::object* root : roots_of(plan)) append_tree(text, *root, 0);
            return one_text(std::move(text));
        }
    }
    return {};
}

}  // namespace backend::duckdb
