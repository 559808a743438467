/// Settings of batching (DESIGN.md section 6, "Batching").
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>

#include "base/settings.hpp"

namespace query {

struct BatchSettings {
    bool enabled = false;
    std::size_t size = 10;     ///< reads in one request at most
    std::size_t gather = 100;  ///< milliseconds from a batch's first read to its last

    std::chrono::milliseconds gather_time() const { return std::chrono::milliseconds{gather}; }
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(BatchSettings& settings);

}  // namespace query
