#include "backend/snowflake/auth/private_key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "backend/snowflake/auth/key_maker.hpp"
#include "base/encoding.hpp"

namespace {

using auth_test::KeyPair;
using backend::snowflake::PrivateKey;
using base::Secret;

const KeyPair& rsa() {
    static const KeyPair pair = KeyPair::rsa();
    return pair;
}

std::string fingerprint_of(const KeyPair& pair) {
    const auto digest = base::sha256(pair.public_der());
    return "SHA256:" + base::base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string in_lines(const std::string& base64) {
    std::string lines;
    for (std::size_t at = 0; at < base64.size(); at += 64) {
        lines += base64.substr(at, 64) + "\n";
    }
    return lines;
}

std::string replaced(std::string text, char what, const std::string& with) {
    std::string out;
    for (const char c : text) {
        out += c == what ? with : std::string(1, c);
    }
    return out;
}

TEST(PrivateKey, reads_every_form_of_the_same_key) {
    const std::string pem = rsa().private_text("PEM");
    const std::string der = rsa().private_text("DER");
    const std::vector<std::pair<std::string, std::string>> forms = {
        {"PEM, PKCS#8", pem},
        {"PEM, PKCS#1", rsa().private_text("PEM", "type-specific")},
        {"PEM in one line with \\n", replaced(pem, '\n', "\\n")},
        {"PEM in one line with blanks", replaced(pem, '\n', " ")},
        {"PEM with CRLF", replaced(pem, '\n', "\r\n")},
        {"PEM with text before", "Key of the server\n\n" + pem},
        {"DER, PKCS#8", der},
        {"DER, PKCS#1", rsa().private_text("DER", "type-specific")},
        {"base64 of DER", base::base64(der)},
        {"base64 of DER in lines", in_lines(base::base64(der))},
        {"base64 of PEM", base::base64(pem)},
    };
    for (const auto& [what, text] : forms) {
        const auto key = PrivateKey::read(text, Secret{}, "SNOWFLAKE_PRIVATE_KEY");
        ASSERT_TRUE(key) << what << ": " << key.error().message();
        EXPECT_EQ(key->fingerprint(), fingerprint_of(rsa())) << what;
        EXPECT_EQ(key->algorithm(), "RS256") << what;
    }
}

TEST(PrivateKey, opens_an_encrypted_one_with_its_passphrase_only) {
    const Secret right{"open sesame"};
    const std::string der = rsa().private_text("DER", "EncryptedPrivateKeyInfo", right.reveal());
    for (const std::string& text :
         {rsa().private_text("PEM", "EncryptedPrivateKeyInfo", right.reveal()), der, base::base64(der)}) {
        const auto key = PrivateKey::read(text, right, "SNOWFLAKE_PRIVATE_KEY_PATH");
        ASSERT_TRUE(key) << key.error().message();
        EXPECT_EQ(key->fingerprint(), fingerprint_of(rsa()));

        const auto locked = PrivateKey::read(text, Secret{}, "SNOWFLAKE_PRIVATE_KEY_PATH");
        ASSERT_FALSE(locked);
        EXPECT_EQ(locked.error().argument(), "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE");
        EXPECT_NE(locked.error().message().find("set SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"), std::string::npos);

        const auto wrong = PrivateKey::read(text, Secret{"open barley"}, "SNOWFLAKE_PRIVATE_KEY_PATH");
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().argument(), "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE");
        EXPECT_NE(wrong.error().message().find("wrong passphrase"), std::string::npos);
        EXPECT_EQ(wrong.error().message().find("barley"), std::string::npos);
    }
}

TEST(PrivateKey, does_not_mind_a_passphrase_that_is_not_needed) {
    EXPECT_TRUE(PrivateKey::read(rsa().private_text("PEM"), Secret{"unused"}, "SNOWFLAKE_PRIVATE_KEY"));
}

TEST(PrivateKey, signs_with_rsa) {
    const auto key = PrivateKey::read(rsa().private_text("PEM"), Secret{}, "SNOWFLAKE_PRIVATE_KEY");
    ASSERT_TRUE(key);
    EXPECT_TRUE(rsa().verifies("some text", key->sign("some text"), "SHA256"));
    EXPECT_FALSE(rsa().verifies("other text", key->sign("some text"), "SHA256"));
}

TEST(PrivateKey, signs_with_ec_in_fixed_width) {
    struct Curve {
        const char* name;
        const char* algorithm;
        const char* digest;
        std::size_t width;
    };
    for (const Curve& curve : {Curve{"P-256", "ES256", "SHA256", 32}, Curve{"P-384", "ES384", "SHA384", 48},
                               Curve{"P-521", "ES512", "SHA512", 66}}) {
        const KeyPair pair = KeyPair::ec(curve.name);
        for (const char* const structure : {"PrivateKeyInfo", "type-specific"}) {
            const auto key = PrivateKey::read(pair.private_text("PEM", structure), Secret{}, "SNOWFLAKE_PRIVATE_KEY");
            ASSERT_TRUE(key) << curve.name << structure << key.error().message();
            EXPECT_EQ(key->algorithm(), curve.algorithm);
            EXPECT_EQ(key->fingerprint(), fingerprint_of(pair));
            for (int i = 0; i < 20; ++i) {  // r and s are shorter than the width now and then
                const std::string joined = key->sign("some text");
                ASSERT_EQ(joined.size(), 2 * curve.width);
                const auto* const bytes = reinterpret_cast<const unsigned char*>(joined.data());
                const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both{ECDSA_SIG_new(), ECDSA_SIG_free};
                ECDSA_SIG_set0(both.get(), BN_bin2bn(bytes, static_cast<int>(curve.width), nullptr),
                               BN_bin2bn(bytes + curve.width, static_cast<int>(curve.width), nullptr));
                unsigned char* der = nullptr;
                const int size = i2d_ECDSA_SIG(both.get(), &der);
                const std::string signature{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
                OPENSSL_free(der);
                EXPECT_TRUE(pair.verifies("some text", signature, curve.digest));
            }
        }
    }
}

TEST(PrivateKey, refuses_what_is_none_and_says_why) {
    const KeyPair weak = KeyPair::rsa(1024);
    const std::string pem = rsa().private_text("PEM");
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"", "empty"},
        {"  \n", "empty"},
        {"not a key", "no private key"},
        {"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ==", "no private key"},
        {pem.substr(0, pem.size() / 2), "no private key"},
        {rsa().public_pem(), "public key"},
        {KeyPair::ed25519().private_text("PEM"), "kind that Snowflake does not take"},
        {KeyPair::ec("secp256k1").private_text("PEM"), "kind that Snowflake does not take"},
        {weak.private_text("PEM"), "1024 bits"},
        {std::string(PrivateKey::max_bytes + 1, 'A'), "larger than 64 KiB"},
    };
    for (const auto& [text, why] : bad) {
        const auto key = PrivateKey::read(text, Secret{}, "SNOWFLAKE_PRIVATE_KEY_PATH");
        ASSERT_FALSE(key) << text.substr(0, 60);
        EXPECT_EQ(key.error().kind(), base::Kind::credentials);
        EXPECT_EQ(key.error().argument(), "SNOWFLAKE_PRIVATE_KEY_PATH");
        EXPECT_NE(key.error().message().find(why), std::string::npos) << key.error().message();
    }
}

}  // namespace
