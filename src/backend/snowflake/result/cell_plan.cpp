#include "backend/snowflake/result/cell_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace backend::snowflake {
namespace {

using Kind = CellPlan::Kind;

constexpr std::int64_t widest_fixed = 38;
constexpr std::int64_t default_fraction = 9;

constexpr std::array<std::pair<std::string_view, Kind>, 27> kinds{{
    {"fixed", Kind::fixed},
    {"text", Kind::text},
    {"real", Kind::real},
    {"boolean", Kind::boolean},
    {"date", Kind::date},
    {"timestamp_ntz", Kind::timestamp_ntz},
    {"timestamp_ltz", Kind::timestamp_ltz},
    {"timestamp_tz", Kind::timestamp_tz},
    {"timestamp", Kind::timestamp_ntz},
    {"time", Kind::time},
    {"variant", Kind::json},
    {"object", Kind::json},
    {"array", Kind::json},
    {"map", Kind::json},
    {"binary", Kind::binary},
    {"vector", Kind::json},
    {"decfloat", Kind::decfloat},
    {"geography", Kind::json},
    {"geometry", Kind::json},
    {"file", Kind::json},
    {"interval_year_month", Kind::interval_year_month},
    {"interval_day_time", Kind::interval_day_time},
    {"char", Kind::text},
    {"any", Kind::text},
    {"float", Kind::real},
    {"double", Kind::real},
    {"number", Kind::fixed},
}};

std::string with_number(std::string_view name, const std::optional<std::int64_t>& number) {
    return number ? fmt::format("{}({})", name, *number) : std::string{name};
}

std::string element_text(const RowType& type) {
    // A VECTOR's elements are INT or FLOAT to SQL.
    const Kind kind = kind_of_type(type.type);
    return kind == Kind::fixed ? "INT" : kind == Kind::real ? "FLOAT" : type_text(type);
}

std::string nested_text(const RowType& type) {
    const std::string name = base::to_upper(type.type);
    if (type.type == "vector") {
        if (type.fields.empty()) return name;
        return fmt::format("VECTOR({}, {})", element_text(type.fields.front()), type.vector_dimension.value_or(0));
    }
    if (type.fields.empty()) return name;
    std::string inside;
    for (const RowType& field : type.fields) {
        if (!inside.empty()) inside += ", ";
        if (type.type == "object" && !field.name.empty()) inside += field.name + " ";
        inside += type_text(field);
        if (type.type != "map" && !field.nullable) inside += " NOT NULL";
    }
    return fmt::format("{}({})", name, inside);
}

std::string interval_text(const RowType& type) {
    const std::int64_t fields = type.scale.value_or(0);
    if (type.type == "interval_day_time") return "INTERVAL DAY TO SECOND";
    return fields == 1 ? "INTERVAL YEAR" : fields == 2 ? "INTERVAL MONTH" : "INTERVAL YEAR TO MONTH";
}

}  // namespace

Kind kind_of_type(std::string_view type) {
    for (const auto& [name, kind] : kinds)
        if (base::iequals(name, type)) return kind;
    return Kind::text;
}

CellPlan plan_of(const RowType& type, const Zone& zone) {
    CellPlan plan{.kind = kind_of_type(type.type)};
    const bool fraction = plan.kind == Kind::time || plan.kind == Kind::timestamp_ntz ||
                          plan.kind == Kind::timestamp_ltz || plan.kind == Kind::timestamp_tz;
    const std::int64_t scale = type.scale.value_or(fraction ? default_fraction : 0);
    plan.scale = static_cast<std::int16_t>(std::clamp<std::int64_t>(scale, 0, fraction ? default_fraction : 127));
    plan.zone = &zone;
    return plan;
}

std::string type_text(const RowType& type) {
    if (type.ext_type_name == "geography" || type.ext_type_name == "geometry")
        return base::to_upper(type.ext_type_name);
    switch (kind_of_type(type.type)) {
        case Kind::fixed:
            return fmt::format("NUMBER({},{})", type.precision.value_or(widest_fixed), type.scale.value_or(0));
        case Kind::real: return "FLOAT";
        case Kind::decfloat: return "DECFLOAT";
        case Kind::boolean: return "BOOLEAN";
        case Kind::date: return "DATE";
        case Kind::time: return with_number("TIME", type.scale.value_or(default_fraction));
        case Kind::timestamp_ntz: return with_number("TIMESTAMP_NTZ", type.scale.value_or(default_fraction));
        case Kind::timestamp_ltz: return with_number("TIMESTAMP_LTZ", type.scale.value_or(default_fraction));
        case Kind::timestamp_tz: return with_number("TIMESTAMP_TZ", type.scale.value_or(default_fraction));
        case Kind::binary: return with_number("BINARY", type.length ? type.length : type.byte_length);
        case Kind::json: return nested_text(type);
        case Kind::interval_year_month:
        case Kind::interval_day_time: return interval_text(type);
        case Kind::text: break;
    }
    if (type.type.empty() || type.type == "text" || type.type == "char") return with_number("VARCHAR", type.length);
    return base::to_upper(type.type);
}

Column column_of(const RowType& type) {
    return {.name = type.name, .type = type_text(type), .nullable = type.nullable};
}

}  // namespace backend::snowflake
