#include "backend/snowflake/result/arrow_column.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "backend/json_document.hpp"
#include "backend/snowflake/result/cell_values.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

using Kind = CellPlan::Kind;

constexpr int deepest = 64;
constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t milliseconds_per_day = 86'400'000;
constexpr std::int64_t zone_bias = 1'440;
constexpr std::size_t significand_bytes = 16;

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

/// Does the text begin as a JSON value may?
bool looks_like_json(std::string_view text) {
    text = base::trim(text);
    return !text.empty() && std::string_view{"{[\"tfnuNI-0123456789"}.find(text.front()) != std::string_view::npos;
}

/// Two's complement, big-endian, at most 16 bytes.
std::optional<Int128> big_endian(std::string_view bytes) {
    __extension__ using Unsigned = unsigned __int128;
    if (bytes.empty() || bytes.size() > significand_bytes) return std::nullopt;
    Unsigned value = static_cast<signed char>(bytes.front()) < 0 ? ~Unsigned{0} : Unsigned{0};
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<Int128>(value);
}

/// The double nearest to a float's shortest text: 0.1f is 0.1, not 0.10000000149011612.
double widened(float value) {
    if (!std::isfinite(value)) return value;
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    double wide = value;
    std::from_chars(buffer, end, wide);
    return wide;
}

void append_quoted(std::string& out, const Cell& cell) {
    out += '"';
    append_text(out, cell);
    out += '"';
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

bool ArrowColumn::renders() const {
    switch (form_) {
        case Form::decfloat:
        case Form::list:
        case Form::fixed_list:
        case Form::map:
        case Form::object: return true;
        case Form::number:
        case Form::decimal128: return plan_.kind == Kind::interval_year_month || plan_.kind == Kind::interval_day_time;
        default: return false;
    }
}

/// Values that may be none: read once, when the rows are made ready.
bool ArrowColumn::is_built() const {
    if (form_ == Form::instant) return true;
    return (form_ == Form::number || form_ == Form::decimal128) &&
           (plan_.kind == Kind::time || plan_.kind == Kind::date || is_timestamp(plan_.kind));
}

base::Result<void> ArrowColumn::prepare(std::int64_t first, std::int64_t count) {
    first_ = first;
    built_.clear();
    text_.clear();
    ends_.clear();
    const auto wrong = [&](std::int64_t row) {
        return base::fail(unreadable(name_, fmt::format("holds no value of its type in row {}", row + 1)));
    };
    if (renders()) {
        for (std::int64_t row = first; row < first + count; ++row) {
            if (!is_null(row) && !render(text_, row)) return wrong(row);
            ends_.push_back(text_.size());
        }
    } else if (is_built()) {
        for (std::int64_t row = first; row < first + count; ++row) {
            if (is_null(row)) {
                built_.emplace_back();
                continue;
            }
            const auto made = value(row);
            if (!made) return wrong(row);
            built_.push_back(*made);
        }
    }
    return {};
}

Cell ArrowColumn::cell(std::size_t row) const {
    if (!built_.empty()) return built_[row];
    const std::int64_t at = first_ + static_cast<std::int64_t>(row);
    if (is_null(at)) return Cell::null();
    if (ends_.empty()) return value(at).value_or(Cell::null());
    const std::size_t start = row == 0 ? 0 : ends_[row - 1];
    const std::string_view text = std::string_view{text_}.substr(start, ends_[row] - start);
    const bool json = plan_.kind != Kind::interval_year_month && plan_.kind != Kind::interval_day_time;
    return json ? Cell::json(text) : Cell::text(text);
}

/// Straight from the buffer; what the record batch holds need not be aligned for us.
Int128 ArrowColumn::integer(std::int64_t row) const {
    const auto at = static_cast<std::size_t>(row + view_->offset);
    const std::uint8_t* data = view_->buffer_views[1].data.as_uint8;
    const auto read = [&]<class Number>(Number value) {
        std::memcpy(&value, data + at * sizeof value, sizeof value);
        return static_cast<Int128>(value);
    };
    switch (view_->storage_type) {
        case NANOARROW_TYPE_INT8: return read(std::int8_t{});
        case NANOARROW_TYPE_INT16: return read(std::int16_t{});
        case NANOARROW_TYPE_INT32: return read(std::int32_t{});
        case NANOARROW_TYPE_INT64: return read(std::int64_t{});
        case NANOARROW_TYPE_UINT8: return read(std::uint8_t{});
        case NANOARROW_TYPE_UINT16: return read(std::uint16_t{});
        case NANOARROW_TYPE_UINT32: return read(std::uint32_t{});
        case NANOARROW_TYPE_UINT64: return read(std::uint64_t{});
        case NANOARROW_TYPE_DECIMAL128: return read(Int128{});
        default: return 0;
    }
}

std::string_view ArrowColumn::bytes(std::int64_t row) const {
    const ArrowBufferView view = ArrowArrayViewGetBytesUnsafe(view_, row);
    return {view.data.as_char, static_cast<std::size_t>(view.size_bytes)};
}

std::optional<Cell> ArrowColumn::number_value(Int128 number) const {
    const bool fits = number >= INT64_MIN && number <= INT64_MAX;
    switch (plan_.kind) {
        case Kind::boolean: return Cell::boolean(number != 0);
        case Kind::real: return Cell::real(static_cast<double>(number));
        case Kind::date:
            if (plan_.scale == 3) number = number / milliseconds_per_day - (number % milliseconds_per_day < 0 ? 1 : 0);
            if (number < INT32_MIN || number > INT32_MAX) return std::nullopt;
            return Cell::date({static_cast<std::int32_t>(number)});
        case Kind::time: {
            if (!fits) return std::nullopt;
            const Instant instant = instant_of(static_cast<std::int64_t>(number), plan_.scale);
            return time_cell(plan_, Int128{instant.seconds} * nanos_per_second + instant.nanoseconds);
        }
        case Kind::timestamp_ntz:
        case Kind::timestamp_ltz:
        case Kind::timestamp_tz:
            if (!fits) return std::nullopt;
            return timestamp_cell(plan_, instant_of(static_cast<std::int64_t>(number), plan_.scale));
        default: return fixed_cell(number, plan_.kind == Kind::fixed ? plan_.scale : std::int16_t{0});
    }
}

std::optional<Cell> ArrowColumn::instant_value(std::int64_t row) const {
    const auto child = [&](int index) -> const ArrowColumn& { return children_[static_cast<std::size_t>(index)]; };
    const Int128 epoch = child(epoch_).integer(row);
    if (epoch < INT64_MIN || epoch > INT64_MAX) return std::nullopt;
    Instant instant{.seconds = static_cast<std::int64_t>(epoch)};
    if (fraction_ < 0) {
        instant = instant_of(instant.seconds, plan_.scale);
    } else {
        const Int128 fraction = child(fraction_).integer(row);
        if (fraction < 0 || fraction >= nanos_per_second) return std::nullopt;
        instant.nanoseconds = static_cast<std::int32_t>(fraction);
    }
    Int128 zone = zone_bias;
    if (plan_.kind == Kind::timestamp_tz) zone = child(timezone_).integer(row);
    if (zone < 0 || zone > 2 * zone_bias) return std::nullopt;
    return timestamp_cell(plan_, instant, static_cast<std::int64_t>(zone) - zone_bias);
}

std::optional<Cell> ArrowColumn::value(std::int64_t row) const {
    const auto at = static_cast<std::size_t>(row + view_->offset);
    switch (form_) {
        case Form::boolean:
            return Cell::boolean(ArrowBitGet(view_->buffer_views[1].data.as_uint8, row + view_->offset));
        case Form::number:
        case Form::decimal128: return number_value(integer(row));
        case Form::real: {
            double value = 0;
            std::memcpy(&value, view_->buffer_views[1].data.as_uint8 + at * sizeof value, sizeof value);
            return Cell::real(value);
        }
        case Form::single: {
            float value = 0;
            std::memcpy(&value, view_->buffer_views[1].data.as_uint8 + at * sizeof value, sizeof value);
            return Cell::real(widened(value));
        }
        case Form::bytes:
            if (binary_) return Cell::binary(bytes(row));
            return plan_.kind == Kind::json || plan_.kind == Kind::decfloat ? Cell::json(bytes(row))
                                                                            : Cell::text(bytes(row));
        case Form::instant: return instant_value(row);
        default: return Cell::null();
    }
}

bool ArrowColumn::render(std::string& out, std::int64_t row) const {
    switch (form_) {
        case Form::decfloat: return render_decfloat(out, row);
        case Form::list:
            return append_list(out, ArrowArrayViewListChildOffset(view_, row + view_->offset),
                               ArrowArrayViewListChildOffset(view_, row + view_->offset + 1));
        case Form::fixed_list: {
            const std::int64_t size = view_->layout.child_size_elements;
            return append_list(out, (row + view_->offset) * size, (row + view_->offset + 1) * size);
        }
        case Form::map: return append_map(out, row);
        case Form::object: return append_object(out, row);
        default:
            plan_.kind == Kind::interval_year_month ? append_year_month(out, integer(row), plan_.scale)
                                                    : append_day_time(out, integer(row));
            return true;
    }
}

bool ArrowColumn::render_decfloat(std::string& out, std::int64_t row) const {
    const auto significand = big_endian(children_[static_cast<std::size_t>(fraction_)].bytes(row));
    if (!significand) return false;
    append_decfloat(out, *significand,
                    static_cast<std::int64_t>(children_[static_cast<std::size_t>(epoch_)].integer(row)));
    return true;
}

bool ArrowColumn::append_list(std::string& out, std::int64_t from, std::int64_t to) const {
    const ArrowColumn& element = children_.front();
    out += '[';
    for (std::int64_t i = from; i < to; ++i) {
        if (i > from) out += ',';
        if (vector_ && element.form_ == Form::single && !element.is_null(i)) {
            float value = 0;
            std::memcpy(&value,
                        element.view_->buffer_views[1].data.as_uint8 + static_cast<std::size_t>(i) * sizeof value,
                        sizeof value);
            append_vector_element(out, value);
        } else if (!element.append_json(out, i)) {
            return false;
        }
    }
    out += ']';
    return true;
}

bool ArrowColumn::append_map(std::string& out, std::int64_t row) const {
    const std::int64_t from = ArrowArrayViewListChildOffset(view_, row + view_->offset);
    const std::int64_t to = ArrowArrayViewListChildOffset(view_, row + view_->offset + 1);
    const ArrowColumn& key = children_[0];
    std::string text;
    out += '{';
    for (std::int64_t i = from; i < to; ++i) {
        if (i > from) out += ',';
        const auto cell = key.is_null(i) ? std::optional{Cell::null()} : key.value(i);
        if (!cell) return false;
        text.clear();
        append_text(text, *cell);
        base::append_json_string(out, text);
        out += ':';
        if (!children_[1].append_json(out, i)) return false;
    }
    out += '}';
    return true;
}

bool ArrowColumn::append_object(std::string& out, std::int64_t row) const {
    out += '{';
    for (std::size_t i = 0; i < children_.size(); ++i) {
        if (i > 0) out += ',';
        base::append_json_string(out, children_[i].name_);
        out += ':';
        if (!children_[i].append_json(out, row)) return false;
    }
    out += '}';
    return true;
}

bool ArrowColumn::append_json(std::string& out, std::int64_t row) const {
    if (form_ == Form::null || is_null(row)) {
        out += "null";
        return true;
    }
    if (renders()) {
        const bool text = form_ == Form::number || form_ == Form::decimal128;  // an interval
        if (text) out += '"';
        const bool whole = render(out, row);
        if (text) out += '"';
        return whole;
    }
    const auto cell = value(row);
    if (!cell) return false;
    switch (cell->kind()) {
        case Cell::Kind::null: out += "null"; break;
        case Cell::Kind::text: base::append_json_string(out, cell->as_view()); break;
        case Cell::Kind::json:
            looks_like_json(cell->as_view()) ? append_compact_json(out, cell->as_view())
                                             : base::append_json_string(out, cell->as_view());
            break;
        case Cell::Kind::boolean:
        case Cell::Kind::integer:
        case Cell::Kind::decimal:
        case Cell::Kind::real: append_text(out, *cell); break;
        default: append_quoted(out, *cell); break;
    }
    return true;
}

}  // namespace backend::snowflake
