/// What the outbound client shows: metrics and a status snapshot. Threads: a tally is written by its worker, read by
/// any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/json_writer.hpp"
#include "base/metrics.hpp"
#include "base/mutex.hpp"

namespace net::client {

class ConnectionBudget;

/// What one worker counts on the hot path: no locked instruction.
struct alignas(64) ClientTally {
    class Count {
    public:
        void add(std::uint64_t n = 1) {
            value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
        }
        std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

    private:
        std::atomic<std::uint64_t> value_ = 0;
    };

    Count requests, failures, reused, repeated;  // repeated: a kept connection had been closed
    Count connects, connect_failures;            // new connections
    Count handshakes, resumptions;               // TLS, the second of the first
    Count waits;                                 // for CLIENT_POOL_SIZE
    Count sent, received;                        // bytes, TLS taken off
};

class ClientProbe {
public:
    using Part = ClientTally::Count ClientTally::*;

    std::shared_ptr<ClientTally> new_tally();
    /// Once, before workers start; this and `budget` outlive the scraping.
    void register_metrics(base::Metrics& metrics, const ConnectionBudget& budget);
    void write_status(base::JsonWriter& json, const ConnectionBudget& budget) const;
    std::uint64_t sum(Part part) const;

    void opened_idle() { idle_.fetch_add(1, std::memory_order_relaxed); }
    void closed_idle() { idle_.fetch_sub(1, std::memory_order_relaxed); }
    std::size_t idle() const { return idle_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> idle_ = 0;
    mutable base::Mutex mutex_;
    std::vector<std::shared_ptr<ClientTally>> tallies_ BASE_GUARDED_BY(mutex_);
};

}  // namespace net::client
