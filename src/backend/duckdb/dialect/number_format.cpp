#include "backend/duckdb/dialect/number_format.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "backend/duckdb/dialect/decimal_text.hpp"

namespace backend::duckdb::dialect {

namespace {

char upper(char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); }

enum class Sign { automatic, leading_s, trailing_s, leading_mi, trailing_mi };

/// One format, taken apart.
struct Model {
    enum class Kind { fixed, hexadecimal, tm9, tme } kind = Kind::fixed;
    std::string prefix;    // literals before the number
    std::string suffix;    // and after it
    std::string whole;     // '9', '0', ',' before the point; 'X' too
    std::string fraction;  // '9', '0' after it
    Sign sign = Sign::automatic;
    bool dollar = false;
    bool blank_zero = false;
    bool compact = false;
    bool percent = false;
    bool lower_hex = false;
};

bool starts_with(std::string_view text, std::string_view word) {
    if (text.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (upper(text[i]) != word[i]) return false;
    }
    return true;
}

/// False: an element that is not supported, or a format that makes no sense.
bool parse_model(std::string_view format, Model& model) {
    bool point = false;
    bool any = false;
    const auto started = [&] { return any; };
    for (std::size_t at = 0; at < format.size();) {
        const std::string_view rest = format.substr(at);
        const char c = upper(rest[0]);
        if (c == '"') {
            const std::size_t close = rest.find('"', 1);
            if (close == std::string_view::npos) return false;
            (started() ? model.suffix : model.prefix) += rest.substr(1, close - 1);
            at += close + 1;
            continue;
        }
        if (starts_with(rest, "FM")) {
            if (started() || model.compact) return false;
            model.compact = true;
            at += 2;
            continue;
        }
        if (starts_with(rest, "MI")) {
            if (model.sign != Sign::automatic) return false;
            model.sign = started() ? Sign::trailing_mi : Sign::leading_mi;
            at += 2;
            continue;
        }
        if (starts_with(rest, "TM")) {
            if (started()) return false;
            const bool e = starts_with(rest, "TME");
            model.kind = e ? Model::Kind::tme : Model::Kind::tm9;
            at += e || starts_with(rest, "TM9") ? 3 : 2;
            any = true;
            continue;
        }
        ++at;
        const bool text_minimal = model.kind == Model::Kind::tm9 || model.kind == Model::Kind::tme;
        switch (c) {
            case '0':
            case '9':
                if (text_minimal || !model.suffix.empty()) return false;
                (point ? model.fraction : model.whole).push_back(c);
                any = true;
                break;
            case 'X':
                if (point || text_minimal || !model.suffix.empty()) return false;
                model.kind = Model::Kind::hexadecimal;
                model.lower_hex = rest[0] == 'x';
                model.whole.push_back('X');
                any = true;
                break;
            case ',':
            case 'G':
                if (!started() || point || text_minimal || !model.suffix.empty()) return false;
                model.whole.push_back(',');
                break;
            case '.':
            case 'D':
                if (point || text_minimal) return false;
                point = true;
                any = true;
                break;
            case 'S':
                if (model.sign != Sign::automatic) return false;
                model.sign = started() ? Sign::trailing_s : Sign::leading_s;
                break;
            case '$':
                if (model.dollar || started()) return false;
                model.dollar = true;
                break;
            case 'B':
                if (started()) return false;
                model.blank_zero = true;
                break;
            case '%':
                if (model.percent || !started()) return false;
                model.percent = true;
                model.suffix.push_back('%');
                break;
            case ';':
            case ':':
            case '-':
            case '=':
            case '/':
            case '(':
            case ')':
            case ' ': (started() ? model.suffix : model.prefix).push_back(c); break;
            default: return false;
        }
    }
    if (model.kind == Model::Kind::hexadecimal && model.whole.find('9') != std::string::npos) return false;
    return any;
}

/// The number's digits without sign and point.
struct Digits {
    bool negative = false;
    std::string whole;  // without leading zeros
    std::string fraction;
};

Digits split_digits(std::string_view text) {
    Digits out;
    out.negative = text.starts_with('-');
    if (out.negative) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    out.whole = text.substr(0, point);
    if (point != std::string_view::npos) out.fraction = text.substr(point + 1);
    out.whole.erase(0, std::min(out.whole.find_first_not_of('0'), out.whole.size()));
    return out;
}

/// To `places` decimals, half away from zero.
void round_to(Digits& number, std::size_t places) {
    if (number.fraction.size() <= places) {
        number.fraction.append(places - number.fraction.size(), '0');
        return;
    }
    const bool up = number.fraction[places] >= '5';
    number.fraction.resize(places);
    std::string all = number.whole + number.fraction;
    if (up) {
        std::size_t at = all.size();
        while (at > 0 && all[at - 1] == '9') all[--at] = '0';
        if (at > 0) {
            ++all[at - 1];
        } else {
            all.insert(all.begin(), '1');
        }
    }
    number.whole = all.substr(0, all.size() - places);
    number.fraction = all.substr(all.size() - places);
    number.whole.erase(0, std::min(number.whole.find_first_not_of('0'), number.whole.size()));
}

bool is_zero(const Digits& number) {
    return number.whole.empty() && number.fraction.find_first_not_of('0') == std::string::npos;
}

std::string plain(const Digits& number) {
    std::string out = number.negative && !is_zero(number) ? "-" : "";
    out += number.whole.empty() ? "0" : number.whole;
    if (!number.fraction.empty()) out += "." + number.fraction;
    return out;
}

std::string scientific(const Digits& number) {
    const std::string all = number.whole + number.fraction;
    const std::size_t first = all.find_first_not_of('0');
    if (first == std::string::npos) return "0E0";
    std::string digits = all.substr(first);
    digits.erase(digits.find_last_not_of('0') + 1);
    const long exponent = static_cast<long>(number.whole.size()) - static_cast<long>(first) - 1;
    std::string out = number.negative ? "-" : "";
    out.push_back(digits[0]);
    if (digits.size() > 1) out += "." + digits.substr(1);
    return out + "E" + std::to_string(exponent);
}

/// The integer part from right to left: digits, zeros that are kept, blanks; group separators between digits only.
std::string whole_part(const Model& model, const std::string& digits, bool keep_last_zero) {
    const std::size_t first_zero = std::min(model.whole.find('0'), model.whole.size());
    std::string out;
    std::size_t left = digits.size();
    bool last = true;
    for (std::size_t i = model.whole.size(); i-- > 0;) {
        if (model.whole[i] == ',') {
            out.push_back(left > 0 || i > first_zero ? ',' : ' ');
            continue;
        }
        if (left > 0) {
            out.push_back(digits[--left]);
        } else if (i >= first_zero || (last && keep_last_zero)) {
            out.push_back('0');
        } else {
            out.push_back(' ');
        }
        last = false;
    }
    std::reverse(out.begin(), out.end());
    return out;
}

std::string fraction_part(const Model& model, const std::string& digits) {
    const std::size_t kept = model.fraction.rfind('0');
    std::string out = digits;
    for (std::size_t i = out.size(); i-- > 0 && out[i] == '0';) {
        if (kept != std::string::npos && i <= kept) break;
        out[i] = ' ';
    }
    return out;
}

void drop_blanks(std::string& text) { std::erase(text, ' '); }

std::string fixed(const Model& model, Digits number) {
    round_to(number, model.fraction.size());
    const auto positions = static_cast<std::size_t>(
        std::count_if(model.whole.begin(), model.whole.end(), [](char c) { return c != ','; }));
    const bool overflow = number.whole.size() > positions;
    const bool negative = number.negative && !is_zero(number);
    std::string body = overflow ? std::string{} : whole_part(model, number.whole, !model.blank_zero);
    if (overflow) {
        for (const char c : model.whole) body.push_back(c == ',' ? ',' : '#');
    }
    if (!model.fraction.empty())
        body += "." + (overflow ? std::string(model.fraction.size(), '#') : fraction_part(model, number.fraction));
    // What floats stands right before the first digit.
    const std::size_t blanks = std::min(body.find_first_not_of(' '), body.size());
    std::string floating;
    if (model.sign == Sign::automatic) floating.push_back(negative ? '-' : ' ');
    if (model.sign == Sign::leading_s) floating.push_back(negative ? '-' : '+');
    if (model.dollar) floating.push_back('$');
    // A blank for the sign of a positive number stays in front of the padding, which comes to the same.
    std::string out = std::string(blanks, ' ') + floating + body.substr(blanks);
    if (model.sign == Sign::leading_mi) out.insert(0, negative ? "-" : " ");
    if (model.sign == Sign::trailing_s) out.push_back(negative ? '-' : '+');
    if (model.sign == Sign::trailing_mi) out.push_back(negative ? '-' : ' ');
    if (model.compact) drop_blanks(out);
    return out;
}

std::string hexadecimal(const Model& model, const Digits& number) {
    unsigned __int128 value = 0;
    for (const char c : number.whole) value = value * 10 + static_cast<unsigned>(c - '0');
    const bool negative = number.negative && value != 0;
    const bool has_sign = model.sign != Sign::automatic;
    const std::size_t positions = model.whole.size();
    if (negative && !has_sign) value = -value;
    std::string digits;
    for (auto rest = value; rest != 0 && digits.size() < 32; rest >>= 4) {
        constexpr std::string_view capitals = "0123456789ABCDEF";
        constexpr std::string_view small = "0123456789abcdef";
        digits.push_back((model.lower_hex ? small : capitals)[static_cast<std::size_t>(rest & 15)]);
    }
    if (negative && !has_sign) digits.resize(std::min(digits.size(), positions));
    std::reverse(digits.begin(), digits.end());
    std::string body = digits.size() > positions ? std::string(positions, '#') : whole_part(model, digits, true);
    const std::size_t blanks = std::min(body.find_first_not_of(' '), body.size());
    std::string out = body;
    if (model.sign == Sign::leading_s) out = std::string(blanks, ' ') + (negative ? "-" : "+") + body.substr(blanks);
    if (model.sign == Sign::leading_mi) out.insert(0, negative ? "-" : " ");
    if (model.sign == Sign::trailing_s) out.push_back(negative ? '-' : '+');
    if (model.sign == Sign::trailing_mi) out.push_back(negative ? '-' : ' ');
    if (model.compact) drop_blanks(out);
    return out;
}

void times_hundred(Digits& number) {
    number.fraction.append(number.fraction.size() < 2 ? 2 - number.fraction.size() : 0, '0');
    number.whole += number.fraction.substr(0, 2);
    number.fraction.erase(0, 2);
    number.whole.erase(0, std::min(number.whole.find_first_not_of('0'), number.whole.size()));
}

}  // namespace

bool format_number(std::string_view digits, std::string_view format, std::string& out) {
    Model model;
    if (!parse_model(format, model)) return false;
    Digits number = split_digits(digits);
    if (model.percent) times_hundred(number);
    out += model.prefix;
    switch (model.kind) {
        case Model::Kind::fixed: out += fixed(model, number); break;
        case Model::Kind::hexadecimal: out += hexadecimal(model, number); break;
        case Model::Kind::tm9: out += plain(number); break;
        case Model::Kind::tme: out += scientific(number); break;
    }
    out += model.suffix;
    return true;
}

NumberParse unformat_number(std::string_view text, std::string_view format, std::string& digits) {
    Model model;
    if (!parse_model(format, model) || model.percent || model.kind == Model::Kind::hexadecimal)
        return NumberParse::unsupported;
    text = trim_blanks(text);
    const auto accept = [&](std::string_view literal) {
        if (!starts_with(text, literal)) return false;
        text.remove_prefix(literal.size());
        return true;
    };
    const auto blanks = [&] {
        while (text.starts_with(' ')) text.remove_prefix(1);
    };
    if (!accept(trim_blanks(model.prefix))) return NumberParse::bad;
    if (model.kind != Model::Kind::fixed) {
        Int128 ignored = 0;
        if (!text.ends_with(model.suffix)) return NumberParse::bad;
        text.remove_suffix(model.suffix.size());
        digits = text;
        return parse_decimal(text, 0, ignored) || parse_decimal(text, 18, ignored) ? NumberParse::good
                                                                                   : NumberParse::bad;
    }
    bool negative = false;
    const bool trailing = model.sign == Sign::trailing_s || model.sign == Sign::trailing_mi;
    const auto sign = [&] {
        if (accept("-")) return negative = true;
        return accept("+");
    };
    if (!trailing) sign();
    blanks();
    if (model.dollar && !accept("$")) return NumberParse::bad;
    // Integer digits with the format's separators, which may all be missing.
    std::string whole;
    std::vector<std::size_t> commas;  // digits to the right of each separator
    while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == ',')) {
        if (text[0] == ',') {
            commas.push_back(whole.size());
        } else {
            whole.push_back(text[0]);
        }
        text.remove_prefix(1);
    }
    std::size_t positions = 0;
    std::vector<std::size_t> places;
    for (std::size_t i = model.whole.size(); i-- > 0;) {
        if (model.whole[i] == ',') {
            places.push_back(positions);
        } else {
            ++positions;
        }
    }
    for (const std::size_t comma : commas) {
        if (std::find(places.begin(), places.end(), whole.size() - comma) == places.end()) return NumberParse::bad;
    }
    const std::size_t zeros = model.whole.find('0') == std::string::npos
                                  ? 0
                                  : static_cast<std::size_t>(std::count_if(
                                        model.whole.begin() + static_cast<std::ptrdiff_t>(model.whole.find('0')),
                                        model.whole.end(), [](char c) { return c != ','; }));
    if (whole.size() > positions || whole.size() < zeros) return NumberParse::bad;
    std::string fraction;
    if (accept(".")) {
        while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
            fraction.push_back(text[0]);
            text.remove_prefix(1);
        }
        if (fraction.size() > model.fraction.size()) return NumberParse::bad;
    }
    const std::size_t last_zero = model.fraction.rfind('0');
    if (last_zero != std::string::npos && fraction.size() < last_zero + 1) return NumberParse::bad;
    if (whole.empty() && fraction.empty()) return NumberParse::bad;
    if (trailing) sign();
    if (!accept(trim_blanks(model.suffix)) || !trim_blanks(text).empty()) return NumberParse::bad;
    digits = negative ? "-" : "";
    digits += whole.empty() ? "0" : whole;
    if (!fraction.empty()) digits += "." + fraction;
    return NumberParse::good;
}

}  // namespace backend::duckdb::dialect
