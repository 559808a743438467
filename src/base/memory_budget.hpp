/// One budget of bytes for the whole process: a lease is taken before bytes are allocated.
///
/// Place: `app` makes one from MAX_MEMORY_MB or the cgroup's limit (DESIGN.md section 7, "Memory"). Threads: any.
/// Above 90 % the shrinker (the cache) is asked to give back, above 95 % large leases are refused, above 100 % small
/// ones too. Nobody waits for memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "base/error.hpp"

namespace base {

class MemoryBudget;

/// Bytes taken from a budget; given back on destruction. Movable. An empty lease belongs to no budget.
class Lease {
public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();

    std::size_t bytes() const { return bytes_; }
    void release();                     ///< now, instead of at the end
    void shrink_to(std::size_t bytes);  ///< gives back the rest; growing is a new lease

private:
    friend class MemoryBudget;
    Lease(MemoryBudget& budget, std::size_t bytes) : budget_{&budget}, bytes_{bytes} {}
    MemoryBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
};

class MemoryBudget {
public:
    struct Limits {
        std::size_t bytes = std::size_t{1024} << 20;  ///< the whole
        std::size_t large = std::size_t{1} << 20;     ///< a lease of this size or more is refused above 95 %
        double shrink_above = 0.90;
        double refuse_above = 0.95;
    };

    explicit MemoryBudget(Limits limits);

    /// `Kind::overloaded` with a retry hint where the budget cannot carry it. Never waits.
    Result<Lease> take(std::size_t bytes);
    /// For small things that must go on (a reply's head): counted, never refused.
    Lease count(std::size_t bytes);

    std::size_t used() const { return used_.load(std::memory_order_relaxed); }
    std::size_t limit() const { return limits_.bytes; }

    /// Called (from the taker's thread, no lock held) with the bytes wanted back. Set once, before workers start.
    void on_pressure(std::function<void(std::size_t)> shrinker) { shrinker_ = std::move(shrinker); }

private:
    friend class Lease;
    bool try_add(std::size_t bytes);
    void ask_back(std::size_t coming);
    void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

    Limits limits_;
    std::atomic<std::size_t> used_ = 0;
    std::function<void(std::size_t)> shrinker_;
};

}  // namespace base
