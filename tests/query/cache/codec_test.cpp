#include "query/cache/codec.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using query::cache::decode;
using query::cache::encode;
using query::cache::Entry;
using query::cache::Key;

Key key(std::string_view text) {
    const backend::Context context;
    return query::cache::make_key({.text = text, .context = context});
}

Entry entry(std::string content, std::string structured = "{}") {
    Entry made;
    made.rendered.content = base::Payload::own(std::move(content));
    made.rendered.structured = base::Payload::own(std::move(structured));
    made.rendered.note = "a note";
    made.rendered.next = 7;
    made.rendered.facts = {
        .row_count = 3, .total_rows = 12, .truncated = true, .cursor = {}, .query_id = "01b2", .elapsed_ms = 1.25};
    made.stored = base::WallTime{1'234'567ms};
    return made;
}

class CacheCodec : public testing::Test {
protected:
    base::TokenSealer sealer_ = base::TokenSealer::with_random_key();
    const base::WallTime until_{2'000'000ms};
};

TEST_F(CacheCodec, gives_back_what_went_in) {
    for (const std::size_t size : {0UL, 1UL, 4'000UL, 100'000UL}) {
        const auto bytes = encode(entry(std::string(size, 'c'), std::string(size, 's')), until_, key("a"), sealer_);
        const auto back = decode(bytes, key("a"), sealer_);
        ASSERT_TRUE(back) << size;
        EXPECT_EQ(back->until, until_);
        EXPECT_EQ(back->entry.stored, base::WallTime{1'234'567ms});
        const auto& rendered = back->entry.rendered;
        EXPECT_EQ(rendered.content.to_string(), std::string(size, 'c'));
        EXPECT_EQ(rendered.structured.to_string(), std::string(size, 's'));
        EXPECT_EQ(rendered.note, "a note");
        EXPECT_EQ(rendered.next, 7U);
        EXPECT_EQ(rendered.facts.row_count, 3U);
        EXPECT_EQ(rendered.facts.total_rows, 12U);
        EXPECT_TRUE(rendered.facts.truncated);
        EXPECT_EQ(rendered.facts.query_id, "01b2");
        EXPECT_EQ(rendered.facts.elapsed_ms, 1.25);
    }
}

TEST_F(CacheCodec, a_total_that_is_not_known_stays_so) {
    auto made = entry("x");
    made.rendered.facts.total_rows.reset();
    EXPECT_EQ(decode(encode(made, until_, key("a"), sealer_), key("a"), sealer_)->entry.rendered.facts.total_rows,
              std::nullopt);
}

TEST_F(CacheCodec, large_entries_are_compressed) {
    const auto bytes = encode(entry(std::string(1'000'000, 'c')), until_, key("a"), sealer_);
    EXPECT_LT(bytes.size(), 10'000U);
}

TEST_F(CacheCodec, an_entry_fits_its_own_key_and_keys_only) {
    const auto bytes = encode(entry("secret"), until_, key("a"), sealer_);
    EXPECT_FALSE(decode(bytes, key("b"), sealer_)) << "moved to another key";
    EXPECT_FALSE(decode(bytes, key("a"), base::TokenSealer::with_random_key()));
    EXPECT_EQ(bytes.find("secret"), std::string::npos);
}

TEST_F(CacheCodec, whatever_was_changed_is_a_miss) {
    const auto bytes = encode(entry("hello"), until_, key("a"), sealer_);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x10);
        EXPECT_FALSE(decode(changed, key("a"), sealer_)) << i;
        EXPECT_FALSE(decode(bytes.substr(0, i), key("a"), sealer_)) << i;
    }
    EXPECT_FALSE(decode("", key("a"), sealer_));
    EXPECT_FALSE(decode(sealer_.seal_bytes("", key("a").whole), key("a"), sealer_));
    EXPECT_FALSE(decode(sealer_.seal_bytes("2p00000000", key("a").whole), key("a"), sealer_)) << "another version";
    std::string huge{"1z"};
    huge.append(8, '\x7f');
    EXPECT_FALSE(decode(sealer_.seal_bytes(huge, key("a").whole), key("a"), sealer_)) << "a size that is a lie";
}

}  // namespace
