/// One budget of bytes for the whole process: a lease is taken before bytes are allocated.
///
/// Place: `app` makes one from MAX_MEMORY_MB or the cgroup's limit (DESIGN.md section 7, "Memory"). Threads: any.
/// Above 90 % the shrinker (the cache) is asked to give back, above 95 % large leases are refused, above 100 % small
/// ones too. Nobody waits for memory.
///
/// What nobody leases (code, stacks, sockets, the allocator's slack) counts too, where the budget is told how to look
/// (`watch`): leases get what the process's limit leaves. It looks again after each 64th of the budget that is leased.
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
    void join(Lease other);             ///< of the same budget: one lease of both

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
    /// For what grows while it is made, of which `held` is leased already: large as soon as the whole is.
    Result<Lease> grow(std::size_t held, std::size_t bytes);
    /// For small things that must go on (a reply's head): counted, never refused.
    Lease count(std::size_t bytes);

    std::size_t used() const { return used_.load(std::memory_order_relaxed); }
    std::size_t limit() const { return limits_.bytes; }

    using Resident = std::function<std::size_t()>;  ///< bytes that the process holds; cheap
    /// What the whole process may hold, and how to see what it does. What it holds already is taken off the budget, of
    /// which at least half stays. Set once, before workers start.
    void watch(std::size_t process_limit, Resident resident);
    /// Looks now. Any thread.
    void look();
    /// Bytes that the process holds beside what is leased: as it was looked last, or shortly before.
    std::size_t unleased() const { return unleased_.load(std::memory_order_relaxed); }
    /// What may be leased now: the limit, or less where the process's own leaves less.
    std::size_t available() const;

    /// Called (from the taker's thread, no lock held) with the bytes wanted back. Set once, before workers start.
    void on_pressure(std::function<void(std::size_t)> shrinker) { shrinker_ = std::move(shrinker); }

private:
    friend class Lease;
    Result<Lease> lease(std::size_t bytes, bool large);
    bool try_add(std::size_t bytes, bool large);
    void ask_back(std::size_t coming);
    void note_leased(std::size_t bytes);
    void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

    Limits limits_;
    std::atomic<std::size_t> used_ = 0;
    std::size_t process_limit_ = 0;  // 0: nobody looks
    Resident resident_;
    std::atomic<std::size_t> unleased_ = 0;
    std::atomic<std::size_t> since_look_ = 0;  // bytes leased
    std::function<void(std::size_t)> shrinker_;
};

}  // namespace base
