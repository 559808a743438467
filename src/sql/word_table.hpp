/// A hash table of words built at compile time: words are found whatever their case, without allocation.
///
/// Place: the tables of keywords, commands and functions. Threads: constant data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sql {

constexpr char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr std::uint32_t hash_ignoring_case(std::string_view word) {
    std::uint32_t hash = 2166136261U;
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(ascii_upper(c))) * 16777619U;
    return hash ^ (hash >> 15U);
}

/// `word` equals `upper`, which is in capitals.
constexpr bool equals_upper(std::string_view word, std::string_view upper) {
    if (word.size() != upper.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (ascii_upper(word[i]) != upper[i]) return false;
    }
    return true;
}

/// Open addressing; `Buckets` is a power of two, well above the number of words.
template <class Value, std::size_t Words, std::size_t Buckets>
class WordTable {
public:
    struct Row {
        std::string_view word;  ///< in capitals
        Value value{};
    };

    constexpr void add(std::string_view word, Value value) {
        static_assert((Buckets & (Buckets - 1)) == 0 && Buckets > Words);
        std::size_t bucket = hash_ignoring_case(word) & (Buckets - 1);
        while (buckets_[bucket] != 0) {
            if (rows_[buckets_[bucket] - 1U].word == word) throw "the word is listed twice";  // stops the compiler
            bucket = (bucket + 1) & (Buckets - 1);
        }
        rows_[size_] = Row{word, value};
        buckets_[bucket] = static_cast<std::uint16_t>(++size_);
    }

    /// The word's row, whatever its case; null when it is not in the table.
    constexpr const Row* find(std::string_view word) const {
        std::size_t bucket = hash_ignoring_case(word) & (Buckets - 1);
        while (buckets_[bucket] != 0) {
            const Row& row = rows_[buckets_[bucket] - 1U];
            if (equals_upper(word, row.word)) return &row;
            bucket = (bucket + 1) & (Buckets - 1);
        }
        return nullptr;
    }

    constexpr std::size_t size() const { return size_; }
    constexpr const Row& row(std::size_t index) const { return rows_[index]; }

private:
    std::array<Row, Words> rows_{};
    std::array<std::uint16_t, Buckets> buckets_{};  // index of the row plus one; 0 is empty
    std::size_t size_ = 0;
};

}  // namespace sql
