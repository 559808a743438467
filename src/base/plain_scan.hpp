/// Skips ordinary printable ASCII fast: 16 bytes a step where the machine has SSE2, 8 elsewhere.
///
/// Place: the inner loop of json_writer and text. Pure.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace base::detail {

/// Which bytes end a run besides everything below 0x20, 0x7F and everything from 0x80 up.
enum class Stops { json /* " and \ */, none };

template <Stops stops>
constexpr bool ends_run(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x20 || byte >= 0x7F || (stops == Stops::json && (byte == '"' || byte == '\\'));
}

#ifdef __SSE2__
template <Stops stops>
inline unsigned stops_in_16(const char* at) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i hit = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));  // signed: catches 0x80 and above too
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F)));
    if constexpr (stops == Stops::json) {
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    }
    return static_cast<unsigned>(_mm_movemask_epi8(hit));
}
#else
template <Stops stops>
inline bool stops_in_8(const char* at) {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t tops = 0x8080808080808080ULL;
    std::uint64_t block = 0;
    std::memcpy(&block, at, sizeof block);
    const auto has = [&](std::uint64_t value) { return ((value - ones) & ~value & tops) != 0; };
    const bool below_space = ((block - ones * 0x20) & ~block & tops) != 0;
    bool hit = (block & tops) != 0 || below_space || has(block ^ (ones * 0x7F));
    if constexpr (stops == Stops::json) {
        hit = hit || has(block ^ (ones * '"')) || has(block ^ (ones * '\\'));
    }
    return hit;
}
#endif

/// The first position from `at` on whose byte ends a run, or `text.size()`.
template <Stops stops>
inline std::size_t end_of_run(std::string_view text, std::size_t at) {
#ifdef __SSE2__
    while (at + 16 <= text.size()) {
        if (const unsigned mask = stops_in_16<stops>(text.data() + at); mask != 0) {
            return at + static_cast<std::size_t>(std::countr_zero(mask));
        }
        at += 16;
    }
#else
    while (at + 8 <= text.size() && !stops_in_8<stops>(text.data() + at)) {
        at += 8;
    }
#endif
    while (at < text.size() && !ends_run<stops>(text[at])) {
        ++at;
    }
    return at;
}

}  // namespace base::detail
