/// API keys: `smcp_<id>_<secret>`, and what is kept of them.
///
/// The id finds the key and is no secret; the secret is 160 random bits. Kept is only SHA-256(salt, secret): a slow
/// hash would add nothing, since such a secret can't be guessed. Pure but for the randomness of `make_key`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/principal.hpp"
#include "base/secret.hpp"

namespace access_control {

using Digest = std::array<std::uint8_t, 32>;

/// Of a quota.
inline constexpr std::uint64_t most_a_day = 1'000'000'000'000'000;

/// One line of API_KEYS_FILE.
struct KeyRecord {
    std::string id;    ///< 10 characters
    std::string name;  ///< `is_key_name`; unique in a file
    std::vector<std::string> roles;
    base::Principal::Limits limits;
    std::string salt;     ///< 16 bytes
    Digest digest{};      ///< of salt and secret
    std::string created;  ///< "2026-11-24T08:00:00Z"
};

struct NewKey {
    KeyRecord record;
    base::Secret text;  ///< what its owner gets, once
};

/// Letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64.
bool is_key_name(std::string_view name);

NewKey make_key(std::string name, std::vector<std::string> roles, base::Principal::Limits limits, std::string created);

/// The two parts of a key's text; absent where it is not of our form.
struct KeyParts {
    std::string_view id;
    std::string_view secret;
};
std::optional<KeyParts> split_key(std::string_view text);

Digest digest_of(std::string_view salt, std::string_view secret);
/// In constant time.
bool same(const Digest& a, const Digest& b);

}  // namespace access_control
