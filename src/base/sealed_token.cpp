#include "base/sealed_token.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/encoding.hpp"

namespace base {

namespace {

// A token: version (1 byte), key hint (1), nonce (12), sealed fields, tag (16); all of it as base64url. Purpose and
// principal are not inside: they are authenticated with it, so a wrong one opens nothing.
constexpr char version = 1;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t head_size = 2 + nonce_size;
constexpr std::size_t expiry_size = 8;
constexpr std::size_t shortest_key = 16;
constexpr std::size_t longest_bytes = std::size_t{1} << 30;
constexpr std::size_t longest_token = (SealedToken::max_payload + 4096) * 4 / 3;

using KeyBytes = std::array<std::uint8_t, 32>;

KeyBytes hmac_sha256(std::string_view key, std::string_view text) {
    KeyBytes digest{};
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr) {
        throw std::runtime_error{"HMAC-SHA256 is not to be had"};
    }
    return digest;
}

std::string_view view_of(const KeyBytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// HKDF-SHA256 (RFC 5869) of one block: extract, then expand for `use`.
KeyBytes derive(std::string_view secret, std::string_view use) {
    KeyBytes extracted = hmac_sha256("snowflake-mcp sealed token", secret);
    const KeyBytes key = hmac_sha256(view_of(extracted), std::string{use}.append(1, '\x01'));
    OPENSSL_cleanse(extracted.data(), extracted.size());
    return key;
}

void append_sized(std::string& out, std::string_view text) {
    std::size_t left = text.size();
    while (left >= 0x80) {
        out.push_back(static_cast<char>(0x80 | (left & 0x7F)));
        left >>= 7;
    }
    out.push_back(static_cast<char>(left));
    out.append(text);
}

std::optional<std::string> take_sized(std::string_view& in) {
    std::size_t size = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
        if (in.empty()) {
            return std::nullopt;
        }
        const auto byte = static_cast<std::uint8_t>(in.front());
        in.remove_prefix(1);
        size |= static_cast<std::size_t>(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            if (size > in.size()) {
                return std::nullopt;
            }
            std::string text{in.substr(0, size)};
            in.remove_prefix(size);
            return text;
        }
    }
    return std::nullopt;
}

std::unexpected<Error> unknown() {
    return fail(Kind::not_found, "this token is not known: it has expired, or it was made for something else");
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct ContextFree {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct CipherFree {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFree>;

void demand(bool worked) {
    if (!worked) {
        throw std::runtime_error{"AES-256-GCM is not to be had"};
    }
}

}  // namespace

struct TokenSealer::Keys {
    struct Key {
        KeyBytes bytes{};
        char hint = 0;  // which key it may be; tells nothing about the key
    };

    Keys() : cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)} { demand(cipher != nullptr); }
    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;
    ~Keys() {
        for (Key& key : ring) {
            OPENSSL_cleanse(key.bytes.data(), key.bytes.size());
        }
    }

    void add(std::string_view secret) {
        ring.push_back({.bytes = derive(secret, "seal"), .hint = static_cast<char>(derive(secret, "hint")[0])});
    }

    /// Ciphertext and tag.
    std::string encrypt(const Key& key, std::string_view nonce, std::string_view bound, std::string_view plain) const {
        const Context context{EVP_CIPHER_CTX_new()};
        std::string out(plain.size() + tag_size, '\0');
        int size = 0;
        demand(context != nullptr);
        demand(EVP_EncryptInit_ex2(context.get(), cipher.get(), key.bytes.data(), bytes_of(nonce), nullptr) == 1);
        demand(EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(bound), static_cast<int>(bound.size())) == 1);
        demand(EVP_EncryptUpdate(context.get(), bytes_of(out), &size, bytes_of(plain),
                                 static_cast<int>(plain.size())) == 1);
        demand(EVP_EncryptFinal_ex(context.get(), bytes_of(out) + size, &size) == 1);
        demand(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, out.data() + plain.size()) == 1);
        return out;
    }

    /// `sealed` holds the tag at its end.
    std::optional<std::string> decrypt(const Key& key, std::string_view nonce, std::string_view bound,
                                       std::string_view sealed) const {
        const Context context{EVP_CIPHER_CTX_new()};
        const std::string_view body = sealed.substr(0, sealed.size() - tag_size);
        std::string tag{sealed.substr(body.size())};
        std::string plain(body.size(), '\0');
        int size = 0;
        demand(context != nullptr);
        demand(EVP_DecryptInit_ex2(context.get(), cipher.get(), key.bytes.data(), bytes_of(nonce), nullptr) == 1);
        demand(EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(bound), static_cast<int>(bound.size())) == 1);
        demand(EVP_DecryptUpdate(context.get(), bytes_of(plain), &size, bytes_of(body),
                                 static_cast<int>(body.size())) == 1);
        demand(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1);
        if (EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + size, &size) != 1) {
            return std::nullopt;
        }
        return plain;
    }

    std::unique_ptr<EVP_CIPHER, CipherFree> cipher;
    std::vector<Key> ring;  // the first seals
};

namespace {

/// What is authenticated beside the sealed bytes.
std::string bound_to(char hint, std::string_view purpose, std::string_view principal) {
    std::string bound{version, hint};
    append_sized(bound, purpose);
    append_sized(bound, principal);
    return bound;
}

}  // namespace

TokenSealer::TokenSealer(std::unique_ptr<Keys> keys) : keys_{std::move(keys)} {}
TokenSealer::TokenSealer(TokenSealer&&) noexcept = default;
TokenSealer& TokenSealer::operator=(TokenSealer&&) noexcept = default;
TokenSealer::~TokenSealer() = default;

Result<TokenSealer> TokenSealer::with_keys(const std::vector<Secret>& keys) {
    const auto refuse = [](std::string text) {
        return fail(Error{Kind::credentials, std::move(text)}.at(Stage::config).about("STATE_KEYS"));
    };
    if (keys.empty()) {
        return refuse("STATE_KEYS is empty: give at least one key, the same on every replica");
    }
    auto made = std::make_unique<Keys>();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].reveal().size() < shortest_key) {
            return refuse(fmt::format("key {} of STATE_KEYS is shorter than {} characters: take a random one", i + 1,
                                      shortest_key));
        }
        made->add(keys[i].reveal());
    }
    return TokenSealer{std::move(made)};
}

TokenSealer TokenSealer::with_random_key() {
    auto made = std::make_unique<Keys>();
    const Secret secret{random_bytes(32)};
    made->add(secret.reveal());
    return TokenSealer{std::move(made)};
}

std::string TokenSealer::seal(const SealedToken& token) const {
    if (token.payload.size() > SealedToken::max_payload) {
        throw std::length_error{"a sealed token's payload is too large"};
    }
    std::string plain;
    plain.reserve(token.payload.size() + token.connection.size() + token.role.size() + expiry_size + 8);
    const auto expiry = static_cast<std::uint64_t>(token.expires.time_since_epoch().count());
    for (std::size_t i = 0; i < expiry_size; ++i) {
        plain.push_back(static_cast<char>((expiry >> (56 - 8 * i)) & 0xFF));
    }
    append_sized(plain, token.connection);
    append_sized(plain, token.role);
    plain.append(token.payload);

    const Keys::Key& key = keys_->ring.front();
    const std::string nonce = random_bytes(nonce_size);
    std::string out{version, key.hint};
    out.append(nonce);
    out.append(keys_->encrypt(key, nonce, bound_to(key.hint, token.purpose, token.principal), plain));
    return base64url(out);
}

Result<SealedToken> TokenSealer::open(std::string_view text, std::string_view purpose, std::string_view principal,
                                      WallTime now) const {
    if (text.size() > longest_token) {
        return unknown();
    }
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() < head_size + expiry_size + tag_size || bytes->front() != version) {
        return unknown();
    }
    const std::string_view all = *bytes;
    const char hint = all[1];
    std::optional<std::string> plain;
    for (const Keys::Key& key : keys_->ring) {
        if (!plain && key.hint == hint) {
            plain = keys_->decrypt(key, all.substr(2, nonce_size), bound_to(hint, purpose, principal),
                                   all.substr(head_size));
        }
    }
    if (!plain) {
        return unknown();
    }
    std::string_view rest = *plain;
    std::uint64_t expiry = 0;
    for (std::size_t i = 0; i < expiry_size; ++i) {
        expiry = (expiry << 8) | static_cast<std::uint8_t>(rest[i]);
    }
    rest.remove_prefix(expiry_size);
    const WallTime expires{WallClock::duration{static_cast<std::int64_t>(expiry)}};
    auto connection = take_sized(rest);
    auto role = connection ? take_sized(rest) : std::nullopt;
    if (!role || expires <= now) {
        return unknown();
    }
    return SealedToken{.purpose = std::string{purpose},
                       .principal = std::string{principal},
                       .connection = std::move(*connection),
                       .role = std::move(*role),
                       .expires = expires,
                       .payload = std::string{rest}};
}

namespace {

constexpr std::string_view bytes_purpose = "bytes";

}  // namespace

std::string TokenSealer::seal_bytes(std::string_view bytes, std::string_view associated) const {
    if (bytes.size() > longest_bytes || associated.size() > longest_bytes) {
        throw std::length_error{"too many bytes to be sealed"};
    }
    const Keys::Key& key = keys_->ring.front();
    const std::string nonce = random_bytes(nonce_size);
    std::string out{version, key.hint};
    out.append(nonce);
    out.append(keys_->encrypt(key, nonce, bound_to(key.hint, bytes_purpose, associated), bytes));
    return out;
}

std::optional<std::string> TokenSealer::open_bytes(std::string_view sealed, std::string_view associated) const {
    if (sealed.size() < head_size + tag_size || sealed.size() > longest_bytes + head_size + tag_size ||
        sealed.front() != version) {
        return std::nullopt;
    }
    const char hint = sealed[1];
    for (const Keys::Key& key : keys_->ring) {
        if (key.hint != hint) continue;
        auto plain = keys_->decrypt(key, sealed.substr(2, nonce_size), bound_to(hint, bytes_purpose, associated),
                                    sealed.substr(head_size));
        if (plain) return plain;
    }
    return std::nullopt;
}

}  // namespace base
