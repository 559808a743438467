#include "backend/duckdb/dialect/time_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "backend/duckdb/dialect/decimal_text.hpp"

namespace backend::duckdb::dialect {

namespace {

constexpr auto month_names =
    std::to_array<std::string_view>({"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"});
constexpr auto day_names = std::to_array<std::string_view>({"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"});

char upper(char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); }

bool starts_with(std::string_view text, std::string_view word) {
    if (text.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (upper(text[i]) != upper(word[i])) return false;
    }
    return true;
}

/// The elements of a format model, longest first.
enum class Element {
    year4,
    year2,
    month_name,
    month_short,
    month,
    day,
    weekday,
    hour24,
    hour12,
    hour,
    half,
    minute,
    second,
    fraction,
    zone_colon,
    zone,
    zone_hour,
    literal
};

struct ElementWord {
    std::string_view word;
    Element element;
};

constexpr auto elements = std::to_array<ElementWord>({
    {"YYYY", Element::year4},      {"UUUU", Element::year4},
    {"YY", Element::year2},        {"MMMM", Element::month_name},
    {"MON", Element::month_short}, {"MM", Element::month},
    {"MI", Element::minute},       {"DD", Element::day},
    {"DY", Element::weekday},      {"HH24", Element::hour24},
    {"HH12", Element::hour12},     {"HH", Element::hour},
    {"AM", Element::half},         {"PM", Element::half},
    {"SS", Element::second},       {"TZH:TZM", Element::zone_colon},
    {"TZHTZM", Element::zone},     {"TZH", Element::zone_hour},
    {"FF", Element::fraction},
});

/// Walks a format; calls `visit(element, text)`, where text is a literal's characters or FF's digits. False: unknown
/// element.
template <class Visit>
bool walk(std::string_view format, Visit visit) {
    for (std::size_t at = 0; at < format.size();) {
        const std::string_view rest = format.substr(at);
        const ElementWord* found = nullptr;
        for (const ElementWord& entry : elements) {
            if (starts_with(rest, entry.word) && (found == nullptr || entry.word.size() > found->word.size()))
                found = &entry;
        }
        if (found != nullptr) {
            at += found->word.size();
            std::string_view digits;
            if (found->element == Element::fraction && at < format.size() && format[at] >= '0' && format[at] <= '9')
                digits = format.substr(at++, 1);
            if (!visit(found->element, digits)) return true;
            continue;
        }
        if (rest[0] == '"') {
            const std::size_t close = rest.find('"', 1);
            if (close == std::string_view::npos) return false;
            if (!visit(Element::literal, rest.substr(1, close - 1))) return true;
            at += close + 1;
            continue;
        }
        // Anything else stands for itself, letters too.
        if (!visit(Element::literal, rest.substr(0, 1))) return true;
        ++at;
    }
    return true;
}

/// Reads text from left to right.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_{text} {}

    bool done() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
    std::string_view rest() const { return rest_; }
    bool accept(char c) {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool accept(std::string_view word) {
        if (!starts_with(rest_, word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    /// From `least` to `most` digits.
    std::optional<int> digits(std::size_t least, std::size_t most) {
        std::size_t count = 0;
        int value = 0;
        while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9')
            value = value * 10 + (rest_[count++] - '0');
        if (count < least) return std::nullopt;
        rest_.remove_prefix(count);
        return value;
    }
    /// A fraction of a second; digits below the microsecond make it unsupported.
    std::optional<int> fraction(bool& too_fine) {
        int value = 0;
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
            if (count < 6) value = value * 10 + (rest_[count] - '0');
            if (count >= 6 && rest_[count] != '0') too_fine = true;
            if (++count > 9) return std::nullopt;
        }
        if (count == 0) return std::nullopt;
        for (std::size_t i = count; i < 6; ++i) value *= 10;
        rest_.remove_prefix(count);
        return value;
    }
    std::optional<int> month_name(bool full) {
        for (std::size_t i = 0; i < month_names.size(); ++i) {
            if (accept(month_names[i]) || (!full && accept(month_names[i].substr(0, 3))))
                return static_cast<int>(i) + 1;
        }
        return std::nullopt;
    }
    /// `Z`, `+01`, `+0100`, `+01:00`.
    bool offset(Civil& out) {
        out.has_offset = true;
        out.offset_minutes = 0;
        if (accept('Z') || accept('z')) return true;
        const bool minus = accept('-');
        if (!minus && !accept('+')) return false;
        const std::optional<int> hours = digits(1, 2);
        if (!hours) return false;
        accept(':');
        const int minutes = digits(2, 2).value_or(0);
        if (*hours > 14 || minutes > 59) return false;
        out.offset_minutes = (*hours * 60 + minutes) * (minus ? -1 : 1);
        return true;
    }
    void blanks() {
        while (peek() == ' ') rest_.remove_prefix(1);
    }

private:
    std::string_view rest_;
};

bool is_valid(const Civil& civil) {
    return civil.year >= 0 && civil.year <= 9999 && civil.month >= 1 && civil.month <= 12 && civil.day >= 1 &&
           civil.day <= days_in_month(civil.year, civil.month) && civil.hour < 24 && civil.minute < 60 &&
           civil.second < 60;
}

/// Behind the date: nothing, or a time with its offset.
TimeParse clock(Reader& reader, Civil& out) {
    const std::optional<int> hour = reader.digits(1, 2);
    if (!hour || !reader.accept(':')) return TimeParse::bad;
    const std::optional<int> minute = reader.digits(2, 2);
    if (!minute) return TimeParse::bad;
    out.hour = *hour;
    out.minute = *minute;
    bool too_fine = false;
    if (reader.accept(':')) {
        const std::optional<int> second = reader.digits(2, 2);
        if (!second) return TimeParse::bad;
        out.second = *second;
        if (reader.accept('.')) {
            const std::optional<int> fraction = reader.fraction(too_fine);
            if (!fraction) return TimeParse::bad;
            out.micros = *fraction;
        }
    }
    reader.blanks();
    if (!reader.done() && !reader.offset(out)) return TimeParse::bad;
    if (!reader.done()) return TimeParse::bad;
    return too_fine ? TimeParse::unsupported : TimeParse::good;
}

/// `bad`: not a whole number.
TimeParse epoch(std::string_view text, Civil& out) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || at != end) return TimeParse::bad;
    const std::int64_t magnitude = number < 0 ? -number : number;
    std::int64_t micros = 0;
    if (magnitude < 31'536'000'000) {
        micros = number * 1'000'000;
    } else if (magnitude < 31'536'000'000'000) {
        micros = number * 1'000;
    } else if (magnitude < 31'536'000'000'000'000) {
        micros = number;
    } else {
        micros = number / 1'000;
    }
    out = civil_from_micros(micros);
    const bool too_fine = magnitude >= 31'536'000'000'000'000 && number % 1'000 != 0;
    return too_fine ? TimeParse::unsupported : TimeParse::good;
}

}  // namespace

std::int64_t days_from_civil(std::int64_t year, int month, int day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

void civil_from_days(std::int64_t days, Civil& out) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted = (5 * day_of_year + 2) / 153;
    out.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
    out.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
    out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
}

Civil civil_from_micros(std::int64_t micros) {
    constexpr std::int64_t day = 86'400'000'000;
    const std::int64_t days = micros >= 0 ? micros / day : (micros - day + 1) / day;
    std::int64_t rest = micros - days * day;
    Civil out;
    civil_from_days(days, out);
    out.micros = static_cast<int>(rest % 1'000'000);
    rest /= 1'000'000;
    out.second = static_cast<int>(rest % 60);
    out.minute = static_cast<int>(rest / 60 % 60);
    out.hour = static_cast<int>(rest / 3'600);
    return out;
}

std::int64_t micros_of(const Civil& civil) {
    const std::int64_t seconds = days_from_civil(civil.year, civil.month, civil.day) * 86'400 + civil.hour * 3'600 +
                                 civil.minute * 60 + civil.second;
    return seconds * 1'000'000 + civil.micros;
}

int days_in_month(std::int64_t year, int month) {
    constexpr auto lengths = std::to_array<int>({31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31});
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[static_cast<std::size_t>(month - 1)];
}

int iso_weekday(std::int64_t days) {
    const std::int64_t shifted = (days + 3) % 7;  // 1970-01-01 was a Thursday
    return static_cast<int>(shifted < 0 ? shifted + 7 : shifted) + 1;
}

TimeParse parse_timestamp(std::string_view text, Civil& out) {
    text = trim_blanks(text);
    if (const TimeParse number = epoch(text, out); number != TimeParse::bad) return number;
    Reader reader{text};
    const std::optional<int> first = reader.digits(1, 4);
    if (!first) return TimeParse::bad;
    const std::size_t width = text.size() - reader.rest().size();
    if (width == 4 && reader.accept('-')) {
        const std::optional<int> month = reader.digits(1, 2);
        if (!month || !reader.accept('-')) return TimeParse::bad;
        const std::optional<int> day = reader.digits(1, 2);
        if (!day) return TimeParse::bad;
        out.year = *first;
        out.month = *month;
        out.day = *day;
    } else if (width <= 2 && reader.accept('/')) {
        const std::optional<int> day = reader.digits(1, 2);
        if (!day || !reader.accept('/')) return TimeParse::bad;
        const std::optional<int> year = reader.digits(4, 4);
        if (!year) return TimeParse::bad;
        out.year = *year;
        out.month = *first;
        out.day = *day;
    } else if (width <= 2 && reader.accept('-')) {
        const std::optional<int> month = reader.month_name(false);
        if (!month || !reader.accept('-')) return TimeParse::bad;
        const std::optional<int> year = reader.digits(4, 4);
        if (!year) return TimeParse::bad;
        out.year = *year;
        out.month = *month;
        out.day = *first;
    } else {
        return TimeParse::bad;
    }
    TimeParse result = TimeParse::good;
    if (!reader.done()) {
        if (!reader.accept('T') && !reader.accept(' ')) return TimeParse::bad;
        result = clock(reader, out);
    }
    return is_valid(out) ? result : TimeParse::bad;
}

TimeParse parse_time(std::string_view text, Civil& out) {
    text = trim_blanks(text);
    if (const TimeParse number = epoch(text, out); number != TimeParse::bad) return number;
    bool afternoon = false;
    bool half = false;
    for (const std::string_view word : {"AM", "PM"}) {
        if (text.size() > 2 && starts_with(text.substr(text.size() - 2), word)) {
            half = true;
            afternoon = word == "PM";
            text = trim_blanks(text.substr(0, text.size() - 2));
        }
    }
    Reader reader{text};
    const TimeParse result = clock(reader, out);
    if (half) {
        if (out.hour < 1 || out.hour > 12) return TimeParse::bad;
        out.hour = out.hour % 12 + (afternoon ? 12 : 0);
    }
    return is_valid(out) ? result : TimeParse::bad;
}

TimeParse parse_by_format(std::string_view text, std::string_view format, Civil& out) {
    Reader reader{trim_blanks(text)};
    bool bad = false;
    bool too_fine = false;
    bool half = false;
    bool afternoon = false;
    const auto number = [&](std::size_t least, std::size_t most, auto& into) {
        const std::optional<int> value = reader.digits(least, most);
        if (!value) return bad = true, false;
        into = *value;
        return true;
    };
    const bool known = walk(format, [&](Element element, std::string_view literal) {
        switch (element) {
            case Element::year4: return number(4, 4, out.year);
            case Element::year2:
                if (!number(2, 2, out.year)) return false;
                out.year += out.year < 70 ? 2000 : 1900;
                return true;
            case Element::month_name:
            case Element::month_short: {
                const std::optional<int> month = reader.month_name(element == Element::month_name);
                bad = bad || !month;
                out.month = month.value_or(1);
                return !bad;
            }
            case Element::month: return number(1, 2, out.month);
            case Element::day: return number(1, 2, out.day);
            case Element::weekday:
                for (const std::string_view name : day_names) {
                    if (reader.accept(name)) return true;
                }
                bad = true;
                return false;
            case Element::hour:
            case Element::hour24: return number(1, 2, out.hour);
            case Element::hour12:
                if (!number(1, 2, out.hour)) return false;
                bad = out.hour < 1 || out.hour > 12;
                return !bad;
            case Element::half:
                half = true;
                if (reader.accept("PM")) return afternoon = true, true;
                if (reader.accept("AM")) return true;
                bad = true;
                return false;
            case Element::minute: return number(1, 2, out.minute);
            case Element::second: return number(1, 2, out.second);
            case Element::fraction: {
                const std::optional<int> fraction = reader.fraction(too_fine);
                bad = bad || !fraction;
                out.micros = fraction.value_or(0);
                return !bad;
            }
            case Element::zone_colon:
            case Element::zone:
            case Element::zone_hour: bad = !reader.offset(out); return !bad;
            case Element::literal: bad = !reader.accept(literal); return !bad;
        }
        return false;
    });
    if (!known) return TimeParse::unsupported;
    if (bad || !reader.done()) return TimeParse::bad;
    if (half) out.hour = out.hour % 12 + (afternoon ? 12 : 0);
    if (!is_valid(out)) return TimeParse::bad;
    return too_fine ? TimeParse::unsupported : TimeParse::good;
}

bool format_civil(const Civil& civil, std::string_view format, std::string_view zone, std::string& out) {
    bool possible = true;
    const bool known = walk(format, [&](Element element, std::string_view literal) {
        switch (element) {
            case Element::year4: out += fmt::format("{:04}", civil.year); break;
            case Element::year2: out += fmt::format("{:02}", civil.year % 100); break;
            case Element::month_name: out += month_names[static_cast<std::size_t>(civil.month - 1)]; break;
            case Element::month_short:
                out += month_names[static_cast<std::size_t>(civil.month - 1)].substr(0, 3);
                break;
            case Element::month: out += fmt::format("{:02}", civil.month); break;
            case Element::day: out += fmt::format("{:02}", civil.day); break;
            case Element::weekday:
                out += day_names[static_cast<std::size_t>(
                    iso_weekday(days_from_civil(civil.year, civil.month, civil.day)) - 1)];
                break;
            case Element::hour: return possible = false, false;  // of 12 or of 24? not documented
            case Element::hour24: out += fmt::format("{:02}", civil.hour); break;
            case Element::hour12: out += fmt::format("{:02}", civil.hour % 12 == 0 ? 12 : civil.hour % 12); break;
            case Element::half: out += civil.hour < 12 ? "AM" : "PM"; break;
            case Element::minute: out += fmt::format("{:02}", civil.minute); break;
            case Element::second: out += fmt::format("{:02}", civil.second); break;
            case Element::fraction: {
                const std::size_t digits = literal.empty() ? 9 : static_cast<std::size_t>(literal[0] - '0');
                out += fmt::format("{:06}000", civil.micros).substr(0, digits);
                break;
            }
            case Element::zone_colon:
            case Element::zone:
            case Element::zone_hour:
                // A timestamp without a zone has none to show.
                if (zone.empty()) return possible = false, false;
                out += zone.substr(0, 3);
                if (element == Element::zone_colon) out += ':';
                if (element != Element::zone_hour) out += zone.substr(3);
                break;
            case Element::literal: out += literal; break;
        }
        return true;
    });
    return known && possible;
}

}  // namespace backend::duckdb::dialect
