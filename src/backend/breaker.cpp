#include "backend/breaker.hpp"

#include <algorithm>

namespace backend {

std::expected<void, Breaker::Open> Breaker::admit(base::TimePoint now) {
    if (state_ == State::closed) return {};
    if (!would_admit(now)) {
        if (state_ == State::half_open) return std::unexpected{Open{}};
        return std::unexpected{Open{.retry_in = std::chrono::ceil<std::chrono::milliseconds>(probe_at_ - now)}};
    }
    state_ = State::half_open;
    return {};
}

bool Breaker::would_admit(base::TimePoint now) const {
    return state_ == State::closed || (state_ == State::open && now >= probe_at_);
}

void Breaker::succeeded() {
    state_ = State::closed;
    failures_ = 0;
    openings_ = 0;
}

void Breaker::failed(base::TimePoint now) {
    if (state_ == State::open) return;  // began before it opened
    ++failures_;
    if (state_ == State::half_open || failures_ >= limits_.failures_to_open) open(now, limits_.passing);
}

void Breaker::failed_for_good(base::TimePoint now) {
    if (state_ == State::open) return;
    ++failures_;
    open(now, limits_.lasting);
}

void Breaker::abandoned() {
    if (state_ == State::half_open) state_ = State::open;  // since its time has come, the next may try
}

std::optional<base::TimePoint> Breaker::probe_at() const {
    if (state_ != State::open) return std::nullopt;
    return probe_at_;
}

void Breaker::open(base::TimePoint now, CoolDown cool_down) {
    state_ = State::open;
    probe_at_ = now + std::min(cool_down.longest, cool_down.first * (1 << std::min(openings_, 16)));
    ++openings_;
}

std::string_view to_string(Breaker::State state) {
    switch (state) {
        case Breaker::State::closed: return "closed";
        case Breaker::State::open: return "open";
        case Breaker::State::half_open: return "half_open";
    }
    return "";
}

}  // namespace backend
