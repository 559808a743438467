#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/principal.hpp"

namespace {

using base::Secret;

TEST(Secret, tells_equal_from_different) {
    const Secret secret{"correct horse"};
    EXPECT_TRUE(secret.equals("correct horse"));
    EXPECT_FALSE(secret.equals("correct horsf"));
    EXPECT_FALSE(secret.equals("correct hors"));
    EXPECT_FALSE(secret.equals("correct horse correct horse"));
    EXPECT_FALSE(secret.equals("correct horsecorrect horse"));
    EXPECT_FALSE(secret.equals(""));
    EXPECT_TRUE(Secret{}.equals(""));
    EXPECT_FALSE(Secret{}.equals("x"));
}

TEST(Secret, leaves_nothing_behind_when_it_is_moved) {
    Secret first{"short"};
    const Secret second{std::move(first)};
    EXPECT_EQ(second.reveal(), "short");
    EXPECT_TRUE(first.empty());
    Secret third{std::string(100, 'x')};
    third = second;
    EXPECT_EQ(third.reveal(), "short");
    first = std::move(third);
    EXPECT_TRUE(third.empty());
    EXPECT_EQ(first.reveal(), "short");
}

TEST(Secret, cannot_be_printed) {
    EXPECT_FALSE(fmt::is_formattable<Secret>::value);
    EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
}

TEST(Principal, knows_its_roles) {
    const base::Principal principal{.id = "key:reporting", .roles = {"user", "admin"}};
    EXPECT_TRUE(principal.has_role("admin"));
    EXPECT_FALSE(principal.has_role("adm"));
}

}  // namespace
