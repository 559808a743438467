// Values of Arrow columns: cells, and nested values as JSON.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "backend/json_document.hpp"
#include "backend/snowflake/result/arrow_column.hpp"
#include "backend/snowflake/result/cell_values.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

using Kind = CellPlan::Kind;

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t milliseconds_per_day = 86'400'000;
constexpr std::int64_t zone_bias = 1'440;
constexpr std::size_t significand_bytes = 16;

bool is_timestamp(Kind kind) {
    return kind == Kind::timestamp_ntz || kind == Kind::timestamp_ltz || kind == Kind::timestamp_tz;
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
        return base::fail(base::Error{base::Kind::unavailable,
                                      fmt::format("column {} of the Arrow result holds no value of its type in row {}",
                                                  base::escape_untrusted(name_), row + 1)}
                              .at(base::Stage::result));
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
