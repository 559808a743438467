// Four workers at once: every permit comes home. To be run under tsan.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "backend/fake_backend.hpp"
#include "backend/pool.hpp"

namespace backend {
namespace {

using namespace std::chrono_literals;
using backend_test::FakeBackend;
using backend_test::FakeSession;

base::PrincipalPtr somebody() {
    static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:test"});
    return principal;
}

struct Wishes {
    int times = 0;
    int identities = 1;
    bool breaks_sessions = false;
    bool holds_on = false;  // for a turn of its worker's loop
};

async::Task<void> borrow_often(async::Call& call, Pool* pool, Wishes wishes, std::atomic<int>* served) {
    static const std::array<Context, 3> contexts{Context{}, Context{.database = "SALES", .schema = "PUBLIC"},
                                                 Context{.database = "HR", .schema = "PUBLIC"}};
    for (int i = 0; i < wishes.times; ++i) {
        Pool::Wanted wanted{.context = contexts[static_cast<std::size_t>(i) % contexts.size()],
                            .identity = {std::string(static_cast<std::size_t>(i % wishes.identities), 'i')},
                            .use = i % 4 == 0 ? Pool::Use::exclusive : Pool::Use::shared_read};
        auto borrowed = co_await pool->acquire(call, std::move(wanted));
        if (!borrowed) continue;
        ++*served;
        if (wishes.breaks_sessions && i % 20 == 0) static_cast<FakeSession&>(**borrowed).good = false;
        if (wishes.holds_on) {
            async::Call nap{call, call.worker().now()};
            async::Signal never;
            co_await never.wait(nap);
        }
    }
}

/// 40 callers on four workers; every fourth is impatient, so that grants meet deadlines.
void fight(FakeBackend& backend, Pool::Settings settings, Wishes wishes, int at_least) {
    async::Workers workers{4};
    Pool pool{backend, settings};
    workers.start();
    pool.prepare(workers[0], somebody());
    std::atomic<int> served = 0;
    {
        async::TaskGroup group;
        for (std::size_t i = 0; i < 40; ++i) {
            const auto patience = i % 4 == 0 ? 3ms : 60'000ms;
            async::Call::Parts parts{
                .request_id = "r", .principal = somebody(), .deadline = base::Clock::now() + patience};
            group.spawn(workers[i % 4], std::move(parts),
                        [&](async::Call& call) { return borrow_often(call, &pool, wishes, &served); });
        }
        for (int i = 0; i < 20; ++i) {  // the operator plays with it meanwhile
            pool.pause();
            pool.drain();
            pool.resume();
        }
        EXPECT_TRUE(group.join(60s));
    }
    EXPECT_GE(served, at_least);
    EXPECT_EQ(pool.figures().active, 0);
    EXPECT_EQ(pool.figures().lendings, 0);
    EXPECT_EQ(pool.figures().waiting, 0);
    EXPECT_LE(backend.most_open, settings.max_size);
    pool.stop(async::StopReason::drain);
    EXPECT_TRUE(pool.join(5s));
    workers.stop_and_join();
    EXPECT_EQ(backend.open, 0);
}

TEST(PoolStress, every_session_is_home_after_four_workers_fought_for_three) {
    FakeBackend backend;
    fight(backend, {.min_size = 0, .max_size = 3}, {.times = 250}, 30 * 250);
}

TEST(PoolStress, shared_sessions_too) {
    FakeBackend backend;
    backend.several = true;
    fight(backend, {.min_size = 2, .max_size = 3, .max_shared = 2}, {.times = 200, .holds_on = true}, 30 * 200);
}

TEST(PoolStress, with_sessions_that_break_and_identities_that_push_each_other_out) {
    FakeBackend backend;
    backend.several = true;
    fight(backend, {.min_size = 1, .max_size = 3}, {.times = 60, .identities = 5, .breaks_sessions = true}, 30 * 60);
}

}  // namespace
}  // namespace backend
