/// How a pool shows itself: a status snapshot with actions, and its metrics (DESIGN.md section 8 has their names).
#pragma once

#include <string>

#include "backend/pool.hpp"
#include "base/metrics.hpp"
#include "base/probe.hpp"

namespace backend {

/// Actions: "pause", "resume", "drain" (see `Pool`). The pool must outlive it. Threads: any.
base::Probe probe(Pool& pool, std::string name = "pool");

/// `pool_connections_active|idle|max|total`, `pool_wait_seconds` and more; takes the pool's `on_waited`. Before the
/// workers start; the pool must outlive the last scrape. `labels`: which connection, where there are several.
void publish(base::Metrics& metrics, Pool& pool, const base::Labels& labels = {});

}  // namespace backend
