// What a connection costs that nobody asks: a day of it, minute by minute.
#include <gtest/gtest.h>

#include <set>

#include "backend/snowflake/account_stand.hpp"

namespace account_test {
namespace {

int of(const std::map<std::string, int>& requests, const std::string& which) {
    const auto found = requests.find(which);
    return found == requests.end() ? 0 : found->second;
}

/// A day in steps of the health check's interval, each lived through to its end.
void live(AccountStand& stand, std::chrono::hours time, std::chrono::minutes step = 5min) {
    stand.pool().prepare(stand.worker(), std::make_shared<base::Principal>());
    ASSERT_TRUE(stand.until_quiet());
    for (base::Clock::duration lived{}; lived < time; lived += step) {
        stand.skip(step);
        ASSERT_TRUE(stand.until_quiet());
    }
}

TEST(IdleDay, runs_no_statement_but_one_of_context_for_each_login) {
    AccountStand stand{{.min_size = 3}};
    live(stand, 24h);
    const auto requests = stand.requests();
    const int logins = of(requests, "POST /session/v1/login-request");
    EXPECT_GE(logins, 9) << "three sessions, replaced every eight hours";
    EXPECT_LE(logins, 12);
    EXPECT_EQ(static_cast<int>(stand.statements().size()), logins);
    for (const Seen& statement : stand.statements()) EXPECT_EQ(statement.sql(), "USE SECONDARY ROLES NONE");
    EXPECT_GE(of(requests, "POST /session/heartbeat"), 3 * 24 * 6)
        << "each is asked every five minutes, or at the next look after them";
    EXPECT_GE(of(requests, "POST /session/token-request"), 3 * 20) << "a token lives an hour";
    const std::set<std::string> known = {"POST /session/v1/login-request", "POST /queries/v1/query-request",
                                         "POST /session/heartbeat", "POST /session/token-request", "POST /session"};
    for (const auto& [path, count] : requests) EXPECT_TRUE(known.contains(path)) << path << " " << count;
    const auto now = stand.pool().figures();
    EXPECT_EQ(now.active, 0);
    EXPECT_EQ(now.idle, 3);
    EXPECT_EQ(now.failures, 0u);
    EXPECT_EQ(now.failed_checks, 0u);
    EXPECT_LE(now.oldest, 8h + 10min);
    EXPECT_EQ(now.logins, static_cast<std::uint64_t>(logins));
}

TEST(IdleDay, without_a_minimum_nothing_is_sent_at_all) {
    AccountStand stand{{.min_size = 0}};
    live(stand, 24h, 60min);
    EXPECT_TRUE(stand.requests().empty());
}

TEST(IdleDay, a_session_that_was_used_once_is_closed_and_nothing_comes_after_it) {
    AccountStand stand{{.min_size = 0, .max_inactive = 30min}};
    {
        auto lent = stand.run<base::Result<backend::Borrowed>>(
            [&](async::Call& call) { return stand.pool().acquire(call, backend::Context{}); });
        ASSERT_TRUE(lent);
    }
    live(stand, 24h, 10min);
    EXPECT_EQ(of(stand.requests(), "POST /session"), 1) << "logged out";
    EXPECT_EQ(stand.statements().size(), 1u) << "the login's";
    EXPECT_EQ(stand.pool().figures().idle, 0);
}

}  // namespace
}  // namespace account_test
