#include "base/memory_budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace base {

namespace {

std::size_t share_of(std::size_t bytes, double share) {
    return static_cast<std::size_t>(static_cast<double>(bytes) * share);
}

std::size_t megabytes(std::size_t bytes) { return (bytes + (std::size_t{1} << 19)) >> 20; }

std::unexpected<Error> refusal(std::size_t asked, std::size_t used, std::size_t limit) {
    auto text = fmt::format(
        "the memory budget of {} MB cannot carry {} bytes more ({} MB are in use): try again later, ask for less, or "
        "raise MAX_MEMORY_MB",
        megabytes(limit), asked, megabytes(used));
    return fail(
        Error{Kind::overloaded, std::move(text)}.about("MAX_MEMORY_MB").retry_after(std::chrono::milliseconds{1000}));
}

}  // namespace

Lease::Lease(Lease&& other) noexcept
    : budget_{std::exchange(other.budget_, nullptr)}, bytes_{std::exchange(other.bytes_, 0)} {}

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this != &other) {
        release();
        budget_ = std::exchange(other.budget_, nullptr);
        bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
}

Lease::~Lease() { release(); }

void Lease::release() {
    if (budget_ != nullptr) {
        budget_->give_back(bytes_);
    }
    budget_ = nullptr;
    bytes_ = 0;
}

void Lease::shrink_to(std::size_t bytes) {
    if (budget_ != nullptr && bytes < bytes_) {
        budget_->give_back(bytes_ - bytes);
        bytes_ = bytes;
    }
}

void Lease::join(Lease other) {
    assert(budget_ == nullptr || other.budget_ == nullptr || budget_ == other.budget_);
    if (budget_ == nullptr) {
        *this = std::move(other);
    } else {
        bytes_ += std::exchange(other.bytes_, 0);
    }
}

MemoryBudget::MemoryBudget(Limits limits) : limits_{limits} {
    assert(limits_.shrink_above <= limits_.refuse_above && limits_.refuse_above <= 1.0);
}

void MemoryBudget::watch(std::size_t process_limit, Resident resident) {
    process_limit_ = process_limit;
    resident_ = std::move(resident);
    look();
    limits_.bytes -= std::min(limits_.bytes / 2, unleased());
}

/// A lease is taken before its bytes are there, so that what is seen now may be too little: what was seen before counts
/// on for a while.
void MemoryBudget::look() {
    if (!resident_) {
        return;
    }
    const std::size_t resident = resident_();
    const std::size_t leased = used();
    const std::size_t beside = resident - std::min(resident, leased);
    const std::size_t before = unleased();
    unleased_.store(std::max(beside, before - before / 8), std::memory_order_relaxed);
}

void MemoryBudget::note_leased(std::size_t bytes) {
    if (resident_ && since_look_.fetch_add(bytes, std::memory_order_relaxed) + bytes >= limits_.bytes / 64) {
        since_look_.store(0, std::memory_order_relaxed);
        look();
    }
}

/// Never so little that small answers stop: then they are all that is left to go by.
std::size_t MemoryBudget::available() const {
    if (!resident_) {
        return limits_.bytes;
    }
    const std::size_t left = process_limit_ - std::min(process_limit_, unleased());
    return std::min(limits_.bytes, std::max(left, limits_.bytes / 8));
}

bool MemoryBudget::try_add(std::size_t bytes, bool large) {
    const std::size_t ceiling = large ? share_of(available(), limits_.refuse_above) : available();
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
        if (used > ceiling || bytes > ceiling - used) {
            return false;
        }
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
}

void MemoryBudget::ask_back(std::size_t coming) {
    const std::size_t soft = share_of(available(), limits_.shrink_above);
    const std::size_t wanted = used() + coming;
    if (shrinker_ && wanted > soft) {
        shrinker_(wanted - soft);
    }
}

Result<Lease> MemoryBudget::lease(std::size_t bytes, bool large) {
    if (bytes > limits_.bytes) {
        return refusal(bytes, used(), limits_.bytes);  // nothing that could be given back would make room
    }
    note_leased(bytes);
    if (!try_add(bytes, large)) {
        ask_back(bytes);
        if (!try_add(bytes, large)) {
            return refusal(bytes, used() + (limits_.bytes - available()), limits_.bytes);
        }
        return Lease{*this, bytes};
    }
    Lease lease{*this, bytes};
    ask_back(0);
    return lease;
}

Result<Lease> MemoryBudget::take(std::size_t bytes) { return lease(bytes, bytes >= limits_.large); }

Result<Lease> MemoryBudget::grow(std::size_t held, std::size_t bytes) {
    return lease(bytes, held + bytes >= limits_.large);
}

Lease MemoryBudget::count(std::size_t bytes) {
    note_leased(bytes);
    used_.fetch_add(bytes, std::memory_order_relaxed);
    Lease lease{*this, bytes};
    ask_back(0);
    return lease;
}

}  // namespace base
