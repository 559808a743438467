#include "mcp/schema.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace mcp::detail {

namespace json = boost::json;

namespace {

constexpr std::int64_t safe_integer = (std::int64_t{1} << 53) - 1;

std::string_view name_of(FieldType type) {
    switch (type) {
        case FieldType::string:
        case FieldType::enumeration: return "a string";
        case FieldType::boolean: return "a boolean";
        case FieldType::integer: return "an integer";
        case FieldType::number: return "a number";
        case FieldType::array: return "an array";
        case FieldType::object: return "an object";
        case FieldType::any: return "a value";
    }
    return {};
}

std::string_view name_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return "null";
        case json::kind::bool_: return "a boolean";
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: return "a number";
        case json::kind::string: return "a string";
        case json::kind::array: return "an array";
        case json::kind::object: return "an object";
    }
    return {};
}

/// A whole number that fits: JSON Schema's "integer" includes 100.0.
std::optional<std::int64_t> whole(const json::value& value) {
    if (value.is_int64()) return value.get_int64();
    if (!value.is_double()) return std::nullopt;
    const double number = value.get_double();
    if (std::trunc(number) != number || std::abs(number) > static_cast<double>(safe_integer)) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

bool has_type(const json::value& value, FieldType type) {
    switch (type) {
        case FieldType::string:
        case FieldType::enumeration: return value.is_string();
        case FieldType::boolean: return value.is_bool();
        case FieldType::integer: return whole(value).has_value();
        case FieldType::number: return value.is_number();
        case FieldType::array: return value.is_array();
        case FieldType::object: return value.is_object();
        case FieldType::any: return true;
    }
    return false;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

base::Error wrong(const std::string& path, std::string what) {
    return base::Error{base::Kind::bad_argument, fmt::format("argument \"{}\" {}", path, what)}
        .at(base::Stage::protocol)
        .about(path);
}

std::string bounds(std::string_view unit, std::optional<std::int64_t> low, std::optional<std::int64_t> high) {
    if (low && high) return fmt::format("must be between {} and {}{}", *low, *high, unit);
    if (low) return fmt::format("must be at least {}{}", *low, unit);
    return fmt::format("must be at most {}{}", *high, unit);
}

template <class N>
bool outside(N value, std::optional<std::int64_t> low, std::optional<std::int64_t> high) {
    return (low && value < static_cast<N>(*low)) || (high && value > static_cast<N>(*high));
}

base::Result<void> check_value(const ValueSchema& schema, const json::value& value, const std::string& path);

base::Result<void> check_object(const ObjectSchema& schema, const json::object& object, const std::string& prefix);

base::Result<void> check_range(const FieldSchema& field, const json::value& value, const std::string& path) {
    if (field.minimum || field.maximum) {
        if (const auto integer = whole(value); integer && field.value.type == FieldType::integer) {
            if (outside(*integer, field.minimum, field.maximum)) {
                return base::fail(
                    wrong(path, fmt::format("{}, but is {}", bounds({}, field.minimum, field.maximum), *integer)));
            }
        } else if (value.is_number() && outside(value.to_number<double>(), field.minimum, field.maximum)) {
            return base::fail(wrong(path, bounds({}, field.minimum, field.maximum)));
        }
    }
    if (field.min_length || field.max_length) {
        const auto low = field.min_length.transform([](auto n) { return static_cast<std::int64_t>(n); });
        const auto high = field.max_length.transform([](auto n) { return static_cast<std::int64_t>(n); });
        if (value.is_string()) {
            const auto count = static_cast<std::int64_t>(characters(value.get_string()));
            if (count == 0 && low && *low == 1) return base::fail(wrong(path, "must not be empty"));
            if (outside(count, low, high)) {
                return base::fail(
                    wrong(path, fmt::format("{} but has {}", bounds(" characters long,", low, high), count)));
            }
        } else if (value.is_array()) {
            const auto count = static_cast<std::int64_t>(value.get_array().size());
            if (outside(count, low, high)) {
                return base::fail(wrong(path, fmt::format("{} but has {}", bounds(" items long,", low, high), count)));
            }
        }
    }
    return {};
}

base::Result<void> check_enumeration(const ValueSchema& schema, const json::value& value, const std::string& path) {
    const std::string_view text = value.get_string();
    if (std::ranges::find(schema.names, text) != schema.names.end()) return {};
    std::string allowed;
    for (const auto& name : schema.names) allowed += fmt::format("{}\"{}\"", allowed.empty() ? "" : ", ", name);
    return base::fail(wrong(path, fmt::format("must be one of {}, but is \"{}\"", allowed, base::ellipsize(text, 60))));
}

base::Result<void> check_value(const ValueSchema& schema, const json::value& value, const std::string& path) {
    if (!has_type(value, schema.type)) {
        // 1.5, or more digits than a number keeps, is a number and still not an integer.
        const bool number = schema.type == FieldType::integer && value.is_number();
        return base::fail(wrong(path, number
                                          ? std::string{"must be an integer (whole, within 64 bits)"}
                                          : fmt::format("must be {}, not {}", name_of(schema.type), name_of(value))));
    }
    switch (schema.type) {
        case FieldType::integer:
            if (outside(*whole(value), schema.lowest, schema.highest)) {
                return base::fail(wrong(path, bounds({}, schema.lowest, schema.highest)));
            }
            return {};
        case FieldType::enumeration: return check_enumeration(schema, value, path);
        case FieldType::array: {
            const auto& array = value.get_array();
            for (std::size_t i = 0; i < array.size(); ++i) {
                if (auto item = check_value(*schema.items, array[i], fmt::format("{}[{}]", path, i)); !item)
                    return item;
            }
            return {};
        }
        case FieldType::object: return check_object(*schema.members, value.get_object(), path + ".");
        default: return {};
    }
}

base::Error unknown(const ObjectSchema& schema, std::string_view name, const std::string& prefix) {
    std::vector<std::string_view> known;
    for (const auto& field : schema.fields) known.push_back(field.name);
    const std::string path = prefix + base::ellipsize(name, 60);
    std::string hint;
    if (known.empty()) {
        hint = "no arguments are taken";
    } else if (const auto nearest = base::nearest(name, known); !nearest.empty()) {
        hint = fmt::format("did you mean \"{}{}\"?", prefix, nearest);
    } else {
        hint = fmt::format("known arguments: {}", fmt::join(known, ", "));
    }
    return base::Error{base::Kind::bad_argument, fmt::format("unknown argument \"{}\"; {}", path, hint)}
        .at(base::Stage::protocol)
        .about(path);
}

base::Result<void> check_object(const ObjectSchema& schema, const json::object& object, const std::string& prefix) {
    for (const auto& item : object) {
        const std::string_view name = item.key();
        if (std::ranges::none_of(schema.fields, [&](const FieldSchema& field) { return field.name == name; })) {
            return base::fail(unknown(schema, name, prefix));
        }
    }
    for (const auto& field : schema.fields) {
        const auto* value = object.if_contains(field.name);
        const bool null = value != nullptr && value->is_null() && field.value.type != FieldType::any;
        if (value == nullptr || (null && !field.required)) {
            if (field.required) return base::fail(wrong(prefix + field.name, "is required"));
            continue;
        }
        const std::string path = prefix + field.name;
        if (auto checked = check_value(field.value, *value, path); !checked) return checked;
        if (auto checked = check_range(field, *value, path); !checked) return checked;
    }
    return {};
}

void append_value_schema(base::JsonWriter& writer, const ValueSchema& value);

void append_members(base::JsonWriter& writer, const ObjectSchema& schema) {
    writer.field("type", "object");
    if (!schema.fields.empty()) {
        writer.key("properties").begin_object();
        for (const auto& field : schema.fields) {
            writer.key(field.name).begin_object();
            append_value_schema(writer, field.value);
            if (!field.description.empty()) writer.field("description", field.description);
            if (field.minimum) writer.field("minimum", *field.minimum);
            if (field.maximum) writer.field("maximum", *field.maximum);
            const bool array = field.value.type == FieldType::array;
            if (field.min_length) writer.field(array ? "minItems" : "minLength", std::uint64_t{*field.min_length});
            if (field.max_length) writer.field(array ? "maxItems" : "maxLength", std::uint64_t{*field.max_length});
            if (!field.required && !field.default_json.empty()) writer.key("default").raw(field.default_json);
            if (!field.header.empty()) writer.field("x-mcp-header", field.header);
            writer.end_object();
        }
        writer.end_object();
    }
    if (std::ranges::any_of(schema.fields, &FieldSchema::required)) {
        writer.key("required").begin_array();
        for (const auto& field : schema.fields) {
            if (field.required) writer.string(field.name);
        }
        writer.end_array();
    }
    writer.field("additionalProperties", false);
}

void append_value_schema(base::JsonWriter& writer, const ValueSchema& value) {
    switch (value.type) {
        case FieldType::string: writer.field("type", "string"); break;
        case FieldType::boolean: writer.field("type", "boolean"); break;
        case FieldType::integer: writer.field("type", "integer"); break;
        case FieldType::number: writer.field("type", "number"); break;
        case FieldType::enumeration:
            writer.field("type", "string").key("enum").begin_array();
            for (const auto& name : value.names) writer.string(name);
            writer.end_array();
            break;
        case FieldType::array:
            writer.field("type", "array").key("items").begin_object();
            append_value_schema(writer, *value.items);
            writer.end_object();
            break;
        case FieldType::object: append_members(writer, *value.members); break;
        case FieldType::any: break;
    }
}

}  // namespace

void apply_rules(ObjectSchema& schema, std::initializer_list<Rule> rules) {
    for (const auto& rule : rules) {
        const auto field = std::ranges::find(schema.fields, rule.name, &FieldSchema::name);
        if (field == schema.fields.end()) {
            throw std::logic_error{
                fmt::format("a rule names \"{}\", which is not a member of the arguments", rule.name)};
        }
        field->description = rule.description;
        field->minimum = rule.minimum;
        field->maximum = rule.maximum;
        field->min_length = rule.min_length;
        field->max_length = rule.max_length;
        field->header = rule.header;
        if (rule.presence == Presence::defaulted) field->required = false;
    }
}

namespace {

std::vector<FieldSchema>::iterator field_of(ObjectSchema& schema, std::string_view name) {
    const auto field = std::ranges::find(schema.fields, name, &FieldSchema::name);
    if (field == schema.fields.end()) {
        throw std::logic_error{fmt::format("\"{}\" is not a member of the arguments", name)};
    }
    return field;
}

}  // namespace

void remove_field(ObjectSchema& schema, std::string_view name) { schema.fields.erase(field_of(schema, name)); }

void limit_to(ObjectSchema& schema, std::string_view name, std::vector<std::string> names) {
    auto& value = field_of(schema, name)->value;
    if (value.type != FieldType::string) throw std::logic_error{fmt::format("\"{}\" is not a text", name)};
    value.type = FieldType::enumeration;
    value.names = std::move(names);
}

void add_choice(ObjectSchema& schema, std::string_view name, std::string_view description,
                std::vector<std::string> names) {
    const bool taken = std::ranges::any_of(schema.fields, [&](const FieldSchema& field) { return field.name == name; });
    if (taken || names.empty()) throw std::logic_error{fmt::format("\"{}\" cannot be a choice here", name)};
    FieldSchema field;
    field.name = std::string{name};
    field.value.type = FieldType::enumeration;
    field.default_json = quoted(names.front());
    field.value.names = std::move(names);
    field.required = false;
    field.description = std::string{description};
    schema.fields.push_back(std::move(field));
}

void append_schema(std::string& json, const ObjectSchema& schema) {
    base::JsonWriter writer{json};
    writer.begin_object();
    append_members(writer, schema);
    writer.end_object();
}

base::Result<void> check(const ObjectSchema& schema, const json::object& object) {
    return check_object(schema, object, {});
}

const json::value* present(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::string_view read_string(const json::value& value) { return value.get_string(); }
bool read_bool(const json::value& value) { return value.get_bool(); }
std::int64_t read_integer(const json::value& value) { return whole(value).value_or(0); }
double read_number(const json::value& value) { return value.to_number<double>(); }
std::string read_any(const json::value& value) { return json::serialize(value); }
const json::object& read_object(const json::value& value) { return value.get_object(); }
std::size_t array_size(const json::value& value) { return value.get_array().size(); }
const json::value& array_item(const json::value& value, std::size_t index) { return value.get_array()[index]; }

std::string quoted(std::string_view text) {
    std::string json;
    base::append_json_string(json, text);
    return json;
}

std::string number_text(double value) {
    std::string json;
    base::JsonWriter{json}.number(value);
    return json;
}

}  // namespace mcp::detail
