// The same statement again is run by the plan that was kept, and answers as if it had been planned anew.
#include "backend/duckdb/plan_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backend/duckdb/embedded.hpp"
#include "backend/duckdb/engine.hpp"
#include "backend/duckdb/statement_run.hpp"

namespace backend::duckdb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class KeptPlans : public ::testing::Test {
protected:
    /// Rows that came, -1 after an error.
    std::int64_t run(Translation translation, std::optional<std::uint64_t> limit = {}) {
        StatementRun run{connection_, std::move(translation), limit, sample_backend().engine().zone()};
        std::int64_t rows = 0;
        while (!run.ended()) {
            run.step();
            while (const auto batch = run.take()) rows += static_cast<std::int64_t>(batch->rows());
        }
        run.close();
        return run.error() ? -1 : rows;
    }
    std::int64_t run(std::string sql, std::optional<std::uint64_t> limit = {}) {
        return run(Translation{.sql = std::move(sql), .repeatable = true}, limit);
    }
    std::size_t kept() const {
        const base::MutexLock lock{connection_->mutex};
        return connection_->plans.size();
    }

    std::shared_ptr<SharedConnection> connection_ = *sample_backend().engine().connect();
};

TEST_F(KeptPlans, are_one_for_each_text) {
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(run("SELECT 42"), 1);
        EXPECT_EQ(run("SELECT * FROM range(3)"), 3);
    }
    EXPECT_EQ(kept(), 2);
}

TEST_F(KeptPlans, make_room_for_later_ones) {
    const base::MutexLock lock{connection_->mutex};
    PlanCache& plans = connection_->plans;
    const Api& api = connection_->connection->api();
    const auto text = [](std::size_t i) { return "SELECT " + std::to_string(i); };
    for (std::size_t i = 0; i <= PlanCache::most_plans; ++i) {
        Prepared plan{api};
        ASSERT_EQ(api.duckdb_prepare(connection_->connection->handle(), text(i).c_str(), plan.out()), DuckDBSuccess);
        plans.give_back(text(i), std::move(plan));
        if (i > 0) plans.give_back(text(0), plans.take(text(0)));
    }
    EXPECT_EQ(plans.size(), PlanCache::most_plans);
    EXPECT_TRUE(plans.take(text(0))) << "used again and again";
    EXPECT_FALSE(plans.take(text(1))) << "used longest ago";
    EXPECT_TRUE(plans.take(text(2)));
    EXPECT_FALSE(plans.take(text(2))) << "whoever took it has it";
}

TEST_F(KeptPlans, are_small) {
    EXPECT_EQ(run("SELECT '" + std::string(PlanCache::longest_text, 'x') + "'"), 1);
    EXPECT_EQ(kept(), 0) << "a long text";
    EXPECT_EQ(run("SELECT REPEAT('0123456789', 10000000)"), 1);
    EXPECT_EQ(kept(), 0) << "a constant of 100 MB, made while planning";
}

TEST_F(KeptPlans, are_of_statements_that_came_to_their_end) {
    EXPECT_EQ(run("SELECT error('no') FROM range(3)"), -1);
    EXPECT_EQ(run("SELECT CAST(x AS INTEGER) FROM (VALUES ('1'), ('two')) AS t(x)"), -1);
    EXPECT_EQ(run("SELECT * FROM range(1000000)", 10), 10) << "left early";
    EXPECT_EQ(run("INSERT INTO t VALUES (1)"), -1);
    EXPECT_EQ(kept(), 0);
    EXPECT_EQ(run("SELECT * FROM range(1000000)"), 1'000'000);
    EXPECT_EQ(run("SELECT * FROM range(1000000)", 10), 10);
    EXPECT_EQ(run("SELECT * FROM range(1000000)"), 1'000'000);
}

TEST_F(KeptPlans, are_of_statements_that_may_be_repeated) {
    EXPECT_EQ(run(Translation{.sql = "SELECT 42"}), 1);
    EXPECT_EQ(kept(), 0);
}

/// Runs `sql` as a reader that would rather not hop to another thread; whether it did not have to.
class QuickPlans : public KeptPlans {
protected:
    struct Outcome {
        bool here = false;
        std::int64_t rows = 0;
        bool failed = false;
    };
    Outcome ask(const std::string& sql) {
        StatementRun run{
            connection_, Translation{.sql = sql, .repeatable = true}, {}, sample_backend().engine().zone()};
        Outcome outcome{.here = run.step_if_quick()};
        for (;;) {
            while (const auto batch = run.take()) outcome.rows += static_cast<std::int64_t>(batch->rows());
            if (run.ended()) break;
            run.step();
        }
        outcome.failed = run.error().has_value();
        return outcome;
    }
};

TEST_F(QuickPlans, run_where_they_are_asked_for_once_they_are_known) {
    EXPECT_FALSE(ask("SELECT 42").here) << "has to be planned";
    int here = 0;
    for (int i = 0; i < 200; ++i) {
        const Outcome outcome = ask("SELECT 42");
        EXPECT_EQ(outcome.rows, 1);
        here += outcome.here ? 1 : 0;
    }
    EXPECT_GT(here, 0);
}

TEST_F(QuickPlans, are_not_those_that_take_a_while) {
    for (int i = 0; i < 5; ++i) {
        const Outcome outcome = ask("SELECT * FROM range(1000000)");
        EXPECT_FALSE(outcome.here);
        EXPECT_EQ(outcome.rows, 1'000'000);
    }
}

TEST_F(QuickPlans, that_were_quick_and_are_not_go_on_elsewhere) {
    const std::string slow = "SELECT SUM(a.range * b.range) FROM range(3000) AS a, range(3000) AS b";
    bool kept = false;
    for (int tries = 0; tries < 50 && !kept; ++tries) {  // a plan that took long is not kept, on a busy machine any
        EXPECT_EQ(ask(slow).rows, 1);
        const base::MutexLock lock{connection_->mutex};
        Prepared plan = connection_->plans.take(slow);
        kept = static_cast<bool>(plan);
        connection_->plans.give_back(slow, std::move(plan), PlanCache::Pace::quick);
    }
    ASSERT_TRUE(kept);
    const Outcome outcome = ask(slow);
    EXPECT_FALSE(outcome.here) << "left in time";
    EXPECT_EQ(outcome.rows, 1);
    EXPECT_FALSE(outcome.failed);
    EXPECT_FALSE(ask(slow).here) << "known as slow again";
}

TEST_F(QuickPlans, wait_for_nobody_who_has_the_connection) {
    bool here = false;
    for (int tries = 0; tries < 1'000 && !here; ++tries) here = ask("SELECT 42").here;
    ASSERT_TRUE(here);
    std::thread other;
    {
        const base::MutexLock lock{connection_->mutex};
        other = std::thread{[this] {
            StatementRun run{
                connection_, Translation{.sql = "SELECT 42", .repeatable = true}, {}, sample_backend().engine().zone()};
            EXPECT_FALSE(run.step_if_quick());
        }};
        other.join();
    }
    EXPECT_EQ(ask("SELECT 42").rows, 1);
}

class AskedAgain : public ::testing::Test {
protected:
    static DuckdbBackend& backend() {
        static DuckdbBackend* const backend = [] {
            auto opened = DuckdbBackend::open({}, blocking_pool());
            if (!opened) throw std::runtime_error{opened.error().message()};
            return opened->release();
        }();
        return *backend;
    }

    using Rows = std::vector<std::vector<std::string>>;
    Rows ask(const std::string& text, Context context = {}) {
        const Answer answer = client_.ask(text, std::move(context));
        if (answer.error) ADD_FAILURE() << text << ": " << answer.error->message();
        return answer.rows;
    }

    Client client_{backend()};
};

TEST_F(AskedAgain, what_depends_on_time_or_chance_is_new) {
    for (const char* text :
         {"SELECT CURRENT_TIMESTAMP", "SELECT LOCALTIMESTAMP()", "SELECT CURRENT_TIME", "SELECT SYSDATE()",
          "SELECT DATEDIFF('nanosecond', '2020-01-01'::TIMESTAMP, CURRENT_TIMESTAMP::TIMESTAMP_NTZ)", "SELECT RANDOM()",
          "SELECT UUID_STRING()", "SELECT UNIFORM(1, 1000000000, RANDOM())",
          "SELECT DELAY, DATE FROM TRANSPORT.FLIGHTS_3M SAMPLE (50 ROWS)",
          "SELECT SUM(DISTANCE) FROM TRANSPORT.FLIGHTS_3M SAMPLE BERNOULLI (1)",
          "SELECT SUM(DISTANCE) FROM TRANSPORT.FLIGHTS_3M TABLESAMPLE SYSTEM (10)",
          "WITH s AS (SELECT DELAY FROM TRANSPORT.FLIGHTS_3M SAMPLE ROW (1)) SELECT SUM(DELAY), COUNT(*) FROM s"}) {
        const Rows first = ask(text);
        EXPECT_NE(ask(text), first) << text;
        EXPECT_NE(ask(text), first) << text;
    }
}

TEST_F(AskedAgain, the_context_of_this_time_counts) {
    for (int round = 0; round < 2; ++round) {
        EXPECT_THAT(ask("SELECT CURRENT_SCHEMA()", {.schema = "TRANSPORT"}), ElementsAre(ElementsAre("TRANSPORT")));
        EXPECT_THAT(ask("SELECT CURRENT_SCHEMA()"), ElementsAre(ElementsAre("PUBLIC")));
        EXPECT_THAT(ask("SELECT COUNT(*) FROM cars", {.schema = "TRANSPORT"}), ElementsAre(ElementsAre("406")));
        EXPECT_TRUE(client_.ask("SELECT COUNT(*) FROM cars").error);
    }
}

TEST_F(AskedAgain, bindings_of_this_time_count) {
    for (const char* value : {"1", "2", "1"}) {
        const Answer answer = client_.ask(Statement{.text = "SELECT ? + 1", .bindings = {{"FIXED", value}}});
        ASSERT_FALSE(answer.error) << answer.error->message();
        EXPECT_EQ(answer.rows.front().front(), std::to_string(std::stoi(value) + 1));
    }
}

TEST_F(AskedAgain, a_limit_of_this_time_counts) {
    const std::string text = "SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 100000)) ORDER BY n";
    for (const std::uint64_t limit : {10, 100'000, 10, 100'000})
        EXPECT_THAT(client_.ask(text, {}, limit).rows, SizeIs(limit));
}

TEST(AskedAgainOfAFile, views_that_read_the_clock_are_new) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "clock.duckdb").string();
    make_database(file, {"CREATE VIEW clock AS SELECT localtimestamp AS at, 1 AS one",
                         "CREATE VIEW few AS SELECT * FROM range(100000) AS r(n) USING SAMPLE 20 ROWS"});
    auto backend = DuckdbBackend::open({.database = file, .cache_dir = folder.path().string()}, blocking_pool());
    ASSERT_TRUE(backend) << backend.error().message();
    Client client{**backend};
    for (const char* text :
         {"SELECT at FROM clock", "SELECT * FROM few", "WITH c AS (SELECT * FROM clock) SELECT at FROM c"}) {
        const Answer first = client.ask(text);
        ASSERT_FALSE(first.error) << text << ": " << first.error->message();
        EXPECT_NE(client.ask(text).rows, first.rows) << text;
    }
}

}  // namespace
}  // namespace backend::duckdb::testing
