/// What an answer depends on, as one key: two requests share an entry exactly where their keys are equal (DESIGN.md
/// section 7, "Cache").
///
/// Place: cache and coalescing use the same one. Threads: values; `make_key` is pure.
#pragma once

#include "query/namespace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "backend/session.hpp"
#include "query/answer.hpp"

namespace query::cache {

/// SHA-256 of the whole key: nobody can make two keys with one digest, so stores compare nothing else.
struct Digest {
    std::array<std::uint8_t, 32> bytes{};

    friend bool operator==(const Digest&, const Digest&) = default;
    /// Its first bytes are as good as any hash.
    std::size_t hash() const {
        std::size_t value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
};
struct DigestHash {
    std::size_t operator()(const Digest& digest) const { return digest.hash(); }
};

/// Everything that an answer's bytes depend on.
struct KeyParts {
    std::string_view text;  ///< normalised by `sql::normalize`
    std::span<const backend::Binding> bindings;
    std::string_view connection;      ///< name of the configured account
    std::string_view identity;        ///< who the warehouse takes us for
    const backend::Context& context;  ///< role, secondary roles, warehouse (its size may change a plan, never an
                                      ///< answer: left out), database, schema
    std::string_view parameters;      ///< what else the backend's answers depend on
    std::size_t limit = 0;
    std::size_t max_bytes = 0;
    std::uint64_t offset = 0;
    Format format = Format::markdown;
    std::string_view shape;  ///< picked columns and conditions, any text; empty: none
};

struct Key {
    Digest digest;
    std::string whole;  ///< the key itself: associated data where entries are sealed
};

/// Changes when the bytes that the renderer makes of the same rows change, so that no old entry is shown.
inline constexpr std::string_view renderer_version = "1";

Key make_key(const KeyParts& parts);

}  // namespace query::cache
