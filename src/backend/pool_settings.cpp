#include "backend/pool_settings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace backend {
namespace {

/// A whole number of minutes or hours.
template <class Duration>
base::Setting duration(std::string name, Duration& value, int min, int max, std::string unit, std::string meaning) {
    base::Setting setting;
    setting.name = std::move(name);
    setting.type = "integer";
    setting.unit = std::move(unit);
    setting.range = fmt::format("{} to {}", min, max);
    setting.meaning = std::move(meaning);
    setting.set = [&value, min, max](std::string_view text) -> base::Result<void> {
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) {
            return base::fail(base::Kind::bad_argument, fmt::format("allowed is {} to {}", min, max));
        }
        value = Duration{number};
        return {};
    };
    setting.show = [&value] { return std::to_string(value.count()); };
    return setting;
}

}  // namespace

base::SettingsTable settings_table(PoolSettings& s) {
    base::SettingsTable table{"Pool"};
    table.integer("CONNECTION_POOL_MIN_SIZE", s.min_size, 0, 1000, "sessions", "Sessions that are kept ready.")
        .integer("CONNECTION_POOL_MAX_SIZE", s.max_size, 1, 1000, "sessions", "Sessions at most.")
        .add(duration("CONNECTION_POOL_MAX_INACTIVE_TIME_MINUTES", s.max_inactive, 1, 10'000, "min",
                      "A session above the minimum that nobody used for so long is closed."))
        .seconds("CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS", s.connection_timeout, 1, 3600,
                 "Longest wait for a free session.")
        .integer("CONNECTION_POOL_RETRY_ATTEMPTS", s.retry_attempts, 0, 100, "attempts",
                 "Further attempts at a login that failed for a passing reason.")
        .add(duration("CONNECTION_POOL_HEALTH_CHECK_INTERVAL_MINUTES", s.health_check_interval, 1, 10'000, "min",
                      "How often idle sessions are looked after."))
        .add(duration("SNOWFLAKE_CONN_REFRESH_HOURS", s.refresh, 1, 10'000, "h",
                      "A session older than this is replaced by a new one."))
        .boolean("ENABLE_CONNECTION_MULTIPLEXING", s.multiplexing,
                 "Sessions may carry several reads of the same context and identity at once.")
        .seconds("CONNECTION_SHARING_TIMEOUT_SECONDS", s.sharing_timeout, 1, 86'400,
                 "A shared session that nobody used for so long is an ordinary one again.")
        .integer("MAX_SHARED_CONNECTIONS_PER_POOL", s.max_shared, 0, 1000, "sessions",
                 "Sessions that carry several statements at once.");
    return table;
}

base::Result<void> validate(const PoolSettings& settings) {
    if (settings.max_size < settings.min_size) {
        return base::fail(base::Error{base::Kind::bad_argument,
                                      fmt::format("CONNECTION_POOL_MAX_SIZE is {}, below CONNECTION_POOL_MIN_SIZE ({})",
                                                  settings.max_size, settings.min_size)}
                              .at(base::Stage::config)
                              .about("CONNECTION_POOL_MAX_SIZE"));
    }
    return {};
}

}  // namespace backend
