#include "backend/snowflake/auth/private_key.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Decoder = std::unique_ptr<OSSL_DECODER_CTX, Freer<OSSL_DECODER_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

constexpr std::string_view passphrase_setting = "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE";

std::unexpected<base::Error> refuse(std::string_view setting, std::string why) {
    ERR_clear_error();
    return base::fail(
        base::Error{base::Kind::credentials, std::move(why)}.at(base::Stage::config).about(std::string{setting}));
}

/// What OpenSSL is told when it asks for the passphrase, and whether it asked.
struct Passphrase {
    std::string_view text;
    bool asked = false;

    static int give(char* out, int size, int /*encrypting*/, void* self) {
        auto& passphrase = *static_cast<Passphrase*>(self);
        passphrase.asked = true;
        if (passphrase.text.empty() || passphrase.text.size() > static_cast<std::size_t>(size)) {
            return -1;
        }
        std::memcpy(out, passphrase.text.data(), passphrase.text.size());
        return static_cast<int>(passphrase.text.size());
    }
};

bool is_pem(std::string_view text) { return text.find("-----BEGIN ") != std::string_view::npos; }

/// An `.env` line holds the PEM's line breaks as the two characters `\n`; some tools make blanks of them.
base::Secret with_line_breaks(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 64);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 'r')) {
            out.push_back('\n');
            ++i;
        } else {
            out.push_back(text[i]);
        }
    }
    const auto header_end = out.find("-----", out.find("-----BEGIN ") + 11);
    const auto footer = out.find("-----END ");
    if (header_end != std::string::npos && footer != std::string::npos && header_end + 5 < footer &&
        std::string_view{out}.substr(0, footer).find('\n') == std::string_view::npos) {
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(header_end) + 5,
                     out.begin() + static_cast<std::ptrdiff_t>(footer), ' ', '\n');
        for (const auto at : {footer, header_end + 5}) {  // the later one first: it does not move the other
            if (out[at] != '\n' && out[at - 1] != '\n') {
                out.insert(at, 1, '\n');
            }
        }
    }
    base::Secret fixed{std::move(out)};
    return fixed;
}

/// Base64 in one line or many; absent where it is none.
std::optional<base::Secret> from_base64(std::string_view text) {
    std::string compact;
    compact.reserve(text.size());
    for (const char c : text) {
        if (c != '\n' && c != '\r' && c != ' ' && c != '\t') {
            compact.push_back(c);
        }
    }
    auto bytes = base::from_base64(compact);
    OPENSSL_cleanse(compact.data(), compact.size());
    if (!bytes) {
        return std::nullopt;
    }
    return base::Secret{std::move(*bytes)};
}

Pkey decode(std::string_view bytes, const char* format, Passphrase& passphrase) {
    ERR_clear_error();
    EVP_PKEY* made = nullptr;
    const Decoder decoder{
        OSSL_DECODER_CTX_new_for_pkey(&made, format, nullptr, nullptr, EVP_PKEY_KEYPAIR, nullptr, nullptr)};
    if (decoder == nullptr) {
        return {};
    }
    OSSL_DECODER_CTX_set_pem_password_cb(decoder.get(), &Passphrase::give, &passphrase);
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    if (OSSL_DECODER_from_data(decoder.get(), &at, &left) != 1) {
        EVP_PKEY_free(made);
        return {};
    }
    return Pkey{made};
}

/// The JWS name of what the key can do, or empty.
std::string_view algorithm_of(const EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return "RS256";
    }
    if (EVP_PKEY_is_a(key, "EC") != 1) {
        return {};
    }
    std::array<char, 64> group{};
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), nullptr) != 1) {
        return {};
    }
    const std::string_view name{group.data()};
    return name == "prime256v1" ? "ES256" : name == "secp384r1" ? "ES384" : name == "secp521r1" ? "ES512" : "";
}

std::string fingerprint_of(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) {
        throw std::runtime_error{"the public key cannot be written down"};
    }
    const auto digest = base::sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return "SHA256:" + base::base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Fixed-width r and s (RFC 7518, section 3.4) out of OpenSSL's DER.
std::string joined_signature(const std::string& der, std::size_t width) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const EcdsaSignature pair{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    if (pair == nullptr) {
        throw std::runtime_error{"OpenSSL's ECDSA signature is not DER"};
    }
    std::string joined(2 * width, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(joined.data());
    const auto bytes = static_cast<int>(width);
    if (BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, bytes) != bytes ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + width, bytes) != bytes) {
        throw std::runtime_error{"an ECDSA signature is wider than its curve"};
    }
    return joined;
}

}  // namespace

struct PrivateKey::Key {
    Pkey pkey;
};

PrivateKey::PrivateKey(std::unique_ptr<Key> key)
    : key_{std::move(key)},
      algorithm_{algorithm_of(key_->pkey.get())},
      fingerprint_{fingerprint_of(key_->pkey.get())} {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

base::Result<PrivateKey> PrivateKey::read(std::string_view text, const base::Secret& passphrase,
                                          std::string_view name) {
    if (base::trim(text).empty()) {
        return refuse(name, fmt::format("{} holds no key: it is empty", name));
    }
    if (text.size() > max_bytes) {
        return refuse(name, fmt::format("{} holds no key: it is larger than 64 KiB", name));
    }
    Passphrase asked{.text = passphrase.reveal()};
    Pkey pkey;
    if (is_pem(text)) {
        if (text.find("PUBLIC KEY-----") != std::string_view::npos &&
            text.find("PRIVATE KEY-----") == std::string_view::npos) {
            return refuse(name, fmt::format("{} holds a public key; the private one is needed here", name));
        }
        pkey = decode(with_line_breaks(text).reveal(), "PEM", asked);
    } else if (const auto der = from_base64(text);
               der && (pkey = decode(der->reveal(), "DER", asked)) == nullptr && is_pem(der->reveal())) {
        pkey = decode(der->reveal(), "PEM", asked);
    } else if (!der) {
        pkey = decode(text, "DER", asked);
    }
    if (pkey == nullptr && asked.asked) {
        return passphrase.empty()
                   ? refuse(passphrase_setting,
                            fmt::format("{} holds an encrypted private key: set {}", name, passphrase_setting))
                   : refuse(passphrase_setting, fmt::format("{} does not open the private key of {}: it is the wrong "
                                                            "passphrase, or the key is damaged",
                                                            passphrase_setting, name));
    }
    if (pkey == nullptr) {
        return refuse(name,
                      fmt::format("{} holds no private key that can be read: PEM, DER or base64 of DER is expected "
                                  "(PKCS#8, such as `openssl genpkey` writes)",
                                  name));
    }
    const std::string_view algorithm = algorithm_of(pkey.get());
    if (algorithm.empty()) {
        return refuse(name, fmt::format("{} holds a key of a kind that Snowflake does not take: RSA, or EC on P-256, "
                                        "P-384 or P-521, is expected",
                                        name));
    }
    if (algorithm == "RS256" && EVP_PKEY_get_bits(pkey.get()) < 2048) {
        return refuse(name, fmt::format("{} holds an RSA key of {} bits: Snowflake takes 2048 and more", name,
                                        EVP_PKEY_get_bits(pkey.get())));
    }
    ERR_clear_error();
    return PrivateKey{std::make_unique<Key>(std::move(pkey))};
}

std::string PrivateKey::sign(std::string_view text) const {
    const char* const digest = algorithm_ == "ES384" ? "SHA384" : algorithm_ == "ES512" ? "SHA512" : "SHA256";
    const MdContext context{EVP_MD_CTX_new()};
    std::size_t size = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (context == nullptr ||
        EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key_->pkey.get(), nullptr) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
        throw std::runtime_error{"the private key does not sign"};
    }
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) !=
        1) {
        throw std::runtime_error{"the private key does not sign"};
    }
    signature.resize(size);
    if (algorithm_ == "RS256") {
        return signature;
    }
    return joined_signature(signature, (static_cast<std::size_t>(EVP_PKEY_get_bits(key_->pkey.get())) + 7) / 8);
}

}  // namespace backend::snowflake
