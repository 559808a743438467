#include "backend/zone.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace backend {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t farthest = 100'000'000'000'000;  // seconds from 1970, 3 million years
constexpr std::size_t most_zones_kept = 1'024;          // there are some 600

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

/// Days since 1970-01-01 of a civil date (Howard Hinnant, days_from_civil).
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = floor_divide(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::int64_t year_of(std::int64_t seconds) {
    const std::int64_t days = floor_divide(seconds, seconds_per_day) + 719'468;
    const std::int64_t era = floor_divide(days, 146'097);
    const std::int64_t day = days - era * 146'097;
    const std::int64_t year = (day - day / 1'460 + day / 36'524 - day / 146'096) / 365;
    const std::int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    return year + era * 400 + (day_of_year >= 306 ? 1 : 0);
}

bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/// Local midnight of a rule's day plus its time, in seconds since 1970 as if local time were UTC.
std::int64_t local_time_of(const ZoneRule::Change& change, std::int64_t year) {
    std::int64_t day = 0;
    switch (change.kind) {
        case ZoneRule::Change::Kind::month_week_day: {
            const std::int64_t first = days_from_civil(year, change.month, 1);
            const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
            day = first + (change.day - weekday + 7) % 7 + (change.week - 1) * 7;
            const std::int64_t next =
                change.month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, change.month + 1, 1);
            while (day >= next) day -= 7;
            break;
        }
        case ZoneRule::Change::Kind::julian:
            day = days_from_civil(year, 1, 1) + change.day - 1 + (is_leap(year) && change.day >= 60 ? 1 : 0);
            break;
        case ZoneRule::Change::Kind::zero_based: day = days_from_civil(year, 1, 1) + change.day; break;
    }
    return day * seconds_per_day + change.at;
}

std::int32_t offset_by(const ZoneRule& rule, std::int64_t seconds) {
    if (!rule.has_summer) return rule.standard;
    const std::int64_t year = year_of(seconds + rule.standard);
    const std::int64_t begins = local_time_of(rule.begins, year) - rule.standard;
    const std::int64_t ends = local_time_of(rule.ends, year) - rule.summer;
    const bool summer = begins < ends ? seconds >= begins && seconds < ends : !(seconds >= ends && seconds < begins);
    return summer ? rule.summer : rule.standard;
}

/// Takes a POSIX rule apart.
class RuleReader {
public:
    explicit RuleReader(std::string_view text) : rest_{text} {}

    std::optional<ZoneRule> read() {
        ZoneRule rule;
        std::int32_t west = 0;
        if (!name() || !time(west)) return std::nullopt;
        rule.standard = -west;
        if (rest_.empty()) return rule;
        if (!name()) return std::nullopt;
        rule.has_summer = true;
        rule.summer = rule.standard + 3'600;
        if (!rest_.empty() && rest_.front() != ',') {
            if (!time(west)) return std::nullopt;
            rule.summer = -west;
        }
        if (!change(rule.begins) || !change(rule.ends) || !rest_.empty()) return std::nullopt;
        return rule;
    }

private:
    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool name() {
        const bool quoted = take('<');
        std::size_t size = 0;
        while (size < rest_.size() &&
               (quoted ? rest_[size] != '>'
                       : (rest_[size] >= 'A' && rest_[size] <= 'Z') || (rest_[size] >= 'a' && rest_[size] <= 'z')))
            ++size;
        rest_.remove_prefix(size);
        return size >= 3 && (!quoted || take('>'));
    }

    bool number(int& value, int at_most) {
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{} || value < 0 || value > at_most) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }

    /// [+-]h[h][:mm[:ss]], up to 167 hours.
    bool time(std::int32_t& seconds) {
        const bool negative = take('-');
        if (!negative) take('+');
        int hours = 0;
        int minutes = 0;
        int rest = 0;
        if (!number(hours, 167)) return false;
        if (take(':') && !number(minutes, 59)) return false;
        if (take(':') && !number(rest, 59)) return false;
        seconds = hours * 3'600 + minutes * 60 + rest;
        if (negative) seconds = -seconds;
        return true;
    }

    bool change(ZoneRule::Change& change) {
        if (!take(',')) return false;
        using Kind = ZoneRule::Change::Kind;
        if (take('M')) {
            change.kind = Kind::month_week_day;
            if (!number(change.month, 12) || change.month == 0 || !take('.') || !number(change.week, 5) ||
                change.week == 0 || !take('.') || !number(change.day, 6))
                return false;
        } else {
            change.kind = take('J') ? Kind::julian : Kind::zero_based;
            if (!number(change.day, 365)) return false;
        }
        return !take('/') || time(change.at);
    }

    std::string_view rest_;
};

/// Big-endian numbers out of a TZif file; reading beyond its end clears `good`.
class Bytes {
public:
    explicit Bytes(std::string_view rest) : rest_{rest} {}

    std::string_view take(std::size_t count) {
        if (count > rest_.size()) {
            good_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::int64_t number(std::size_t width) {
        std::uint64_t value = 0;
        const std::string_view bytes = take(width);
        for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
        return width == 4 ? std::int64_t{static_cast<std::int32_t>(value)} : static_cast<std::int64_t>(value);
    }
    bool good() const { return good_; }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct Head {
    char version = 0;
    std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, transitions = 0, types = 0, letters = 0;
};

std::optional<Head> read_head(Bytes& bytes) {
    if (bytes.take(4) != "TZif") return std::nullopt;
    Head head;
    const std::string_view version = bytes.take(1);
    bytes.take(15);
    for (auto* count :
         {&head.utc_flags, &head.standard_flags, &head.leaps, &head.transitions, &head.types, &head.letters}) {
        const std::int64_t value = bytes.number(4);
        if (value < 0 || value > 1'000'000) return std::nullopt;
        *count = static_cast<std::size_t>(value);
    }
    if (!bytes.good() || head.types == 0) return std::nullopt;
    head.version = version.front();
    return head;
}

std::size_t body_size(const Head& head, std::size_t width) {
    return head.transitions * (width + 1) + head.types * 6 + head.letters + head.leaps * (width + 4) +
           head.standard_flags + head.utc_flags;
}

/// A name of the zone database: no path out of it.
bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos)
        return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
               c == '+' || c == '-';
    });
}

std::shared_ptr<const Zone> load(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return nullptr;
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    auto zone = Zone::parse(bytes);
    return zone ? std::make_shared<const Zone>(std::move(*zone)) : nullptr;
}

}  // namespace

std::optional<ZoneRule> parse_zone_rule(std::string_view text) { return RuleReader{text}.read(); }

std::optional<Zone> Zone::parse(std::string_view file) {
    Bytes bytes{file};
    auto head = read_head(bytes);
    if (!head) return std::nullopt;
    std::size_t width = 4;
    if (head->version >= '2') {  // the same again, with 64-bit times
        bytes.take(body_size(*head, 4));
        head = read_head(bytes);
        if (!head) return std::nullopt;
        width = 8;
    }
    Zone zone;
    for (std::size_t i = 0; i < head->transitions; ++i) zone.from_.push_back(bytes.number(width));
    const std::string_view kinds = bytes.take(head->transitions);
    std::vector<std::int32_t> offsets;
    for (std::size_t i = 0; i < head->types; ++i) {
        offsets.push_back(static_cast<std::int32_t>(bytes.number(4)));
        bytes.take(2);
    }
    if (!bytes.good() || !std::ranges::is_sorted(zone.from_)) return std::nullopt;
    for (const char kind : kinds) {
        const auto index = static_cast<std::size_t>(static_cast<unsigned char>(kind));
        if (index >= offsets.size()) return std::nullopt;
        zone.offsets_.push_back(offsets[index]);
    }
    zone.first_offset_ = offsets.front();
    bytes.take(head->letters + head->leaps * (width + 4) + head->standard_flags + head->utc_flags);
    if (width == 4 || !bytes.good()) return bytes.good() ? std::optional{std::move(zone)} : std::nullopt;
    const std::string_view footer = base::trim(bytes.rest());
    if (!footer.empty()) zone.rule_ = parse_zone_rule(footer);
    return zone;
}

std::int32_t Zone::offset_at(std::int64_t seconds) const {
    seconds = std::clamp(seconds, -farthest, farthest);
    if (!from_.empty() && seconds < from_.front()) return first_offset_;
    if (rule_ && (from_.empty() || seconds >= from_.back())) return offset_by(*rule_, seconds);
    if (from_.empty()) return first_offset_;
    const auto after = std::ranges::upper_bound(from_, seconds);
    return offsets_[static_cast<std::size_t>(after - from_.begin()) - 1];
}

std::int16_t Zone::offset_minutes_at(std::int64_t seconds) const {
    return static_cast<std::int16_t>(floor_divide(std::int64_t{offset_at(seconds)} + 30, 60));
}

std::shared_ptr<const Zone> Zones::find(std::string_view name) {
    const base::MutexLock lock{mutex_};
    if (const auto found = zones_.find(name); found != zones_.end()) return found->second;
    std::shared_ptr<const Zone> zone;
    if (base::iequals(name, "UTC") || base::iequals(name, "Etc/UTC")) {
        zone = std::make_shared<const Zone>();
    } else if (is_zone_name(name)) {
        zone = load(folder_ + "/" + std::string{name});
    }
    if (zones_.size() < most_zones_kept) zones_.emplace(name, zone);
    return zone;
}

}  // namespace backend
