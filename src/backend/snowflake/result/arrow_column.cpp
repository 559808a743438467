#include "backend/snowflake/result/arrow_column.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/text.hpp"

namespace backend::snowflake {
namespace {

using Kind = CellPlan::Kind;

constexpr int deepest = 64;

base::Error unreadable(std::string_view column, std::string_view why) {
    return base::Error{base::Kind::unavailable,
                       fmt::format("column {} of the Arrow result {}", base::escape_untrusted(column), why)}
        .at(base::Stage::result);
}

std::string_view metadata(const ArrowSchema& schema, const char* key) {
    ArrowStringView value{nullptr, 0};
    if (ArrowMetadataGetValue(schema.metadata, ArrowCharView(key), &value) != NANOARROW_OK || value.data == nullptr)
        return {};
    return {value.data, static_cast<std::size_t>(value.size_bytes)};
}

std::optional<int> metadata_number(const ArrowSchema& schema, const char* key) {
    const std::string_view text = metadata(schema, key);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view name_of(const ArrowSchema& schema) { return schema.name == nullptr ? "" : schema.name; }

bool is_integer(ArrowType type) {
    switch (type) {
        case NANOARROW_TYPE_INT8:
        case NANOARROW_TYPE_INT16:
        case NANOARROW_TYPE_INT32:
        case NANOARROW_TYPE_INT64:
        case NANOARROW_TYPE_UINT8:
        case NANOARROW_TYPE_UINT16:
        case NANOARROW_TYPE_UINT32:
        case NANOARROW_TYPE_UINT64: return true;
        default: return false;
    }
}

bool is_timestamp(Kind kind) {
    return kind == Kind::timestamp_ntz || kind == Kind::timestamp_ltz || kind == Kind::timestamp_tz;
}

/// What a form is without a word about its type.
Kind natural_kind(const ArrowSchemaView& schema) {
    switch (schema.type) {
        case NANOARROW_TYPE_BOOL: return Kind::boolean;
        case NANOARROW_TYPE_FLOAT:
        case NANOARROW_TYPE_DOUBLE: return Kind::real;
        case NANOARROW_TYPE_DATE32:
        case NANOARROW_TYPE_DATE64: return Kind::date;
        case NANOARROW_TYPE_TIME32:
        case NANOARROW_TYPE_TIME64: return Kind::time;
        case NANOARROW_TYPE_TIMESTAMP:
            return schema.timezone != nullptr && *schema.timezone != '\0' ? Kind::timestamp_ltz : Kind::timestamp_ntz;
        case NANOARROW_TYPE_BINARY:
        case NANOARROW_TYPE_LARGE_BINARY:
        case NANOARROW_TYPE_FIXED_SIZE_BINARY: return Kind::binary;
        case NANOARROW_TYPE_LIST:
        case NANOARROW_TYPE_LARGE_LIST:
        case NANOARROW_TYPE_FIXED_SIZE_LIST:
        case NANOARROW_TYPE_MAP:
        case NANOARROW_TYPE_STRUCT: return Kind::json;
        case NANOARROW_TYPE_STRING:
        case NANOARROW_TYPE_LARGE_STRING:
        case NANOARROW_TYPE_NA: return Kind::text;
        default: return Kind::fixed;
    }
}

int digits_of(ArrowTimeUnit unit) {
    switch (unit) {
        case NANOARROW_TIME_UNIT_SECOND: return 0;
        case NANOARROW_TIME_UNIT_MILLI: return 3;
        case NANOARROW_TIME_UNIT_MICRO: return 6;
        case NANOARROW_TIME_UNIT_NANO: return 9;
    }
    return 9;
}

const RowType* child_type(const RowType* type, std::int64_t index) {
    if (type == nullptr || static_cast<std::size_t>(index) >= type->fields.size()) return nullptr;
    return &type->fields[static_cast<std::size_t>(index)];
}

}  // namespace

base::Result<ArrowColumn> ArrowColumn::make(const ArrowSchema& schema, const RowType* type, const Zone& zone,
                                            int depth) {
    ArrowColumn column;
    column.name_ = name_of(schema);
    if (depth > deepest) return base::fail(unreadable(column.name_, "is nested too deeply"));
    if (schema.dictionary != nullptr)
        return base::fail(unreadable(column.name_, "is dictionary-encoded, which this server does not read"));
    ArrowSchemaView physical;
    ArrowError error{};
    if (ArrowSchemaViewInit(&physical, &schema, &error) != NANOARROW_OK)
        return base::fail(unreadable(column.name_, fmt::format("cannot be read: {}", error.message)));

    const std::string_view logical = metadata(schema, "logicalType");
    column.vector_ = base::iequals(logical, "VECTOR") || (type != nullptr && type->type == "vector");
    if (type != nullptr) column.plan_ = plan_of(*type, zone);
    if (type == nullptr) column.plan_ = {.kind = natural_kind(physical), .zone = &zone};
    if (!logical.empty()) column.plan_.kind = kind_of_type(logical);
    if (physical.type == NANOARROW_TYPE_DECIMAL128 && (type == nullptr || !type->scale) && physical.decimal_scale > 0)
        column.plan_.scale = static_cast<std::int16_t>(physical.decimal_scale);
    if (const auto scale = metadata_number(schema, "scale"); scale && *scale >= 0 && *scale <= 127)
        column.plan_.scale = static_cast<std::int16_t>(*scale);
    if (physical.type == NANOARROW_TYPE_TIME32 || physical.type == NANOARROW_TYPE_TIME64 ||
        physical.type == NANOARROW_TYPE_TIMESTAMP)
        column.plan_.scale = static_cast<std::int16_t>(digits_of(physical.time_unit));
    if ((column.plan_.kind == Kind::time || is_timestamp(column.plan_.kind)) && column.plan_.scale > 9)
        return base::fail(unreadable(column.name_, "has more than nine digits of a second"));

    RowType entries;  // between a map and its keys and values stands a struct that no row type names
    const bool is_map = physical.type == NANOARROW_TYPE_MAP && type != nullptr;
    if (is_map) entries = {.type = "object", .fields = type->fields};
    for (std::int64_t i = 0; i < schema.n_children; ++i) {
        const ArrowSchema& child = *schema.children[i];
        auto made = make(child, is_map ? &entries : child_type(type, i), zone, depth + 1);
        if (!made) return base::fail(std::move(made.error()));
        const std::string_view name = name_of(child);
        if (name == "epoch" || name == "exponent") column.epoch_ = static_cast<int>(i);
        if (name == "fraction" || name == "significand") column.fraction_ = static_cast<int>(i);
        if (name == "timezone") column.timezone_ = static_cast<int>(i);
        column.children_.push_back(std::move(*made));
    }
    if (schema.n_children > 0 && physical.type == NANOARROW_TYPE_MAP) {
        // A map's one child is the struct of its entries: key and value become the children here.
        auto pair = std::move(column.children_.front().children_);
        if (pair.size() != 2) return base::fail(unreadable(column.name_, "is a map without keys and values"));
        column.children_ = std::move(pair);
    }
    const auto form = column.form_of(physical);
    if (!form) {
        return base::fail(
            unreadable(column.name_, fmt::format("has the type {} as {}, which this server does not read",
                                                 logical.empty() ? "?" : logical, ArrowTypeString(physical.type))));
    }
    column.form_ = *form;
    if (physical.type == NANOARROW_TYPE_DATE64) column.plan_.scale = 3;  // milliseconds
    return column;
}

std::optional<ArrowColumn::Form> ArrowColumn::form_of(const ArrowSchemaView& schema) const {
    const auto is_number = [&](int child) {
        return child >= 0 && children_[static_cast<std::size_t>(child)].form_ == Form::number;
    };
    switch (schema.type) {
        case NANOARROW_TYPE_NA: return Form::null;
        case NANOARROW_TYPE_BOOL: return Form::boolean;
        case NANOARROW_TYPE_DECIMAL128: return Form::decimal128;
        case NANOARROW_TYPE_DOUBLE: return Form::real;
        case NANOARROW_TYPE_FLOAT: return Form::single;
        case NANOARROW_TYPE_DATE32:
        case NANOARROW_TYPE_DATE64:
        case NANOARROW_TYPE_TIME32:
        case NANOARROW_TYPE_TIME64:
        case NANOARROW_TYPE_TIMESTAMP: return Form::number;
        case NANOARROW_TYPE_STRING:
        case NANOARROW_TYPE_LARGE_STRING:
        case NANOARROW_TYPE_BINARY:
        case NANOARROW_TYPE_LARGE_BINARY:
        case NANOARROW_TYPE_FIXED_SIZE_BINARY: return Form::bytes;
        case NANOARROW_TYPE_LIST:
        case NANOARROW_TYPE_LARGE_LIST: return children_.size() == 1 ? std::optional{Form::list} : std::nullopt;
        case NANOARROW_TYPE_FIXED_SIZE_LIST:
            return children_.size() == 1 ? std::optional{Form::fixed_list} : std::nullopt;
        case NANOARROW_TYPE_MAP: return children_.size() == 2 ? std::optional{Form::map} : std::nullopt;
        case NANOARROW_TYPE_STRUCT:
            if (is_timestamp(plan_.kind)) {
                const bool whole = is_number(epoch_) && (fraction_ < 0 || is_number(fraction_)) &&
                                   (plan_.kind == Kind::timestamp_tz ? is_number(timezone_) : true);
                return whole ? std::optional{Form::instant} : std::nullopt;
            }
            if (plan_.kind == Kind::decfloat) {
                const bool whole = is_number(epoch_) && fraction_ >= 0 &&
                                   children_[static_cast<std::size_t>(fraction_)].form_ == Form::bytes;
                return whole ? std::optional{Form::decfloat} : std::nullopt;
            }
            return Form::object;
        default: return is_integer(schema.type) ? std::optional{Form::number} : std::nullopt;
    }
}

void ArrowColumn::bind(const ArrowArrayView& view) {
    view_ = &view;
    binary_ = view.storage_type == NANOARROW_TYPE_BINARY || view.storage_type == NANOARROW_TYPE_LARGE_BINARY ||
              view.storage_type == NANOARROW_TYPE_FIXED_SIZE_BINARY;
    const ArrowArrayView& parent = form_ == Form::map ? *view.children[0] : view;
    for (std::size_t i = 0; i < children_.size(); ++i) children_[i].bind(*parent.children[i]);
}

}  // namespace backend::snowflake
