#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

std::string view(const std::array<std::uint8_t, 32>& digest) { return {digest.begin(), digest.end()}; }

TEST(Base64, follows_the_vectors_of_rfc_4648) {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base::base64(bytes), text);
        EXPECT_EQ(base::from_base64(text).value(), bytes);
        const std::string unpadded = text.substr(0, text.find('='));
        EXPECT_EQ(base::base64url(bytes), unpadded);
        EXPECT_EQ(base::from_base64url(unpadded).value(), bytes);
    }
}

TEST(Base64, uses_the_url_alphabet_only_where_asked) {
    EXPECT_EQ(base::base64("\xfb\xff\xfe"), "+//+");
    EXPECT_EQ(base::base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_FALSE(base::from_base64url("+//+"));
    EXPECT_FALSE(base::from_base64("-__-"));
}

TEST(Base64, refuses_what_no_encoder_writes) {
    for (const char* const text : {"Z", "Zg", "Zg=", "Zg===", "====", "Zm9v=", "Zm9vY", "Zm 9", "Zh=="}) {
        EXPECT_FALSE(base::from_base64(text)) << text;
    }
    for (const char* const text : {"Z", "Zg==", "Zm9vY", "Zh", "Zm\n9"}) {
        EXPECT_FALSE(base::from_base64url(text)) << text;
    }
}

TEST(Base64, round_trips_random_bytes_of_any_length) {
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string bytes = base::random_bytes(size);
        ASSERT_EQ(bytes.size(), size);
        ASSERT_EQ(base::from_base64url(base::base64url(bytes)).value(), bytes);
        ASSERT_EQ(base::from_base64(base::base64(bytes)).value(), bytes);
    }
}

TEST(Sha256, follows_the_vectors_of_fips_180) {
    EXPECT_EQ(base::hex(view(base::sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(base::hex(view(base::sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(NewId, is_unique_and_sorts_by_time) {
    std::set<std::string> ids;
    for (int i = 0; i < 1000; ++i) {
        ids.insert(base::new_id());
    }
    EXPECT_EQ(ids.size(), 1000u);
    for (const auto& id : ids) {
        EXPECT_EQ(id.size(), 26u);
        EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos);
    }
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    std::int64_t time = 0;
    for (const char c : base::new_id().substr(0, 10)) {
        time = time * 32 + static_cast<std::int64_t>(std::string{"0123456789ABCDEFGHJKMNPQRSTVWXYZ"}.find(c));
    }
    EXPECT_NEAR(static_cast<double>(time), static_cast<double>(milliseconds), 60000);
}

}  // namespace
