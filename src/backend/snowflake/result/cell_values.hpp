/// Single values: from the text of JSON results, and from the numbers that Arrow results hold, to cells whose text is
/// the same either way (snowflake-wire.md section 5).
///
/// Place: under both decoders. Threads: pure functions. What is made (and not borrowed) goes into a `TextStore` that
/// the batch owns. Decimal arithmetic throughout, never doubles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "backend/cell.hpp"
#include "backend/snowflake/result/cell_plan.hpp"

namespace backend::snowflake {

/// Bytes that stay where they are until `clear`.
class TextStore {
public:
    std::string_view keep(std::string_view text);
    void clear();  ///< the largest block is used again

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };
    std::vector<Block> blocks_;
    std::size_t used_ = 0;  // of the last block
};

/// Seconds and nanoseconds (always forward) of a plain signed decimal: -1.1 is -2 s + 900,000,000 ns.
struct Instant {
    std::int64_t seconds = 0;
    std::int32_t nanoseconds = 0;
};
std::optional<Instant> parse_instant(std::string_view decimal);
/// `value` in units of 10^-scale seconds; scale 0 to 9.
Instant instant_of(std::int64_t value, int scale);

/// A cell of a JSON result. `text` may be changed in place (hex becomes bytes) and is borrowed by the cell. False where
/// it is no value of that type. An empty text is NULL where the type has no empty value (an emulator's NULL).
bool cell_from_text(const CellPlan& plan, char* text, std::size_t size, TextStore& store, Cell& cell);

/// Nothing where the instant is beyond what can be shown.
std::optional<Cell> timestamp_cell(const CellPlan& plan, Instant instant, std::int64_t offset_minutes = 0);
/// Nothing where it is no time of a day.
std::optional<Cell> time_cell(const CellPlan& plan, Int128 nanoseconds);
Cell fixed_cell(Int128 unscaled, std::int16_t scale);

/// significand x 10^exponent: 123.45, 1.5e100; without zeros at the end.
void append_decfloat(std::string& out, Int128 significand, std::int64_t exponent);
/// +1-02; by the plan's fields +1 (years) or +14 (months).
void append_year_month(std::string& out, Int128 months, int fields);
/// +1 02:03:04.5
void append_day_time(std::string& out, Int128 nanoseconds);
/// An element of a VECTOR(FLOAT): six decimals as the JSON result has them where that is the value, else as many digits
/// as it takes.
void append_vector_element(std::string& out, float value);

}  // namespace backend::snowflake
