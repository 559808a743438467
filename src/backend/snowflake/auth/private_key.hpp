/// A private key for key-pair login, in any of the forms people have it in, and the signature of a login's JWT.
///
/// Place: `Credentials` reads it, the key-pair method signs. Threads: immutable after it is made; any may sign.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

class PrivateKey {
public:
    static constexpr std::size_t max_bytes = 64 * 1024;

    /// PEM (PKCS#8 encrypted or not, PKCS#1, SEC 1), DER of the same, or base64 of that DER (line breaks allowed; PEM
    /// whose line breaks came as `\n` in one line of an `.env` file too). RSA of at least 2048 bits, or EC on P-256,
    /// P-384 and P-521. Opening an encrypted one may take a second: not on a worker. `name` says in errors which
    /// setting the key came from. Errors: `Kind::credentials`, stage config, about that setting or the passphrase's.
    static base::Result<PrivateKey> read(std::string_view text, const base::Secret& passphrase, std::string_view name);

    PrivateKey(PrivateKey&&) noexcept;
    PrivateKey& operator=(PrivateKey&&) noexcept;
    ~PrivateKey();

    /// "RS256", "ES256", "ES384", "ES512".
    std::string_view algorithm() const { return algorithm_; }
    /// "SHA256:" and the standard base64 of the SHA-256 over the public key's SubjectPublicKeyInfo: what
    /// DESCRIBE USER shows as RSA_PUBLIC_KEY_FP.
    const std::string& fingerprint() const { return fingerprint_; }
    /// JWS signature of `text` (RFC 7518: RSA PKCS#1 v1.5, or r and s side by side).
    std::string sign(std::string_view text) const;

private:
    struct Key;
    explicit PrivateKey(std::unique_ptr<Key> key);
    std::unique_ptr<Key> key_;
    std::string_view algorithm_;
    std::string fingerprint_;
};

}  // namespace backend::snowflake
