/// One value of a result: small, without allocation; what it borrows lives as long as its batch.
///
/// Its text is made in one place (`append_text`) for both backends and all formats (DESIGN.md section 7, "Results").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace backend {

__extension__ using Int128 = __int128;

/// A decimal: unscaled value and scale (12.30 is 1230 with scale 2). Integers have scale 0.
struct Decimal {
    Int128 unscaled = 0;
    std::int16_t scale = 0;
};

struct Date {
    std::int32_t days = 0;  ///< since 1970-01-01, proleptic Gregorian; negative before
};

struct Time {
    std::int64_t nanoseconds = 0;  ///< since midnight
    std::int8_t scale = 9;         ///< digits of the fraction that are shown
};

struct Timestamp {
    enum class Zone : std::int8_t {
        none,    // TIMESTAMP_NTZ
        local,   // TIMESTAMP_LTZ: an instant, shown in the session's zone; `offset_minutes` is that zone's offset then
        offset,  // TIMESTAMP_TZ
    };
    std::int64_t seconds = 0;      ///< since 1970-01-01 00:00:00 of the instant (none: of the wall clock)
    std::int32_t nanoseconds = 0;  ///< 0 to 999,999,999, always forward from `seconds`
    std::int16_t offset_minutes = 0;
    std::int8_t scale = 9;  ///< digits of the fraction that are shown
    Zone zone = Zone::none;
};

class Cell {
public:
    enum class Kind : std::uint8_t { null, boolean, integer, decimal, real, date, time, timestamp, text, binary, json };

    Cell() = default;
    static Cell null() { return {}; }
    static Cell boolean(bool value);
    static Cell integer(std::int64_t value);
    static Cell decimal(Decimal value);
    static Cell real(double value);
    static Cell date(Date value);
    static Cell time(Time value);
    static Cell timestamp(Timestamp value);
    static Cell text(std::string_view borrowed);
    static Cell binary(std::string_view borrowed);
    /// VARIANT, OBJECT, ARRAY: a JSON document as text (JSON, or Snowflake's with undefined and NaN: see
    /// json_document.hpp; numbers keep their digits). Also a number that no other kind holds.
    static Cell json(std::string_view borrowed);

    Kind kind() const { return kind_; }
    bool is_null() const { return kind_ == Kind::null; }
    bool as_boolean() const { return value_.boolean; }
    std::int64_t as_integer() const { return value_.integer; }
    Decimal as_decimal() const { return value_.decimal; }
    double as_real() const { return value_.real; }
    Date as_date() const { return value_.date; }
    Time as_time() const { return value_.time; }
    Timestamp as_timestamp() const { return value_.timestamp; }
    std::string_view as_view() const { return {value_.view.data, value_.view.size}; }  ///< text, binary, json

private:
    struct View {
        const char* data;
        std::size_t size;
    };
    union Value {
        bool boolean;
        std::int64_t integer;
        Decimal decimal;
        double real;
        Date date;
        Time time;
        Timestamp timestamp;
        View view;
        Value() : integer{0} {}
    };
    Kind kind_ = Kind::null;
    Value value_;
};

/// Text as Snowflake shows it by default: 2024-02-29, 13:05:00, 2024-02-29 13:05:00.123 +0100, true, 12.30, 1.5e300,
/// upper-case hex for binary, JSON compact. NULL appends nothing.
void append_text(std::string& out, const Cell& cell);

/// As a JSON value by the rule of DESIGN.md section 7: null, boolean, string, a number where it has at most 15
/// significant digits, else a string of its digits (inside JSON documents too). Text is escaped with
/// `base::escape_untrusted`.
void append_json(std::string& out, const Cell& cell);

}  // namespace backend
