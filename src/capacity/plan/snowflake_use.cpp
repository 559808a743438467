#include "capacity/plan/snowflake_use.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "capacity/plan/options.hpp"

namespace capacity::plan {
namespace {

constexpr double least_billed_seconds = 60;  // of every resume
constexpr double hours_of_a_month = 730;     // 365 x 24 / 12
constexpr double session_renewal_hours = 8;  // SNOWFLAKE_CONN_REFRESH_HOURS

/// Credits a month of one warehouse that gets `rate` queries a second.
double credits(double rate, const SnowflakeInputs& in) {
    const double window = std::max(least_billed_seconds, in.query_seconds + in.auto_suspend_seconds);
    const double active = in.active_hours * in.active_days;
    const double running =
        in.auto_suspend_seconds == 0 ? (rate > 0 ? hours_of_a_month : 0) : active * -std::expm1(-rate * window);
    const double clusters = std::clamp(rate * in.query_seconds / static_cast<double>(in.max_concurrency_level), 1.0,
                                       static_cast<double>(in.clusters));
    return running * clusters * credits_per_hour(in.warehouse_size);
}

}  // namespace

SnowflakeUse snowflake_use(double clients, std::int64_t instances, std::int64_t pool_max, const SnowflakeInputs& in) {
    SnowflakeUse use;
    if (__builtin_mul_overflow(instances, pool_max, &use.fleet_sessions)) {
        use.fleet_sessions = std::numeric_limits<std::int64_t>::max();  // of a plan beyond all sense: still no nonsense
    }
    use.warehouse_statements = in.max_concurrency_level * in.clusters;
    use.clusters_needed =
        use.fleet_sessions / in.max_concurrency_level + (use.fleet_sessions % in.max_concurrency_level > 0 ? 1 : 0);
    use.queues = use.fleet_sessions > use.warehouse_statements;
    use.beyond_account = in.account_sessions > 0 && use.fleet_sessions > in.account_sessions;

    use.credits_hour = credits_per_hour(in.warehouse_size);
    use.queries_month = clients * in.queries_per_client_hour * in.active_hours * in.active_days;
    const double rate = clients * in.queries_per_client_hour / 3600;
    const auto warehouses = static_cast<double>(in.warehouses_now);
    use.credits_now = warehouses * credits(rate / warehouses, in);
    use.credits_pooled = credits(rate, in);
    use.credits_cached = credits(rate * (1 - in.cache_hit_rate), in);
    use.saved_by_pooling = use.credits_now - use.credits_pooled;
    use.saved_by_caching = use.credits_pooled - use.credits_cached;
    use.saved_usd = (use.saved_by_pooling + use.saved_by_caching) * in.credit_price_usd;
    use.query_hours_avoided = use.queries_month * in.cache_hit_rate * in.query_seconds / 3600;
    SnowflakeInputs sooner = in;
    sooner.auto_suspend_seconds = least_billed_seconds;
    use.credits_short_suspend = credits(rate * (1 - in.cache_hit_rate), sooner);
    use.logins_now = clients * in.logins_per_client_day * in.active_days;
    use.logins_pooled = static_cast<double>(use.fleet_sessions) *
                        std::max(1.0, std::ceil(in.active_hours / session_renewal_hours)) * in.active_days;
    return use;
}

}  // namespace capacity::plan
