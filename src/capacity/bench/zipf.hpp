/// Ranks 1 to n drawn by Zipf's law: rank k with a probability proportional to 1 / k^s.
///
/// By rejection-inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from monotone discrete
/// distributions, 1996): no table, about one draw of a random number a rank, for any n. Pure. Threads: none.
#pragma once

#include <cmath>
#include <cstdint>

namespace capacity::bench {

/// xoshiro256** (D. Blackman, S. Vigna): small, quick, and the same everywhere for a seed.
class Random {
public:
    explicit Random(std::uint64_t seed) {
        for (auto& word : state_) {  // splitmix64
            seed += 0x9E3779B97F4A7C15ULL;
            std::uint64_t mixed = seed;
            mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
            mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
            word = mixed ^ (mixed >> 31U);
        }
    }
    std::uint64_t next() {
        const std::uint64_t result = rotated(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotated(state_[3], 45);
        return result;
    }
    /// In [0, 1).
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

private:
    static std::uint64_t rotated(std::uint64_t word, unsigned by) { return (word << by) | (word >> (64U - by)); }
    std::uint64_t state_[4];
};

class Zipf {
public:
    /// `n` >= 1, `s` >= 0 (0: all alike).
    Zipf(std::uint64_t n, double s)
        : n_{n},
          s_{s},
          low_{area(1.5) - 1},
          high_{area(static_cast<double>(n) + 0.5)},
          near_{2 - area_inverse(area(2.5) - weight(2))} {}

    std::uint64_t draw(Random& random) const {
        if (n_ == 1) return 1;
        for (;;) {
            const double at = high_ + random.uniform() * (low_ - high_);
            const double x = area_inverse(at);
            const double rank = std::fmin(std::fmax(std::floor(x + 0.5), 1), static_cast<double>(n_));
            if (rank - x <= near_ || at >= area(rank + 0.5) - weight(rank)) return static_cast<std::uint64_t>(rank);
        }
    }

private:
    double weight(double x) const { return std::exp(-s_ * std::log(x)); }
    /// Integral of the weight: (x^(1-s) - 1) / (1 - s), and log x for s = 1.
    double area(double x) const {
        const double log = std::log(x);
        return grown((1 - s_) * log) * log;
    }
    double area_inverse(double at) const {
        const double t = std::fmax(at * (1 - s_), -1);
        return std::exp(shrunk(t) * at);
    }
    static double grown(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2 * (1 + x / 3); }
    static double shrunk(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x * (0.5 - x / 3); }

    std::uint64_t n_;
    double s_;
    double low_;
    double high_;
    double near_;
};

}  // namespace capacity::bench
