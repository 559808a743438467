#include "base/sealed_token.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/encoding.hpp"

namespace {

using namespace std::chrono_literals;
using base::SealedToken;
using base::Secret;
using base::TokenSealer;

const base::WallTime now{std::chrono::seconds{1'790'000'000}};

SealedToken cursor() {
    return {.purpose = "cursor",
            .principal = "key:reporting",
            .connection = "main",
            .role = "ANALYST",
            .expires = now + 1h,
            .payload = std::string{"page\0two", 8}};
}

TokenSealer sealer(const std::vector<std::string>& keys) {
    std::vector<Secret> secrets;
    for (const auto& key : keys) {
        secrets.emplace_back(key);
    }
    return std::move(TokenSealer::with_keys(secrets).value());
}

const std::string old_key = "the old key of this deployment";
const std::string new_key = "the new key of this deployment";

TEST(SealedToken, opens_with_everything_that_was_sealed) {
    const auto keys = sealer({new_key});
    const auto opened = keys.open(keys.seal(cursor()), "cursor", "key:reporting", now);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->purpose, "cursor");
    EXPECT_EQ(opened->principal, "key:reporting");
    EXPECT_EQ(opened->connection, "main");
    EXPECT_EQ(opened->role, "ANALYST");
    EXPECT_EQ(opened->expires, now + 1h);
    EXPECT_EQ(opened->payload, (std::string{"page\0two", 8}));
}

TEST(SealedToken, opens_on_another_replica_with_the_same_key_only) {
    const std::string text = sealer({new_key}).seal(cursor());
    EXPECT_TRUE(sealer({new_key}).open(text, "cursor", "key:reporting", now));
    EXPECT_FALSE(sealer({old_key}).open(text, "cursor", "key:reporting", now));
    EXPECT_FALSE(TokenSealer::with_random_key().open(text, "cursor", "key:reporting", now));
}

TEST(SealedToken, lets_keys_be_rolled) {
    const std::string before = sealer({old_key}).seal(cursor());
    const auto rolled = sealer({new_key, old_key});
    EXPECT_TRUE(rolled.open(before, "cursor", "key:reporting", now));
    const std::string after = rolled.seal(cursor());
    EXPECT_TRUE(sealer({new_key}).open(after, "cursor", "key:reporting", now)) << "the first key seals";
    EXPECT_FALSE(sealer({old_key}).open(after, "cursor", "key:reporting", now));
}

TEST(SealedToken, gives_the_same_answer_whatever_is_wrong) {
    const auto keys = sealer({new_key});
    const std::string text = keys.seal(cursor());
    const auto unknown = keys.open("nonsense", "cursor", "key:reporting", now).error();
    EXPECT_EQ(unknown.kind(), base::Kind::not_found);
    const base::Result<SealedToken> wrong[] = {
        keys.open(text, "mcp-session", "key:reporting", now),
        keys.open(text, "cursor", "key:other", now),
        keys.open(text, "cursor", "key:reporting", now + 1h),
        keys.open(text + "A", "cursor", "key:reporting", now),
        keys.open(text.substr(0, text.size() - 4), "cursor", "key:reporting", now),
        keys.open("", "cursor", "key:reporting", now),
        keys.open(std::string(1'000'000, 'A'), "cursor", "key:reporting", now),
        keys.open(base::base64url(std::string(200, '\x01')), "cursor", "key:reporting", now),
        sealer({old_key}).open(text, "cursor", "key:reporting", now),
        keys.open(text, "curso", "rkey:reporting", now),
    };
    for (const auto& answer : wrong) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().message(), unknown.message());
        EXPECT_EQ(answer.error().kind(), unknown.kind());
        EXPECT_EQ(answer.error().stage(), unknown.stage());
    }
    EXPECT_TRUE(keys.open(text, "cursor", "key:reporting", now + 1h - 1ns));
}

TEST(SealedToken, does_not_open_with_any_bit_changed) {
    const auto keys = sealer({new_key});
    const std::string text = keys.seal(cursor());
    std::string bytes = base::from_base64url(text).value();
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        std::string changed = bytes;
        changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
        ASSERT_FALSE(keys.open(base::base64url(changed), "cursor", "key:reporting", now)) << "bit " << i;
    }
}

TEST(SealedToken, is_short_url_safe_and_never_the_same_twice) {
    const auto keys = sealer({new_key});
    const SealedToken session{.purpose = "mcp-session", .principal = "anonymous", .expires = now + 1h, .payload = "x"};
    const std::string text = keys.seal(session);
    EXPECT_LE(text.size(), 60u);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_NE(keys.seal(session), text);
    EXPECT_EQ(keys.seal(cursor()).find("ANALYST"), std::string::npos);
}

TEST(SealedToken, carries_the_largest_payload_and_refuses_to_seal_a_larger_one) {
    const auto keys = sealer({new_key});
    SealedToken token = cursor();
    token.payload = base::random_bytes(SealedToken::max_payload);
    token.role = std::string(300, 'R');
    const auto opened = keys.open(keys.seal(token), "cursor", "key:reporting", now);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->payload, token.payload);
    EXPECT_EQ(opened->role, token.role);
    token.payload.push_back('x');
    EXPECT_THROW(keys.seal(token), std::length_error);
}

TEST(SealedToken, wants_keys_that_cannot_be_guessed) {
    for (const auto& keys : std::vector<std::vector<Secret>>{{}, {Secret{"short"}}, {Secret{new_key}, Secret{""}}}) {
        const auto made = TokenSealer::with_keys(keys);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().kind(), base::Kind::credentials);
        EXPECT_NE(made.error().message().find("STATE_KEYS"), std::string::npos);
        EXPECT_EQ(made.error().message().find("short "), std::string::npos) << "a key is never shown";
    }
    EXPECT_TRUE(TokenSealer::with_keys({Secret{std::string(16, 'k')}}));
}

TEST(SealedBytes, open_with_the_same_key_and_associated_data_only) {
    const auto sealer = base::TokenSealer::with_random_key();
    const auto other = base::TokenSealer::with_random_key();
    const std::string bytes(100'000, '\0');
    const auto sealed = sealer.seal_bytes(bytes, "key one");
    EXPECT_EQ(sealer.open_bytes(sealed, "key one"), bytes);
    EXPECT_EQ(sealer.open_bytes(sealed, "key two"), std::nullopt);
    EXPECT_EQ(other.open_bytes(sealed, "key one"), std::nullopt);
    EXPECT_NE(sealer.seal_bytes(bytes, "key one"), sealed) << "no two seals are alike";
    EXPECT_EQ(sealer.open_bytes(sealer.seal_bytes("", ""), ""), "");
}

TEST(SealedBytes, show_each_change) {
    const auto sealer = base::TokenSealer::with_random_key();
    const auto sealed = sealer.seal_bytes("hello", "k");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(sealer.open_bytes(changed, "k"), std::nullopt) << i;
        EXPECT_EQ(sealer.open_bytes(sealed.substr(0, i), "k"), std::nullopt) << i;
    }
}

TEST(SealedBytes, are_no_tokens) {
    const auto sealer = base::TokenSealer::with_random_key();
    const auto token = sealer.seal({.purpose = "cursor", .principal = "p", .expires = base::WallTime::max()});
    EXPECT_EQ(sealer.open_bytes(base::from_base64url(token).value(), "p"), std::nullopt);
}

}  // namespace
