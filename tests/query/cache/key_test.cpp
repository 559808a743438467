// No two requests that may be answered differently share a key.
#include "query/cache/key.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace {

using query::cache::Digest;
using query::cache::KeyParts;

struct Owned {
    std::string text = "SELECT 1";
    std::vector<backend::Binding> bindings;
    std::string connection = "main";
    std::string identity = "svc";
    backend::Context context{.role = "R", .secondary_roles = "NONE", .warehouse = "W", .database = "D", .schema = "S"};
    std::string parameters = "TIMEZONE=UTC\n";
    std::size_t limit = 100;
    std::size_t max_bytes = 1000;
    std::uint64_t offset = 0;
    query::Format format = query::Format::markdown;
    std::string shape;

    query::cache::Key key() const {
        return query::cache::make_key({.text = text,
                                       .bindings = bindings,
                                       .connection = connection,
                                       .identity = identity,
                                       .context = context,
                                       .parameters = parameters,
                                       .limit = limit,
                                       .max_bytes = max_bytes,
                                       .offset = offset,
                                       .format = format,
                                       .shape = shape});
    }
};

TEST(CacheKey, is_the_same_for_the_same) {
    EXPECT_EQ(Owned{}.key().digest, Owned{}.key().digest);
    EXPECT_EQ(Owned{}.key().whole, Owned{}.key().whole);
}

TEST(CacheKey, differs_with_each_thing_an_answer_depends_on) {
    const std::vector<std::function<void(Owned&)>> changes{
        [](Owned& o) { o.text = "SELECT 2"; },
        [](Owned& o) { o.bindings = {{"TEXT", "a"}}; },
        [](Owned& o) { o.bindings = {{"TEXT", std::nullopt}}; },
        [](Owned& o) { o.bindings = {{"TEXT", "-;"}}; },
        [](Owned& o) { o.bindings = {{"FIXED", "a"}}; },
        [](Owned& o) { o.bindings = {{"TEXT", "a"}, {"TEXT", "a"}}; },
        [](Owned& o) { o.connection = "other"; },
        [](Owned& o) { o.identity = "ann"; },
        [](Owned& o) { o.context.role = "Q"; },
        [](Owned& o) { o.context.secondary_roles = "ALL"; },
        [](Owned& o) { o.context.database = "E"; },
        [](Owned& o) { o.context.schema = "T"; },
        [](Owned& o) { o.parameters = "TIMEZONE=Europe/Paris\n"; },
        [](Owned& o) { o.limit = 101; },
        [](Owned& o) { o.max_bytes = 1001; },
        [](Owned& o) { o.offset = 1; },
        [](Owned& o) { o.format = query::Format::csv; },
        [](Owned& o) { o.shape = "name"; },
    };
    std::set<std::string> seen{Owned{}.key().whole};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        Owned changed;
        changes[i](changed);
        EXPECT_TRUE(seen.insert(changed.key().whole).second) << "change " << i;
        EXPECT_NE(changed.key().digest, Owned{}.key().digest) << "change " << i;
    }
}

TEST(CacheKey, parts_cannot_run_into_each_other) {
    Owned one;
    one.context.database = "D1:S";
    one.context.schema = "";
    Owned other;
    other.context.database = "D";
    other.context.schema = "1:S";
    EXPECT_NE(one.key().whole, other.key().whole);
}

TEST(CacheKey, a_warehouse_changes_no_answer) {
    Owned other;
    other.context.warehouse = "X";
    EXPECT_EQ(other.key().digest, Owned{}.key().digest);
}

}  // namespace
