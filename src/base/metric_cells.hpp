/// The cells behind counters and histograms: one a thread, made when it first records.
///
/// Place: base/metrics only. Threads: recording and summing from any, without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_slot.hpp"

namespace base::detail {

/// Adds without a locked instruction where the thread is the only one that writes.
template <class Number>
void add_to(std::atomic<Number>& cell, Number n, bool shared) {
    if (shared) {
        cell.fetch_add(n, std::memory_order_relaxed);
    } else {
        cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
}

/// A cell for each thread slot, `make`d on first use.
template <class Cell>
class PerThread {
public:
    PerThread() = default;
    PerThread(const PerThread&) = delete;
    PerThread& operator=(const PerThread&) = delete;
    ~PerThread() {
        for (auto& cell : cells_) {
            delete cell.load(std::memory_order_relaxed);
        }
    }

    template <class Make>
    Cell& mine(ThreadSlot slot, Make make) {
        std::atomic<Cell*>& place = cells_[slot.index];
        if (Cell* const cell = place.load(std::memory_order_acquire)) {
            return *cell;
        }
        std::unique_ptr<Cell> made = make();
        Cell* expected = nullptr;
        if (place.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel)) {
            return *made.release();
        }
        return *expected;  // another thread of a shared slot was faster
    }

    template <class Visit>
    void each(Visit visit) const {
        for (const auto& place : cells_) {
            if (const Cell* const cell = place.load(std::memory_order_acquire)) {
                visit(*cell);
            }
        }
    }

private:
    std::array<std::atomic<Cell*>, ThreadSlot::all> cells_{};
};

struct alignas(64) CounterCell {
    std::atomic<std::uint64_t> value = 0;
};

/// The last exemplar of one bucket, written by whoever gets its (odd) sequence number; a writer that does not, drops
/// its own: it is an example, not a count.
class ExemplarCell {
public:
    struct Exemplar {
        std::uint64_t trace_high;
        std::uint64_t trace_low;
        double value;
        std::int64_t unix_ms;
    };

    void write(const Exemplar& exemplar);
    std::optional<Exemplar> read() const;

private:
    std::atomic<std::uint32_t> sequence_ = 0;
    std::atomic<std::uint64_t> trace_high_ = 0;
    std::atomic<std::uint64_t> trace_low_ = 0;
    std::atomic<double> value_ = 0;
    std::atomic<std::int64_t> unix_ms_ = 0;
};

struct alignas(64) HistogramCell {
    explicit HistogramCell(std::size_t buckets) : counts(buckets) {}
    ~HistogramCell() { delete[] exemplars.load(std::memory_order_relaxed); }

    std::atomic<double> sum = 0;
    std::vector<std::atomic<std::uint64_t>> counts;  // one a bound, and one for what is above all
    std::atomic<ExemplarCell*> exemplars = nullptr;  // as many; made with the first trace id
};

/// 32 hex digits, or nothing.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_trace_id(std::string_view text);
std::string trace_id_text(std::uint64_t high, std::uint64_t low);

}  // namespace base::detail
