#include "query/batching/arrival.hpp"

#include <gtest/gtest.h>

namespace {

using backend::ReadInOne;
using State = ReadInOne::State;

ReadInOne ran() {
    ReadInOne one;
    one.state = State::ran;
    one.open = [](async::Call&,
                  std::optional<std::uint64_t>) -> async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> {
        co_return base::fail(base::Kind::internal, "not in this test");
    };
    return one;
}
ReadInOne with(State state) {
    ReadInOne one;
    one.state = state;
    if (state == State::failed) one.error = base::Error{base::Kind::sql, "its own"};
    return one;
}

bool runs_alone(const query::Arrival& one) { return !one.read && !one.error; }

TEST(Arrivals, each_gets_its_rows_its_error_or_another_run) {
    const auto all =
        query::arrivals(std::vector{ran(), with(State::failed), with(State::never_ran), with(State::unknown)}, 4);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(all[0].read && !all[0].error);
    ASSERT_TRUE(all[1].error && !all[1].read);
    EXPECT_EQ(all[1].error->message(), "its own");
    EXPECT_TRUE(runs_alone(all[2]));
    EXPECT_TRUE(runs_alone(all[3]));
}

TEST(Arrivals, a_refusal_that_names_nobody_lets_each_run_alone) {
    for (const auto kind : {base::Kind::sql, base::Kind::unavailable, base::Kind::timeout, base::Kind::internal}) {
        const auto all = query::arrivals(base::fail(kind, "no"), 3);
        ASSERT_EQ(all.size(), 3U);
        for (const auto& one : all) EXPECT_TRUE(runs_alone(one)) << base::to_string(kind);
    }
}

TEST(Arrivals, what_would_hinder_each_of_them_alone_is_told_to_all) {
    for (const auto kind : {base::Kind::overloaded, base::Kind::credentials, base::Kind::cancelled}) {
        const auto all = query::arrivals(base::fail(kind, "no"), 2);
        for (const auto& one : all) EXPECT_TRUE(one.error && one.error->kind() == kind) << base::to_string(kind);
    }
}

TEST(Arrivals, fewer_answers_than_statements_are_no_answers_to_the_rest) {
    auto all = query::arrivals(std::vector{ran()}, 3);
    EXPECT_TRUE(all[0].read);
    EXPECT_TRUE(runs_alone(all[1]));
    EXPECT_TRUE(runs_alone(all[2]));
    EXPECT_EQ(query::arrivals(std::vector{ran(), ran()}, 1).size(), 1U);
}

TEST(Arrivals, rows_that_cannot_be_opened_are_none) {
    EXPECT_TRUE(runs_alone(query::arrivals(std::vector{with(State::ran)}, 1)[0]));
}

}  // namespace
