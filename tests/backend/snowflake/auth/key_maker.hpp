/// Key pairs made at run time, in every form that people keep them in. No key stands in the repository.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace auth_test {

class KeyPair {
public:
    static KeyPair rsa(unsigned bits = 2048) { return KeyPair{EVP_RSA_gen(bits)}; }
    static KeyPair ec(const char* curve) { return KeyPair{EVP_EC_gen(curve)}; }
    static KeyPair ed25519() { return KeyPair{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}; }

    EVP_PKEY* get() const { return key_.get(); }

    /// `structure`: "PrivateKeyInfo" (PKCS#8) or "type-specific" (PKCS#1, SEC 1); `format`: "PEM" or "DER".
    std::string private_text(const char* format, const char* structure = "PrivateKeyInfo",
                             std::string_view passphrase = {}) const {
        return encoded(EVP_PKEY_KEYPAIR, format, structure, passphrase);
    }
    std::string public_der() const { return encoded(EVP_PKEY_PUBLIC_KEY, "DER", "SubjectPublicKeyInfo", {}); }
    std::string public_pem() const { return encoded(EVP_PKEY_PUBLIC_KEY, "PEM", "SubjectPublicKeyInfo", {}); }

    /// Does `signature` (DER for EC) fit `text`?
    bool verifies(std::string_view text, std::string_view signature, const char* digest) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
        return EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key_.get(), nullptr) == 1 &&
               EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                                signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                                text.size()) == 1;
    }

private:
    explicit KeyPair(EVP_PKEY* key) : key_{key, EVP_PKEY_free} {
        if (key == nullptr) throw std::runtime_error{"OpenSSL made no key"};
    }

    std::string encoded(int selection, const char* format, const char* structure, std::string_view passphrase) const {
        const std::unique_ptr<OSSL_ENCODER_CTX, decltype(&OSSL_ENCODER_CTX_free)> context{
            OSSL_ENCODER_CTX_new_for_pkey(key_.get(), selection, format, structure, nullptr), OSSL_ENCODER_CTX_free};
        if (!passphrase.empty()) {
            OSSL_ENCODER_CTX_set_cipher(context.get(), "AES-256-CBC", nullptr);
            OSSL_ENCODER_CTX_set_passphrase(context.get(), reinterpret_cast<const unsigned char*>(passphrase.data()),
                                            passphrase.size());
        }
        unsigned char* bytes = nullptr;
        std::size_t size = 0;
        if (OSSL_ENCODER_to_data(context.get(), &bytes, &size) != 1) throw std::runtime_error{"not encoded"};
        std::string text{reinterpret_cast<const char*>(bytes), size};
        OPENSSL_free(bytes);
        return text;
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace auth_test
