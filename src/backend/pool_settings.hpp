/// Settings of the pool, by the names that users' deployments have (DESIGN.md section 6, "Pool").
#pragma once

#include "backend/pool_limits.hpp"
#include "base/settings.hpp"

namespace backend {

/// `settings` must outlive the table.
base::SettingsTable settings_table(PoolSettings& settings);

/// What no single value shows: the minimum above the maximum.
base::Result<void> validate(const PoolSettings& settings);

}  // namespace backend
