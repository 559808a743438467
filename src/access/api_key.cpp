#include "access/api_key.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"

namespace access_control {

namespace {

constexpr std::string_view prefix = "smcp_";
constexpr std::size_t id_size = 10;
constexpr std::size_t secret_size = 32;
// Without look-alikes (Crockford), in lower case: keys are read out and typed.
constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";

std::string random_digits(std::size_t count) {
    std::string text = base::random_bytes(count);
    for (char& c : text) {
        c = digits[static_cast<std::uint8_t>(c) & 0x1F];
    }
    return text;
}

bool all_digits(std::string_view text) { return text.find_first_not_of(digits) == std::string_view::npos; }

}  // namespace

bool is_key_name(std::string_view name) {
    const auto letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && name.size() <= 64 && letter_or_digit(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

NewKey make_key(std::string name, std::vector<std::string> roles, base::Principal::Limits limits, std::string created) {
    const base::Secret secret{random_digits(secret_size)};
    NewKey key{.record = {.id = random_digits(id_size),
                          .name = std::move(name),
                          .roles = std::move(roles),
                          .limits = limits,
                          .salt = base::random_bytes(16),
                          .created = std::move(created)}};
    key.record.digest = digest_of(key.record.salt, secret.reveal());
    key.text = base::Secret{fmt::format("{}{}_{}", prefix, key.record.id, secret.reveal())};
    return key;
}

std::optional<KeyParts> split_key(std::string_view text) {
    if (text.size() != prefix.size() + id_size + 1 + secret_size || !text.starts_with(prefix)) {
        return std::nullopt;
    }
    text.remove_prefix(prefix.size());
    const KeyParts parts{.id = text.substr(0, id_size), .secret = text.substr(id_size + 1)};
    if (text[id_size] != '_' || !all_digits(parts.id) || !all_digits(parts.secret)) {
        return std::nullopt;
    }
    return parts;
}

Digest digest_of(std::string_view salt, std::string_view secret) {
    std::string text;
    text.reserve(salt.size() + secret.size());
    text.append(salt).append(secret);
    const Digest digest = base::sha256(text);
    OPENSSL_cleanse(text.data(), text.size());
    return digest;
}

bool same(const Digest& a, const Digest& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace access_control
