#include "base/metric_cells.hpp"

#include <fmt/format.h>

#include <charconv>

namespace base::detail {

void ExemplarCell::write(const Exemplar& exemplar) {
    std::uint32_t sequence = sequence_.load(std::memory_order_relaxed);
    if ((sequence & 1) != 0 || !sequence_.compare_exchange_strong(sequence, sequence + 1, std::memory_order_acq_rel)) {
        return;
    }
    // Releases keep the reader's second look at the sequence behind what it read.
    trace_high_.store(exemplar.trace_high, std::memory_order_release);
    trace_low_.store(exemplar.trace_low, std::memory_order_release);
    value_.store(exemplar.value, std::memory_order_release);
    unix_ms_.store(exemplar.unix_ms, std::memory_order_release);
    sequence_.store(sequence + 2, std::memory_order_release);
}

std::optional<ExemplarCell::Exemplar> ExemplarCell::read() const {
    const std::uint32_t before = sequence_.load(std::memory_order_acquire);
    if (before == 0 || (before & 1) != 0) {
        return std::nullopt;
    }
    const Exemplar exemplar{.trace_high = trace_high_.load(std::memory_order_acquire),
                            .trace_low = trace_low_.load(std::memory_order_acquire),
                            .value = value_.load(std::memory_order_acquire),
                            .unix_ms = unix_ms_.load(std::memory_order_acquire)};
    if (sequence_.load(std::memory_order_relaxed) != before) {
        return std::nullopt;
    }
    return exemplar;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_trace_id(std::string_view text) {
    if (text.size() != 32) {
        return std::nullopt;
    }
    std::uint64_t halves[2] = {0, 0};
    for (std::size_t i = 0; i < 2; ++i) {
        const char* const from = text.data() + i * 16;
        const auto [end, error] = std::from_chars(from, from + 16, halves[i], 16);
        if (error != std::errc{} || end != from + 16) {
            return std::nullopt;
        }
    }
    return std::pair{halves[0], halves[1]};
}

std::string trace_id_text(std::uint64_t high, std::uint64_t low) { return fmt::format("{:016x}{:016x}", high, low); }

}  // namespace base::detail
