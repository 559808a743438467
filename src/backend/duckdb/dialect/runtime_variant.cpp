/// VARIANT and OBJECT at run time.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "backend/duckdb/dialect/decimal_text.hpp"
#include "backend/duckdb/dialect/json.hpp"
#include "backend/duckdb/dialect/registrar.hpp"
#include "base/text.hpp"

namespace backend::duckdb::dialect {

namespace {

using Text = std::string_view;

/// A string without its quotes; JSON null is NULL; anything else as its JSON.
void variant_text(Out<std::string>& out, Text value) {
    switch (json_kind(value)) {
        case JsonKind::null: return out.null();
        case JsonKind::string: return static_cast<void>(out.value = json_string_value(value));
        case JsonKind::real: {
            double number = 0;
            std::from_chars(value.data(), value.data() + value.size(), number);
            out.value = real_text(number);
            return;
        }
        default: out.value = value;
    }
}

/// The text that a conversion to a number reads; false: the value is of another kind.
bool number_source(Text value, std::string& source) {
    switch (json_kind(value)) {
        case JsonKind::integer:
        case JsonKind::decimal:
        case JsonKind::real: source = value; return true;
        case JsonKind::string: source = json_string_value(value); return true;
        case JsonKind::boolean: source = value == "true" ? "1" : "0"; return true;
        default: return false;
    }
}

void failed_cast(auto& out, Text value, std::string_view type) {
    out.fail(fmt::format("Failed to cast variant value {} to {}", base::ellipsize(value, 200), type));
}

void get_path(Out<std::string>& out, Text value, Text path) {
    for (std::size_t at = 0; at < path.size();) {
        if (path[at] == '.') {
            std::string key;
            for (++at; at < path.size() && path[at] != '.' && path[at] != '['; ++at) {
                if (path[at] == '\\') ++at;
                key.push_back(path[at]);
            }
            value = json_member(value, key);
        } else {
            const std::size_t close = std::min(path.find(']', at), path.size());
            long index = -1;
            std::from_chars(path.data() + at + 1, path.data() + close, index);
            value = json_element(value, index);
            at = close + 1;
        }
        if (value.empty()) return out.null();
    }
    out.value = value;
}

bool is_kind(Text value, Text what) {
    const JsonKind kind = json_kind(value);
    if (what == "ARRAY") return kind == JsonKind::array;
    if (what == "OBJECT") return kind == JsonKind::object;
    if (what == "BOOLEAN") return kind == JsonKind::boolean;
    if (what == "CHAR" || what == "VARCHAR") return kind == JsonKind::string;
    if (what == "INTEGER") return kind == JsonKind::integer;
    if (what == "DECIMAL") return kind == JsonKind::integer || kind == JsonKind::decimal;
    return kind == JsonKind::integer || kind == JsonKind::decimal || kind == JsonKind::real;
}

Text type_name(Text value) {
    switch (json_kind(value)) {
        case JsonKind::null: return "NULL_VALUE";
        case JsonKind::boolean: return "BOOLEAN";
        case JsonKind::integer: return "INTEGER";
        case JsonKind::decimal: return "DECIMAL";
        case JsonKind::real: return "DOUBLE";
        case JsonKind::string: return "VARCHAR";
        case JsonKind::array: return "ARRAY";
        case JsonKind::object: return "OBJECT";
    }
    return "";
}

void write_object(std::string& out, const std::vector<std::pair<std::string, Text>>& members) {
    out.push_back('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_json_string(out, members[i].first);
        out.push_back(':');
        out += members[i].second;
    }
    out.push_back('}');
}

/// `{"a":1,"b":2,}` with members in any order: normal form.
void object(Out<std::string>& out, Text text) {
    std::string clean{text};
    if (clean.ends_with(",}")) clean.erase(clean.size() - 2, 1);
    std::string error;
    if (!normalize_json(clean, out.value, error))
        out.fail(error.find("duplicate") != std::string::npos ? "Duplicate field key in an OBJECT" : error);
}

std::vector<std::string> key_list(Text keys) {
    std::vector<std::string> names;
    for (const Text key : json_elements(keys))
        names.push_back(json_kind(key) == JsonKind::string ? json_string_value(key) : std::string{key});
    return names;
}

void keep_keys(Out<std::string>& out, Text value, Text keys, bool listed) {
    const std::vector<std::string> names = key_list(keys);
    auto members = json_members(value);
    std::erase_if(members, [&](const auto& member) {
        return (std::find(names.begin(), names.end(), member.first) != names.end()) != listed;
    });
    write_object(out.value, members);
}

void object_insert(Out<std::string>& out, Text value, Text key, Text member, bool update) {
    auto members = json_members(value);
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const auto& entry) { return entry.first == key; });
    const bool there = found != members.end();
    if (there && !update) return out.fail(fmt::format("Object already contains key '{}'", key));
    if (there) members.erase(found);
    if (!member.empty()) {
        members.emplace_back(std::string{key}, member);
        std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    write_object(out.value, members);
}

void parse_json(Out<std::string>& out, Text text) {
    if (trim_blanks(text).empty()) return out.null();
    std::string error;
    if (!normalize_json(text, out.value, error)) out.fail(error);
}

void register_conversions(Registrar& registrar) {
    registrar.add<std::string(Text)>("__sf_variant_text", variant_text);
    registrar.add<std::string(Text)>("__sf_json_string",
                                     [](Out<std::string>& out, Text text) { append_json_string(out.value, text); });
    registrar.add<std::string(Text)>("__sf_json", [](Out<std::string>& out, Text text) {
        std::string error;
        if (!normalize_json(text, out.value, error)) out.fail(error);
    });
    registrar.add<double(Text)>("__sf_variant_real", [](Out<double>& out, Text value) {
        if (json_kind(value) == JsonKind::null) return out.null();
        std::string source;
        if (!number_source(value, source)) return failed_cast(out, value, "REAL");
        const Text digits = trim_blanks(source);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.value);
        if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty())
            failed_cast(out, value, "REAL");
    });
    registrar.add<bool(Text)>("__sf_variant_boolean", [](Out<bool>& out, Text value) {
        switch (json_kind(value)) {
            case JsonKind::null: return out.null();
            case JsonKind::boolean: return static_cast<void>(out.value = value == "true");
            case JsonKind::integer:
            case JsonKind::decimal:
            case JsonKind::real: return static_cast<void>(out.value = value.find_first_of("123456789") != Text::npos);
            case JsonKind::string: {
                const std::string word = base::to_lower(json_string_value(value));
                if (word == "true" || word == "false") return static_cast<void>(out.value = word == "true");
                break;
            }
            default: break;
        }
        failed_cast(out, value, "BOOLEAN");
    });
    for (int scale = 0; scale <= 37; ++scale) {
        registrar.add<DecimalValue(Text)>(
            fmt::format("__sf_variant_number_{}", scale),
            [scale](Out<DecimalValue>& out, Text value) {
                if (json_kind(value) == JsonKind::null) return out.null();
                std::string source;
                if (!number_source(value, source) || !parse_decimal(source, scale, out.value.unscaled))
                    failed_cast(out, value, "FIXED");
            },
            OnError::raise, scale);
    }
    registrar.add<std::string(Text)>("__sf_variant_array", [](Out<std::string>& out, Text value) {
        if (json_kind(value) == JsonKind::null) return out.null();
        out.value = json_kind(value) == JsonKind::array ? std::string{value} : fmt::format("[{}]", value);
    });
    registrar.add<std::string(Text)>("__sf_variant_object", [](Out<std::string>& out, Text value) {
        if (json_kind(value) == JsonKind::null) return out.null();
        if (json_kind(value) != JsonKind::object) return failed_cast(out, value, "OBJECT");
        out.value = value;
    });
}

}  // namespace

void register_variant_functions(Registrar& registrar) {
    register_conversions(registrar);
    registrar.add_both<std::string(Text)>("parse_json", parse_json);
    registrar.add<std::string(Text)>("__sf_check_json", [](Out<std::string>& out, Text text) {
        std::string ignored;
        if (trim_blanks(text).empty() || normalize_json(text, ignored, out.value)) out.null();
    });
    registrar.add<std::string(Text, Text)>("__sf_get_path", get_path);
    registrar.add<std::string(Text, Text)>("__sf_get_key", [](Out<std::string>& out, Text value, Text key) {
        out.value = json_member(value, key);
        if (out.value.empty()) out.null();
    });
    registrar.add<std::string(Text, std::int64_t)>("__sf_get_index",
                                                   [](Out<std::string>& out, Text value, std::int64_t index) {
                                                       out.value = json_element(value, index);
                                                       if (out.value.empty()) out.null();
                                                   });
    registrar.add<std::string(Text, Text)>("__sf_get_ignore_case", [](Out<std::string>& out, Text value, Text key) {
        out.value = json_member(value, key);
        if (!out.value.empty()) return;
        for (const auto& [name, member] : json_members(value)) {
            if (base::iequals(name, key)) return static_cast<void>(out.value = member);
        }
        out.null();
    });
    registrar.add<std::string(Text)>("__sf_typeof",
                                     [](Out<std::string>& out, Text value) { out.value = type_name(value); });
    registrar.add<bool(Text, Text)>("__sf_is_kind",
                                    [](Out<bool>& out, Text value, Text what) { out.value = is_kind(value, what); });
    registrar.add<std::string(NullableText, NullableText, bool)>(
        "__sf_member", [](Out<std::string>& out, NullableText key, NullableText value, bool keep) {
            if (key.is_null || (value.is_null && !keep)) return;
            append_json_string(out.value, key.text);
            out.value += fmt::format(":{},", value.is_null ? Text{"null"} : value.text);
        });
    registrar.add<std::string(Text)>("__sf_object", object);
    registrar.add<std::string(Text)>("__sf_object_keys", [](Out<std::string>& out, Text value) {
        out.value = "[";
        for (const auto& [name, member] : json_members(value)) {
            if (out.value.size() > 1) out.value.push_back(',');
            append_json_string(out.value, name);
        }
        out.value.push_back(']');
    });
    registrar.add<std::string(Text, Text, Text, bool)>("__sf_object_insert", object_insert);
    registrar.add<std::string(Text, Text)>(
        "__sf_object_delete", [](Out<std::string>& out, Text value, Text keys) { keep_keys(out, value, keys, false); });
    registrar.add<std::string(Text, Text)>(
        "__sf_object_pick", [](Out<std::string>& out, Text value, Text keys) { keep_keys(out, value, keys, true); });
}

}  // namespace backend::duckdb::dialect
