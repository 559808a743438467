/// Offsets of one IANA time zone at any instant, from the system's zone files.
///
/// Place: under the backends; TIMESTAMP_LTZ is an instant that is shown in its session's zone. Threads: a `Zone` is
/// immutable; `Zones` is thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace backend {

/// The rule behind the last transition, as POSIX writes it: EST5EDT,M3.2.0,M11.1.0 (RFC 9636 section 3.3.1).
struct ZoneRule {
    struct Change {
        enum class Kind : std::uint8_t { month_week_day, julian, zero_based };
        Kind kind = Kind::month_week_day;
        int month = 1;           ///< 1 to 12
        int week = 1;            ///< 1 to 5, 5: the last
        int day = 0;             ///< of the week (0: Sunday), or of the year
        std::int32_t at = 7200;  ///< seconds from midnight, local
    };
    std::int32_t standard = 0;  ///< seconds east of UTC
    std::int32_t summer = 0;
    bool has_summer = false;
    Change begins;
    Change ends;
};

class Zone {
public:
    /// UTC.
    Zone() = default;
    /// Reads a TZif file (RFC 9636) of version 1 to 4. Nothing where it is none.
    static std::optional<Zone> parse(std::string_view file);

    /// Seconds east of UTC at an instant (seconds since 1970, UTC).
    std::int32_t offset_at(std::int64_t seconds) const;
    /// The same in whole minutes, as results show it (offsets of local mean time have seconds: rounded).
    std::int16_t offset_minutes_at(std::int64_t seconds) const;

private:
    std::int32_t first_offset_ = 0;      // before the first transition
    std::vector<std::int64_t> from_;     // ascending
    std::vector<std::int32_t> offsets_;  // from then on
    std::optional<ZoneRule> rule_;       // behind the last transition
};

/// A POSIX rule. Nothing where the text is none.
std::optional<ZoneRule> parse_zone_rule(std::string_view text);

/// Zones by name, each read once. One a backend; it outlives what asks it.
class Zones {
public:
    /// `folder`: the zone database (TZif files).
    explicit Zones(std::string folder = "/usr/share/zoneinfo") : folder_{std::move(folder)} {}
    /// The zone of that name (America/New_York). Null where the system has no such zone, or the name is not one.
    std::shared_ptr<const Zone> find(std::string_view name);

private:
    std::string folder_;
    base::Mutex mutex_;
    std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones_ BASE_GUARDED_BY(mutex_);
};

}  // namespace backend
