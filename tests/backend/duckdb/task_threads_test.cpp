// Who works on a statement: small ones are their own thread's, long ones are helped.
#include "backend/duckdb/task_threads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/duckdb/embedded.hpp"
#include "backend/duckdb/engine.hpp"

namespace backend::duckdb::testing {
namespace {

constexpr const char* long_statement =
    "SELECT ORIGIN, COUNT(*) AS N, SUM(DISTANCE) AS D FROM TRANSPORT.FLIGHTS_3M GROUP BY ORIGIN ORDER BY N DESC, "
    "ORIGIN";

std::unique_ptr<DuckdbBackend> backend_with(int threads) {
    auto opened = DuckdbBackend::open({.threads = threads}, blocking_pool());
    if (!opened) throw std::runtime_error{opened.error().message()};
    return std::move(*opened);
}

Answer ask(Client& client, const char* text) {
    Answer answer = client.ask(text);
    if (answer.error) ADD_FAILURE() << text << ": " << answer.error->message();
    return answer;
}

TEST(TaskThreads, leave_small_statements_alone) {
    const auto backend = backend_with(4);
    Client client{*backend};
    ask(client, "SELECT 42");
    const auto before = backend->engine().threads().figures();
    for (int i = 0; i < 50; ++i) ask(client, "SELECT 42");
    EXPECT_EQ(backend->engine().threads().figures().asked, before.asked);
}

TEST(TaskThreads, help_with_long_ones) {
    const auto backend = backend_with(4);
    Client client{*backend};
    // A busy machine may let the first thread end before the others have begun.
    for (int i = 0; i < 1000 && backend->engine().threads().figures().tasks == 0; ++i) ask(client, long_statement);
    EXPECT_GT(backend->engine().threads().figures().tasks, 0);
}

TEST(TaskThreads, do_not_change_the_answer) {
    const auto one = backend_with(1);
    const auto several = backend_with(4);
    Client alone{*one};
    Client helped{*several};
    for (const char* text : {long_statement, "SELECT * FROM TRANSPORT.FLIGHTS_3M WHERE DISTANCE > 4000 ORDER BY ALL",
                             "SELECT COUNT(*), MEDIAN(DELAY) FROM TRANSPORT.FLIGHTS_3M"})
        EXPECT_EQ(ask(helped, text).rows, ask(alone, text).rows) << text;
    EXPECT_EQ(one->engine().threads().figures().tasks, 0) << "EMBEDDED_THREADS is 1: there is nobody to help";
}

TEST(TaskThreads, end_with_a_statement_that_is_left) {
    const auto backend = backend_with(4);
    Client client{*backend};
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.ask("SELECT * FROM TRANSPORT.FLIGHTS_3M", {}, 5000).rows.size(), 5000U);
        EXPECT_EQ(ask(client, "SELECT 42").rows.size(), 1U);
    }
}

}  // namespace
}  // namespace backend::duckdb::testing
