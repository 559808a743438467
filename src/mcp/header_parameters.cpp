#include "mcp/header_parameters.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

#include "base/text.hpp"

namespace mcp {
namespace {

namespace json = boost::json;

constexpr std::string_view annotation = "x-mcp-header";

/// RFC 9110 section 5.6.2: tchar.
bool is_token(std::string_view text) {
    constexpr std::string_view punctuation = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               punctuation.find(c) != std::string_view::npos;
    });
}

class Collector {
public:
    /// `path`: property names from the root; `reachable`: by `properties` alone.
    base::Result<void> visit(const json::object& schema, std::vector<std::string>& path, bool reachable) {
        if (const auto* value = schema.if_contains(annotation)) {
            if (auto added = add(schema, *value, path, reachable && !path.empty()); !added) return added;
        }
        for (const auto& item : schema) {
            if (auto inner = descend(item.key(), item.value(), path, reachable); !inner) return inner;
        }
        return {};
    }

    std::vector<HeaderParameter> take() { return std::move(found_); }

private:
    base::Result<void> descend(std::string_view key, const json::value& value, std::vector<std::string>& path,
                               bool reachable) {
        constexpr std::string_view data_keywords[] = {"default", "const", "enum", "examples"};
        if (std::ranges::find(data_keywords, key) != std::end(data_keywords)) return {};  // data, not schemas
        if (const auto* object = value.if_object()) {
            const bool names = key == "properties" || key == "patternProperties" || key == "$defs" ||
                               key == "definitions" || key == "dependentSchemas";
            if (!names) return visit(*object, path, false);
            for (const auto& member : *object) {
                const auto* schema = member.value().if_object();
                if (schema == nullptr) continue;
                path.emplace_back(member.key());
                auto inner = visit(*schema, path, reachable && key == "properties");
                path.pop_back();
                if (!inner) return inner;
            }
        } else if (const auto* array = value.if_array()) {
            for (const auto& entry : *array) {
                const auto* schema = entry.if_object();
                if (schema == nullptr) continue;
                if (auto inner = visit(*schema, path, false); !inner) return inner;
            }
        }
        return {};
    }

    base::Result<void> add(const json::object& schema, const json::value& value, const std::vector<std::string>& path,
                           bool reachable) {
        const std::string place = fmt::format("x-mcp-header of \"{}\"", fmt::join(path, "."));
        if (!value.is_string() || !is_token(value.get_string())) return refuse(place, "is not an HTTP token");
        if (!reachable) return refuse(place, "is not reachable by `properties` alone");
        HeaderParameter parameter;
        parameter.name = std::string{std::string_view{value.get_string()}};
        parameter.field = "mcp-param-" + base::to_lower(parameter.name);
        parameter.path = path;
        const auto* type = schema.if_contains("type");
        const std::string_view type_name = type && type->is_string() ? std::string_view{type->get_string()} : "";
        if (type_name == "string") {
            parameter.type = HeaderParameter::Type::string;
        } else if (type_name == "integer") {
            parameter.type = HeaderParameter::Type::integer;
        } else if (type_name == "boolean") {
            parameter.type = HeaderParameter::Type::boolean;
        } else {
            return refuse(place, "is not on a string, an integer or a boolean");
        }
        if (std::ranges::any_of(found_, [&](const auto& other) { return other.field == parameter.field; })) {
            return refuse(place, "is there twice");
        }
        found_.push_back(std::move(parameter));
        return {};
    }

    static base::Result<void> refuse(const std::string& place, std::string_view why) {
        return base::fail(base::Kind::internal, fmt::format("{} {}", place, why));
    }

    std::vector<HeaderParameter> found_;
};

}  // namespace

base::Result<std::vector<HeaderParameter>> header_parameters(const json::object& input_schema) {
    Collector collector;
    std::vector<std::string> path;
    if (auto visited = collector.visit(input_schema, path, true); !visited) return base::fail(visited.error());
    return collector.take();
}

}  // namespace mcp
