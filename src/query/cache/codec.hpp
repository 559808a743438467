/// A kept answer as bytes, for stores outside the process: versioned, compressed above a size, sealed.
///
/// Sealed under STATE_KEYS with the entry's whole key as associated data: who can write to the store can neither make
/// an answer nor move one to another key, and who can read it learns nothing but sizes and times. Pure.
#pragma once

#include "query/namespace.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/sealed_token.hpp"
#include "query/cache/entry.hpp"
#include "query/cache/key.hpp"

namespace query::cache {

/// Entries above this size are compressed (zstd): below, it costs more than it saves.
inline constexpr std::size_t compress_from = std::size_t{4} * 1024;
/// Longer ones are not read: a store that lies must not make us allocate.
inline constexpr std::size_t largest_entry = std::size_t{512} << 20;

/// `until`: the end of its time; a reader asks no clock but its own.
std::string encode(const Entry& entry, base::WallTime until, const Key& key, const base::TokenSealer& sealer);

struct Decoded {
    Entry entry;
    base::WallTime until;
};
/// Nothing: changed, of another key, of another version, of other STATE_KEYS.
std::optional<Decoded> decode(std::string_view bytes, const Key& key, const base::TokenSealer& sealer);

}  // namespace query::cache
