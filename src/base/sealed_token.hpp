/// What must outlive a request or reach another process, in the client's own hands (DESIGN.md section 5b).
///
/// Authenticated encryption (AES-256-GCM, random 96-bit nonce, key derived per key string by HKDF-SHA256) of purpose,
/// principal, connection, role, expiry and payload, as URL-safe text: `[A-Za-z0-9_-]+`. The first key seals, all keys
/// open, so keys can be rolled. Any replica with the same keys can open. Threads: any (immutable after construction).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace base {

/// What is sealed. `purpose` and `principal` must be the same when it is opened.
struct SealedToken {
    std::string purpose;    ///< "mcp-session", "cursor", "request-state", …
    std::string principal;  ///< Principal::id
    std::string connection;
    std::string role;
    WallTime expires;
    std::string payload;  ///< any bytes, bounded by `max_payload`

    static constexpr std::size_t max_payload = 64 * 1024;
};

class TokenSealer {
public:
    /// `keys`: at least one, each at least 16 characters (STATE_KEYS). Fails with `Kind::credentials` naming
    /// STATE_KEYS.
    static Result<TokenSealer> with_keys(const std::vector<Secret>& keys);
    /// One random key: tokens are good for this process only (the caller warns).
    static TokenSealer with_random_key();

    TokenSealer(TokenSealer&&) noexcept;
    TokenSealer& operator=(TokenSealer&&) noexcept;
    ~TokenSealer();

    std::string seal(const SealedToken& token) const;
    /// Wrong purpose, principal, age, key or any changed bit: the same `Kind::not_found`, so nothing can be learnt.
    Result<SealedToken> open(std::string_view text, std::string_view purpose, std::string_view principal,
                             WallTime now) const;

    /// For what is kept where others can write (a cache in files or in Redis): any bytes, as bytes, of any length below
    /// 2 GiB. `associated` is authenticated with them and must be the same when they are opened.
    std::string seal_bytes(std::string_view bytes, std::string_view associated) const;
    /// Nothing: changed, of another key, or sealed with something else associated.
    std::optional<std::string> open_bytes(std::string_view sealed, std::string_view associated) const;

private:
    struct Keys;
    explicit TokenSealer(std::unique_ptr<Keys> keys);
    std::unique_ptr<Keys> keys_;
};

}  // namespace base
