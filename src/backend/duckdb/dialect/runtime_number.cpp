/// Numbers at run time: exact division and rounding of NUMBER, text to number, FLOAT as Snowflake writes it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "backend/duckdb/dialect/decimal_text.hpp"
#include "backend/duckdb/dialect/registrar.hpp"

namespace backend::duckdb::dialect {

namespace {

using UInt128 = unsigned __int128;

constexpr std::string_view division_by_zero = "Division by zero";

/// `numerator * 10^scale / denominator`, rounded half away from zero; false when it has more than 38 digits.
bool scaled_quotient(Int128 numerator, Int128 denominator, int scale, Int128& out) {
    const bool negative = (numerator < 0) != (denominator < 0);
    UInt128 rest = numerator < 0 ? -static_cast<UInt128>(numerator) : static_cast<UInt128>(numerator);
    const UInt128 divisor = denominator < 0 ? -static_cast<UInt128>(denominator) : static_cast<UInt128>(denominator);
    UInt128 quotient = rest / divisor;
    rest %= divisor;
    const UInt128 limit = static_cast<UInt128>(power_of_ten(38));
    for (int i = 0; i < scale; ++i) {
        if (quotient > limit / 10) return false;
        // rest < divisor <= 1.7e38, so rest * 10 may pass 128 bits: digit by digit with additions then.
        unsigned digit = 0;
        if (rest <= ~UInt128{0} / 10) {
            rest *= 10;
            digit = static_cast<unsigned>(rest / divisor);
            rest %= divisor;
        } else {
            UInt128 sum = 0;
            for (int k = 0; k < 10; ++k) {
                if (sum >= divisor - rest) {
                    sum -= divisor - rest;
                    ++digit;
                } else {
                    sum += rest;
                }
            }
            rest = sum;
        }
        quotient = quotient * 10 + digit;
    }
    if (rest >= divisor - rest) ++quotient;
    if (quotient >= limit) return false;
    out = negative ? -static_cast<Int128>(quotient) : static_cast<Int128>(quotient);
    return true;
}

/// Drops `digits` decimal digits by `mode`: round (half away from zero), half_even, trunc, floor, ceil.
Int128 drop_digits(Int128 value, std::int64_t digits, char mode) {
    if (digits <= 0) return value;
    if (digits > 38) return mode == 'f' && value < 0 ? -1 : mode == 'c' && value > 0 ? 1 : 0;
    const Int128 unit = power_of_ten(static_cast<int>(digits));
    const Int128 whole = value / unit;
    const Int128 rest = value % unit;
    if (rest == 0 || mode == 't') return whole;
    if (mode == 'f') return value < 0 ? whole - 1 : whole;
    if (mode == 'c') return value > 0 ? whole + 1 : whole;
    const Int128 magnitude = rest < 0 ? -rest : rest;
    if (magnitude < unit - magnitude) return whole;
    if (mode == 'h' && magnitude == unit - magnitude && whole % 2 == 0) return whole;  // half to even
    return value < 0 ? whole - 1 : whole + 1;
}

/// On the binary value as it is: 1.005 is a little less, and becomes 1.
double round_real(double value, std::int64_t scale, char mode) {
    if (!std::isfinite(value) || scale > 15) return value;
    const double unit = std::pow(10.0, static_cast<double>(scale < 0 ? -scale : scale));
    double moved = scale < 0 ? value / unit : value * unit;
    if (!std::isfinite(moved)) return value;
    moved = mode == 'r'   ? std::round(moved)
            : mode == 't' ? std::trunc(moved)
            : mode == 'f' ? std::floor(moved)
                          : std::ceil(moved);
    return scale < 0 ? moved * unit : moved / unit;
}

void not_recognized(auto& out, std::string_view text) {
    out.fail(fmt::format("Numeric value '{}' is not recognized", text));
}

void parse_real(Out<double>& out, std::string_view text) {
    const std::string_view trimmed = trim_blanks(text);
    std::string_view digits = trimmed;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.value);
    const bool all = end == digits.data() + digits.size();
    const bool hexadecimal = digits.find_first_of("xX") != std::string_view::npos;
    if (error != std::errc{} || !all || digits.empty() || hexadecimal) not_recognized(out, text);
}

void register_scaled(Registrar& registrar, int scale) {
    const std::string suffix = std::to_string(scale);
    registrar.add<DecimalValue(Int128, Int128)>(
        "__sf_divide_" + suffix,
        [scale](Out<DecimalValue>& out, Int128 numerator, Int128 denominator) {
            if (denominator == 0) return out.fail(std::string{division_by_zero});
            if (!scaled_quotient(numerator, denominator, scale, out.value.unscaled))
                out.fail("Number out of representable range");
        },
        OnError::raise, scale);
    registrar.add<Int128(DecimalValue)>(
        "__sf_unscale_" + suffix, [](Out<Int128>& out, DecimalValue value) { out.value = value.unscaled; },
        OnError::raise, scale);
    registrar.add<DecimalValue(Int128)>(
        "__sf_scale_" + suffix, [](Out<DecimalValue>& out, Int128 value) { out.value.unscaled = value; },
        OnError::raise, scale);
    registrar.add_both<DecimalValue(std::string_view)>(
        "number_" + suffix,
        [scale](Out<DecimalValue>& out, std::string_view text) {
            if (!parse_decimal(text, scale, out.value.unscaled)) not_recognized(out, text);
        },
        scale);
    registrar.add<DecimalValue(double)>(
        "__sf_real_number_" + suffix,
        [scale](Out<DecimalValue>& out, double value) {
            // Through its shortest decimal text: 2.675 is what was written, not 2.67499999.
            char digits[64];
            const auto written = std::to_chars(digits, digits + sizeof digits, value);
            const std::string_view text{digits, static_cast<std::size_t>(written.ptr - digits)};
            if (!std::isfinite(value) || !parse_decimal(text, scale, out.value.unscaled)) {
                out.fail(fmt::format("Number out of representable range: {}", text));
            }
        },
        OnError::raise, scale);
}

}  // namespace

void register_number_functions(Registrar& registrar) {
    for (int scale = 0; scale <= 37; ++scale) register_scaled(registrar, scale);
    registrar.add<double(double, double)>("__sf_divide", [](Out<double>& out, double a, double b) {
        if (b == 0) return out.fail(std::string{division_by_zero});
        out.value = a / b;
    });
    registrar.add<Int128(Int128, std::int64_t, std::int64_t, std::string_view)>(
        "__sf_drop", [](Out<Int128>& out, Int128 value, std::int64_t drop, std::int64_t pad, std::string_view mode) {
            pad = std::max<std::int64_t>(pad, 0);
            out.value = drop_digits(value, drop, mode[0]) * (pad > 37 ? 0 : power_of_ten(static_cast<int>(pad)));
        });
    for (const std::string_view mode : {"round", "trunc", "floor", "ceil"}) {
        const char letter = mode[0];
        registrar.add<double(double, std::int64_t)>(fmt::format("__sf_real_{}", mode),
                                                    [letter](Out<double>& out, double value, std::int64_t scale) {
                                                        out.value = round_real(value, scale, letter);
                                                    });
    }
    registrar.add_both<double(std::string_view)>("real", parse_real);
    registrar.add<std::string(double)>("__sf_real_text",
                                       [](Out<std::string>& out, double value) { out.value = real_text(value); });
    registrar.add<std::string(double)>("__sf_real_digits", [](Out<std::string>& out, double value) {
        out.value = fmt::format("{:.15g}", value);
        if (out.value.find('e') != std::string::npos) out.value = fmt::format("{:.0f}", value);
    });
    registrar.add<std::string(double)>("__sf_real_json", [](Out<std::string>& out, double value) {
        if (!std::isfinite(value)) return out.fail("A VARIANT cannot hold NaN or inf in the embedded backend");
        out.value = fmt::format("{:.15e}", value);
    });
    registrar.add<double(double)>("__sf_sqrt", [](Out<double>& out, double value) {
        if (value < 0) return out.fail("Invalid floating point operation: sqrt of a negative number");
        out.value = std::sqrt(value);
    });
    registrar.add<double(double)>("__sf_ln", [](Out<double>& out, double value) {
        if (value <= 0) return out.fail("Invalid floating point operation: logarithm of a number that is not positive");
        out.value = std::log(value);
    });
    registrar.add<double(double, double)>("__sf_power", [](Out<double>& out, double a, double b) {
        out.value = std::pow(a, b);
        if (std::isnan(out.value) && !std::isnan(a) && !std::isnan(b))
            out.fail(fmt::format("Invalid floating point operation: pow({},{})", a, b));
    });
    registrar.add<double(double, double, double, double)>(
        "__sf_haversine", [](Out<double>& out, double lat1, double lon1, double lat2, double lon2) {
            constexpr double radian = 3.14159265358979323846 / 180;
            const double dlat = std::sin((lat2 - lat1) * radian / 2);
            const double dlon = std::sin((lon2 - lon1) * radian / 2);
            const double a = dlat * dlat + std::cos(lat1 * radian) * std::cos(lat2 * radian) * dlon * dlon;
            out.value = 2 * 6371.0 * std::asin(std::sqrt(a));
        });
    registrar.add<std::int64_t(double, double, double, double)>(
        "__sf_width_bucket", [](Out<std::int64_t>& out, double value, double low, double high, double count) {
            if (count < 1 || low == high)
                return out.fail("WIDTH_BUCKET needs a positive number of buckets and two bounds");
            const bool descending = low > high;
            const double position = descending ? (low - value) / (low - high) : (value - low) / (high - low);
            if (position < 0) {
                out.value = 0;
            } else if (position >= 1) {
                out.value = static_cast<std::int64_t>(count) + 1;
            } else {
                out.value = static_cast<std::int64_t>(position * count) + 1;
            }
        });
    registrar.add_both<bool(std::string_view)>("boolean", [](Out<bool>& out, std::string_view text) {
        std::string word;
        for (const char c : trim_blanks(text))
            word.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
        for (const std::string_view yes : {"true", "t", "yes", "y", "on", "1"}) {
            if (word == yes) return static_cast<void>(out.value = true);
        }
        for (const std::string_view no : {"false", "f", "no", "n", "off", "0"}) {
            if (word == no) return static_cast<void>(out.value = false);
        }
        out.fail(fmt::format("Boolean value '{}' is not recognized", text));
    });
}

}  // namespace backend::duckdb::dialect
