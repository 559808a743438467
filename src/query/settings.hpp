/// Settings of the pipeline (DESIGN.md section 6, "Load", and section 7, "Guard").
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <string>

#include "base/settings.hpp"

namespace query {

struct Settings {
    std::size_t max_concurrent_requests = 50;
    std::size_t request_queue_size = 200;
    bool adaptive_concurrency = false;
    std::chrono::seconds query_timeout{300};
    std::size_t max_query_result_rows = 10'000;
    std::size_t max_bytes_scanned = 0;        ///< 0: no bound
    std::string cost_guard_on_error = "run";  ///< or "refuse"
    std::size_t max_result_bytes = std::size_t{256} * 1024;
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(Settings& settings);

}  // namespace query
