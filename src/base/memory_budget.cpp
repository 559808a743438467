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

MemoryBudget::MemoryBudget(Limits limits) : limits_{limits} {
    assert(limits_.shrink_above <= limits_.refuse_above && limits_.refuse_above <= 1.0);
}

bool MemoryBudget::try_add(std::size_t bytes) {
    const std::size_t ceiling = bytes >= limits_.large ? share_of(limits_.bytes, limits_.refuse_above) : limits_.bytes;
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
        if (used > ceiling || bytes > ceiling - used) {
            return false;
        }
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
}

void MemoryBudget::ask_back(std::size_t coming) {
    const std::size_t soft = share_of(limits_.bytes, limits_.shrink_above);
    const std::size_t wanted = used() + coming;
    if (shrinker_ && wanted > soft) {
        shrinker_(wanted - soft);
    }
}

Result<Lease> MemoryBudget::take(std::size_t bytes) {
    if (bytes > limits_.bytes) {
        return refusal(bytes, used(), limits_.bytes);  // nothing that could be given back would make room
    }
    if (!try_add(bytes)) {
        ask_back(bytes);
        if (!try_add(bytes)) {
            return refusal(bytes, used(), limits_.bytes);
        }
        return Lease{*this, bytes};
    }
    Lease lease{*this, bytes};
    ask_back(0);
    return lease;
}

Lease MemoryBudget::count(std::size_t bytes) {
    used_.fetch_add(bytes, std::memory_order_relaxed);
    Lease lease{*this, bytes};
    ask_back(0);
    return lease;
}

}  // namespace base
