/// What a fleet takes of Snowflake: sessions against what account and warehouse carry, and the credits it saves.
///
/// Place: part of a plan. Pure.
///
/// Credits. Queries arrive at random (Poisson) with `rate` a second while clients are active. Each keeps the warehouse
/// running for w = query time + AUTO_SUSPEND seconds, at least the 60 s that every resume is billed, so it runs the
/// share 1 - e^(-rate x w) of the active time. It then bills its size's credits an hour, times the clusters that rate x
/// query time needs at MAX_CONCURRENCY_LEVEL each, between 1 and its maximum. A warehouse that never suspends bills all
/// 730 hours of a month. Now: the clients' queries spread over the warehouses they use today. Pooled: all on one
/// warehouse. Cached: the share that the cache answers never reaches it. A session itself costs no credits, and what
/// the services layer does for a login is billed only above a tenth of the day's compute: neither is counted.
#pragma once

#include <cstdint>

#include "capacity/plan/inputs.hpp"

namespace capacity::plan {

struct SnowflakeUse {
    std::int64_t fleet_sessions = 0;        ///< all instances, all pools full
    std::int64_t warehouse_statements = 0;  ///< that run at once: MAX_CONCURRENCY_LEVEL x clusters
    std::int64_t clusters_needed = 0;       ///< for a statement in every session at once
    bool queues = false;                    ///< more sessions than the warehouse runs statements at once
    bool beyond_account = false;            ///< more sessions than the account may hold, where that is known

    double credits_hour = 0;  ///< one cluster
    double queries_month = 0;
    double credits_now = 0;     ///< a month
    double credits_pooled = 0;  ///< on one warehouse
    double credits_cached = 0;  ///< and with the cache
    double saved_by_pooling = 0;
    double saved_by_caching = 0;
    double saved_usd = 0;
    double query_hours_avoided = 0;    ///< a month, in the warehouse, by the cache
    double credits_short_suspend = 0;  ///< `credits_cached` if AUTO_SUSPEND were 60 s
    double logins_now = 0;             ///< a month
    double logins_pooled = 0;  ///< a month at most: every session of the fleet renewed every 8 hours of activity
};

/// `clients` ask; the fleet has `instances` with pools of `pool_max` sessions.
SnowflakeUse snowflake_use(double clients, std::int64_t instances, std::int64_t pool_max,
                           const SnowflakeInputs& inputs);

}  // namespace capacity::plan
