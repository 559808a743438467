#include "backend/duckdb/vector_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "backend/duckdb/type_map.hpp"
#include "base/json_writer.hpp"

namespace backend::duckdb {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t nanos_per_second = 1'000'000'000;

template <class T>
T at(const void* data, std::size_t row) {
    return static_cast<const T*>(data)[row];
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

Int128 to_int128(duckdb_hugeint value) {
    return static_cast<Int128>(value.upper) << 64 | static_cast<Int128>(value.lower);
}

/// Digits that are not zero at the end of a fraction of nanoseconds; at least `least`.
std::int8_t shown_digits(std::int64_t nanoseconds, std::int8_t least) {
    std::int8_t digits = 9;
    while (digits > least && nanoseconds % 10 == 0) {
        nanoseconds /= 10;
        --digits;
    }
    return digits;
}

/// Snowflake shows a TIME without a fraction (TIME_OUTPUT_FORMAT HH24:MI:SS); what is there is not dropped.
Cell time_cell(std::int64_t nanoseconds) {
    return Cell::time({nanoseconds, shown_digits(nanoseconds % nanos_per_second, 0)});
}

/// The double nearest to a float's shortest text: 0.1f is 0.1, not 0.10000000149011612.
double widened(float value) {
    if (!std::isfinite(value)) return value;
    std::array<char, 64> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    double wide = value;
    std::from_chars(buffer.data(), end, wide);
    return wide;
}

std::string digits_of(duckdb_uhugeint value) {
    __extension__ using Unsigned = unsigned __int128;
    Unsigned rest = static_cast<Unsigned>(value.upper) << 64 | value.lower;
    std::string digits;
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    return digits;
}

/// DuckDB flips the first bit so that UUIDs sort as numbers.
void append_uuid(std::string& out, duckdb_hugeint value) {
    const auto upper = static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63);
    const std::uint64_t lower = value.lower;
    fmt::format_to(std::back_inserter(out), "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", upper >> 32, (upper >> 16) & 0xFFFF,
                   upper & 0xFFFF, lower >> 48, lower & 0xFFFF'FFFF'FFFF);
}

void append_part(std::string& out, std::int64_t count, std::string_view unit) {
    if (count == 0) return;
    if (!out.empty()) out += ' ';
    fmt::format_to(std::back_inserter(out), "{} {}{}", count, unit, count == 1 || count == -1 ? "" : "s");
}

/// As DuckDB writes it: 1 year 2 months 3 days 04:05:06.5
void append_interval(std::string& out, duckdb_interval value) {
    std::string text;
    append_part(text, value.months / 12, "year");
    append_part(text, value.months % 12, "month");
    append_part(text, value.days, "day");
    if (value.micros != 0 || text.empty()) {
        if (!text.empty()) text += ' ';
        if (value.micros < 0) text += '-';
        const std::uint64_t micros =
            value.micros < 0 ? 0 - static_cast<std::uint64_t>(value.micros) : static_cast<std::uint64_t>(value.micros);
        const std::uint64_t seconds = micros / micros_per_second;
        fmt::format_to(std::back_inserter(text), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if (micros % micros_per_second != 0) {
            fmt::format_to(std::back_inserter(text), ".{:06}", micros % micros_per_second);
            while (text.back() == '0') text.pop_back();
        }
    }
    out += text;
}

/// First byte: unused bits at the front of the second.
void append_bits(std::string& out, std::string_view bytes) {
    if (bytes.empty()) return;
    const auto padding = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0]));
    for (std::size_t bit = padding; bit < (bytes.size() - 1) * 8; ++bit) {
        const auto byte = static_cast<unsigned char>(bytes[1 + bit / 8]);
        out += (byte >> (7 - bit % 8)) & 1 ? '1' : '0';
    }
}

/// 40 bits of microseconds, 24 bits of offset (from +15:59:59 downwards).
void append_time_with_zone(std::string& out, duckdb_time_tz value) {
    const auto micros = static_cast<std::int64_t>(value.bits >> 24);
    const std::int64_t offset = 57'599 - static_cast<std::int64_t>(value.bits & 0xFF'FFFF);
    append_text(out, time_cell(micros * 1000));
    const std::int64_t size = std::abs(offset);
    fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

bool is_nested(duckdb_type id) {
    return id == DUCKDB_TYPE_LIST || id == DUCKDB_TYPE_ARRAY || id == DUCKDB_TYPE_STRUCT || id == DUCKDB_TYPE_MAP ||
           id == DUCKDB_TYPE_UNION;
}

bool is_text_made_here(duckdb_type id) {
    return id == DUCKDB_TYPE_UUID || id == DUCKDB_TYPE_INTERVAL || id == DUCKDB_TYPE_BIT || id == DUCKDB_TYPE_TIME_TZ ||
           id == DUCKDB_TYPE_UHUGEINT;
}

std::string_view name_of(duckdb_type id) {
    switch (id) {
        case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
        case DUCKDB_TYPE_TINYINT:
        case DUCKDB_TYPE_SMALLINT:
        case DUCKDB_TYPE_INTEGER:
        case DUCKDB_TYPE_BIGINT:
        case DUCKDB_TYPE_UTINYINT:
        case DUCKDB_TYPE_USMALLINT:
        case DUCKDB_TYPE_UINTEGER:
        case DUCKDB_TYPE_UBIGINT:
        case DUCKDB_TYPE_HUGEINT:
        case DUCKDB_TYPE_UHUGEINT: return "BIGINT";
        case DUCKDB_TYPE_FLOAT:
        case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
        case DUCKDB_TYPE_DATE: return "DATE";
        case DUCKDB_TYPE_TIME:
        case DUCKDB_TYPE_TIME_NS: return "TIME";
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_S:
        case DUCKDB_TYPE_TIMESTAMP_MS:
        case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP";
        case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
        case DUCKDB_TYPE_BLOB:
        case DUCKDB_TYPE_GEOMETRY: return "BLOB";
        case DUCKDB_TYPE_LIST:
        case DUCKDB_TYPE_ARRAY: return "[]";
        case DUCKDB_TYPE_STRUCT:
        case DUCKDB_TYPE_MAP: return "MAP(";
        case DUCKDB_TYPE_UNION:
        case DUCKDB_TYPE_VARIANT: return "VARIANT";
        default: return "VARCHAR";
    }
}

}  // namespace

ColumnReader::ColumnReader(const Api& api, LogicalType type, const Zone& zone)
    : api_{&api}, type_{std::move(type)}, zone_{&zone}, id_{api.duckdb_get_type_id(type_.get())}, storage_{id_} {
    const duckdb_logical_type raw = type_.get();
    if (char* alias = api.duckdb_logical_type_get_alias(raw)) {
        alias_ = alias;
        api.duckdb_free(alias);
    }
    const auto add_child = [&](duckdb_logical_type child) {
        LogicalType owned{api};
        *owned.out() = child;
        children_.emplace_back(api, std::move(owned), zone);
    };
    const auto add_name = [&](char* name) {
        names_.emplace_back(name);
        api.duckdb_free(name);
    };
    switch (id_) {
        case DUCKDB_TYPE_DECIMAL:
            storage_ = api.duckdb_decimal_internal_type(raw);
            scale_ = api.duckdb_decimal_scale(raw);
            width_ = api.duckdb_decimal_width(raw);
            break;
        case DUCKDB_TYPE_ENUM:
            storage_ = api.duckdb_enum_internal_type(raw);
            for (std::uint32_t i = 0; i < api.duckdb_enum_dictionary_size(raw); ++i)
                add_name(api.duckdb_enum_dictionary_value(raw, i));
            break;
        case DUCKDB_TYPE_LIST: add_child(api.duckdb_list_type_child_type(raw)); break;
        case DUCKDB_TYPE_ARRAY:
            array_size_ = api.duckdb_array_type_array_size(raw);
            add_child(api.duckdb_array_type_child_type(raw));
            break;
        case DUCKDB_TYPE_MAP:
            add_child(api.duckdb_map_type_key_type(raw));
            add_child(api.duckdb_map_type_value_type(raw));
            break;
        case DUCKDB_TYPE_STRUCT:
            for (idx_t i = 0; i < api.duckdb_struct_type_child_count(raw); ++i) {
                add_name(api.duckdb_struct_type_child_name(raw, i));
                add_child(api.duckdb_struct_type_child_type(raw, i));
            }
            break;
        case DUCKDB_TYPE_UNION:
            for (idx_t i = 0; i < api.duckdb_union_type_member_count(raw); ++i) {
                add_name(api.duckdb_union_type_member_name(raw, i));
                add_child(api.duckdb_union_type_member_type(raw, i));
            }
            break;
        default: break;
    }
    json_ = is_nested(id_);
    renders_ = json_ || is_text_made_here(id_);
}

std::string ColumnReader::snowflake_type() const {
    if (alias_ == "JSON") return duckdb::snowflake_type("JSON");
    if (id_ == DUCKDB_TYPE_DECIMAL) return fmt::format("NUMBER({},{})", width_, scale_);
    return duckdb::snowflake_type(name_of(id_));
}

bool ColumnReader::readable() const {
    if (id_ == DUCKDB_TYPE_VARIANT || id_ == DUCKDB_TYPE_BIGNUM) return false;
    for (const ColumnReader& child : children_)
        if (!child.readable()) return false;
    return true;
}

Cell ColumnReader::decimal_cell(const void* data, std::size_t row) const {
    switch (storage_) {
        case DUCKDB_TYPE_SMALLINT: return Cell::decimal({at<std::int16_t>(data, row), scale_});
        case DUCKDB_TYPE_INTEGER: return Cell::decimal({at<std::int32_t>(data, row), scale_});
        case DUCKDB_TYPE_BIGINT: return Cell::decimal({at<std::int64_t>(data, row), scale_});
        default: return Cell::decimal({to_int128(at<duckdb_hugeint>(data, row)), scale_});
    }
}

/// Three digits of the fraction as Snowflake shows by default (FF3), more where there are more.
Cell ColumnReader::timestamp_cell(std::int64_t seconds, std::int64_t nanoseconds) const {
    Timestamp value{.seconds = seconds,
                    .nanoseconds = static_cast<std::int32_t>(nanoseconds),
                    .scale = shown_digits(nanoseconds, 3)};
    if (id_ == DUCKDB_TYPE_TIMESTAMP_TZ) {
        value.zone = Timestamp::Zone::local;
        value.offset_minutes = zone_->offset_at(seconds);
    }
    return Cell::timestamp(value);
}

Cell ColumnReader::cell(const void* data, std::size_t row) const {
    switch (id_) {
        case DUCKDB_TYPE_BOOLEAN: return Cell::boolean(at<bool>(data, row));
        case DUCKDB_TYPE_TINYINT: return Cell::integer(at<std::int8_t>(data, row));
        case DUCKDB_TYPE_SMALLINT: return Cell::integer(at<std::int16_t>(data, row));
        case DUCKDB_TYPE_INTEGER: return Cell::integer(at<std::int32_t>(data, row));
        case DUCKDB_TYPE_BIGINT: return Cell::integer(at<std::int64_t>(data, row));
        case DUCKDB_TYPE_UTINYINT: return Cell::integer(at<std::uint8_t>(data, row));
        case DUCKDB_TYPE_USMALLINT: return Cell::integer(at<std::uint16_t>(data, row));
        case DUCKDB_TYPE_UINTEGER: return Cell::integer(at<std::uint32_t>(data, row));
        case DUCKDB_TYPE_UBIGINT: return Cell::decimal({static_cast<Int128>(at<std::uint64_t>(data, row)), 0});
        case DUCKDB_TYPE_HUGEINT: return Cell::decimal({to_int128(at<duckdb_hugeint>(data, row)), 0});
        case DUCKDB_TYPE_FLOAT: return Cell::real(widened(at<float>(data, row)));
        case DUCKDB_TYPE_DOUBLE: return Cell::real(at<double>(data, row));
        case DUCKDB_TYPE_DECIMAL: return decimal_cell(data, row);
        case DUCKDB_TYPE_DATE: {
            const std::int32_t days = at<duckdb_date>(data, row).days;
            if (days == std::numeric_limits<std::int32_t>::max()) return Cell::text("infinity");
            if (days == -std::numeric_limits<std::int32_t>::max()) return Cell::text("-infinity");
            return Cell::date({days});
        }
        case DUCKDB_TYPE_TIME: return time_cell(at<duckdb_time>(data, row).micros * 1000);
        case DUCKDB_TYPE_TIME_NS: return time_cell(at<duckdb_time_ns>(data, row).nanos);
        case DUCKDB_TYPE_TIMESTAMP_S:
        case DUCKDB_TYPE_TIMESTAMP_MS:
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_TZ:
        case DUCKDB_TYPE_TIMESTAMP_NS: {
            const auto value = at<std::int64_t>(data, row);
            if (value == std::numeric_limits<std::int64_t>::max()) return Cell::text("infinity");
            if (value == -std::numeric_limits<std::int64_t>::max()) return Cell::text("-infinity");
            const std::int64_t units = id_ == DUCKDB_TYPE_TIMESTAMP_S    ? 1
                                       : id_ == DUCKDB_TYPE_TIMESTAMP_MS ? 1000
                                       : id_ == DUCKDB_TYPE_TIMESTAMP_NS ? nanos_per_second
                                                                         : micros_per_second;
            const std::int64_t seconds = floor_divide(value, units);
            return timestamp_cell(seconds, (value - seconds * units) * (nanos_per_second / units));
        }
        case DUCKDB_TYPE_ENUM: {
            const std::size_t index = storage_ == DUCKDB_TYPE_UTINYINT    ? at<std::uint8_t>(data, row)
                                      : storage_ == DUCKDB_TYPE_USMALLINT ? at<std::uint16_t>(data, row)
                                                                          : at<std::uint32_t>(data, row);
            return Cell::text(names_[index]);
        }
        case DUCKDB_TYPE_BLOB:
        case DUCKDB_TYPE_GEOMETRY: return Cell::binary(string_view_of(static_cast<const duckdb_string_t*>(data)[row]));
        case DUCKDB_TYPE_VARCHAR: {
            const std::string_view text = string_view_of(static_cast<const duckdb_string_t*>(data)[row]);
            return alias_ == "JSON" ? Cell::json(text) : Cell::text(text);
        }
        default: return Cell::null();  // SQLNULL
    }
}

void ColumnReader::render(std::string& out, duckdb_vector vector, std::size_t row) const {
    const void* data = api_->duckdb_vector_get_data(vector);
    switch (id_) {
        case DUCKDB_TYPE_LIST: {
            const auto entry = at<duckdb_list_entry>(data, row);
            return render_list(out, api_->duckdb_list_vector_get_child(vector), entry.offset, entry.length);
        }
        case DUCKDB_TYPE_ARRAY:
            return render_list(out, api_->duckdb_array_vector_get_child(vector), row * array_size_, array_size_);
        case DUCKDB_TYPE_STRUCT: return render_struct(out, vector, row);
        case DUCKDB_TYPE_MAP: return render_map(out, vector, row);
        case DUCKDB_TYPE_UNION: return render_union(out, vector, row);
        default: return render_text(out, data, row);
    }
}

void ColumnReader::render_text(std::string& out, const void* data, std::size_t row) const {
    switch (id_) {
        case DUCKDB_TYPE_UUID: return append_uuid(out, at<duckdb_hugeint>(data, row));
        case DUCKDB_TYPE_INTERVAL: return append_interval(out, at<duckdb_interval>(data, row));
        case DUCKDB_TYPE_BIT: return append_bits(out, string_view_of(static_cast<const duckdb_string_t*>(data)[row]));
        case DUCKDB_TYPE_TIME_TZ: return append_time_with_zone(out, at<duckdb_time_tz>(data, row));
        case DUCKDB_TYPE_UHUGEINT: out += digits_of(at<duckdb_uhugeint>(data, row)); return;
        default: return append_text(out, cell(data, row));
    }
}

/// The value at `row`, or null, as a JSON value inside another one. Numbers keep their digits.
void ColumnReader::render_json(std::string& out, duckdb_vector vector, std::size_t row) const {
    if (!is_valid(api_->duckdb_vector_get_validity(vector), row)) {
        out += "null";
        return;
    }
    if (json_) return render(out, vector, row);
    if (renders_) {
        std::string text;
        render(text, vector, row);
        if (id_ == DUCKDB_TYPE_UHUGEINT)
            out += text;
        else
            base::append_json_string(out, text);
        return;
    }
    const Cell value = cell(api_->duckdb_vector_get_data(vector), row);
    switch (value.kind()) {
        case Cell::Kind::null: out += "null"; return;
        case Cell::Kind::boolean:
        case Cell::Kind::integer:
        case Cell::Kind::decimal:
        case Cell::Kind::json: return append_text(out, value);
        case Cell::Kind::real:
            if (std::isfinite(value.as_real())) return append_text(out, value);
            break;
        default: break;
    }
    std::string text;
    append_text(text, value);
    base::append_json_string(out, text);
}

void ColumnReader::render_list(std::string& out, duckdb_vector child, std::size_t from, std::size_t count) const {
    out += '[';
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        children_[0].render_json(out, child, from + i);
    }
    out += ']';
}

void ColumnReader::render_struct(std::string& out, duckdb_vector vector, std::size_t row) const {
    out += '{';
    for (std::size_t i = 0; i < children_.size(); ++i) {
        if (i > 0) out += ',';
        base::append_json_string(out, names_[i]);
        out += ':';
        children_[i].render_json(out, api_->duckdb_struct_vector_get_child(vector, i), row);
    }
    out += '}';
}

/// A MAP is a list of structs of two.
void ColumnReader::render_map(std::string& out, duckdb_vector vector, std::size_t row) const {
    const auto entry = at<duckdb_list_entry>(api_->duckdb_vector_get_data(vector), row);
    const duckdb_vector pairs = api_->duckdb_list_vector_get_child(vector);
    const duckdb_vector keys = api_->duckdb_struct_vector_get_child(pairs, 0);
    const duckdb_vector values = api_->duckdb_struct_vector_get_child(pairs, 1);
    out += '{';
    for (std::size_t i = 0; i < entry.length; ++i) {
        if (i > 0) out += ',';
        std::string key;
        children_[0].render_json(key, keys, entry.offset + i);
        if (key.starts_with('"'))
            out += key;
        else
            base::append_json_string(out, key);
        out += ':';
        children_[1].render_json(out, values, entry.offset + i);
    }
    out += '}';
}

/// A UNION is a struct whose first field is the tag.
void ColumnReader::render_union(std::string& out, duckdb_vector vector, std::size_t row) const {
    const duckdb_vector tags = api_->duckdb_struct_vector_get_child(vector, 0);
    const std::size_t tag = at<std::uint8_t>(api_->duckdb_vector_get_data(tags), row);
    children_[tag].render_json(out, api_->duckdb_struct_vector_get_child(vector, tag + 1), row);
}

ChunkBatch::ChunkBatch(std::shared_ptr<const std::vector<ColumnReader>> readers, const Api& api, Chunk chunk)
    : readers_{std::move(readers)}, chunk_{std::move(chunk)}, rows_{api.duckdb_data_chunk_get_size(chunk_.get())} {
    sources_.reserve(readers_->size());
    for (std::size_t column = 0; column < readers_->size(); ++column) {
        const duckdb_vector vector = api.duckdb_data_chunk_get_vector(chunk_.get(), column);
        Source source{.data = api.duckdb_vector_get_data(vector), .validity = api.duckdb_vector_get_validity(vector)};
        const ColumnReader& reader = (*readers_)[column];
        if (reader.renders()) {
            source.starts.reserve(rows_ + 1);
            for (std::size_t row = 0; row < rows_; ++row) {
                source.starts.push_back(static_cast<std::uint32_t>(source.text.size()));
                if (is_valid(source.validity, row)) reader.render(source.text, vector, row);
            }
            source.starts.push_back(static_cast<std::uint32_t>(source.text.size()));
        }
        bytes_ += rows_ * 16 + source.text.size();
        sources_.push_back(std::move(source));
    }
}

Cell ChunkBatch::cell(std::size_t row, std::size_t column) const {
    const Source& source = sources_[column];
    if (!is_valid(source.validity, row)) return Cell::null();
    const ColumnReader& reader = (*readers_)[column];
    if (source.starts.empty()) return reader.cell(source.data, row);
    const std::uint32_t start = source.starts[row];
    return reader.rendered(std::string_view{source.text}.substr(start, source.starts[row + 1] - start));
}

}  // namespace backend::duckdb
