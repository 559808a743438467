// What the pool of sessions costs by itself, and how fair it is.
// links: backend
//
// BM_thousand_callers: 1,000 callers on 10 sessions, queries of 20 ms, callers of three contexts on two workers.
// Printed:
//   own_*    wall time of a step in the pool's own code (arrival, wake-up, return), its lock included; the promise is a
//            p99 below 1 ms
//   hand_*   from the moment a session is given back until the next caller runs with it on its own worker
//   overtaken_most   how often one waiter was overtaken by later ones: at most 10
//   switches saved by affinity show as switches below callers * 2/3
// BM_hand_over: one return and one arrival with N callers waiting, the core alone. BM_borrow_and_return: the shell,
// nobody waits.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "async/worker.hpp"
#include "backend/pool.hpp"

namespace {

using namespace std::chrono_literals;
using backend::Context;
using backend::Pool;
using backend::PoolCore;

const std::array<Context, 3> contexts{Context{.database = "SALES", .schema = "PUBLIC"},
                                      Context{.database = "HR", .schema = "PUBLIC"},
                                      Context{.database = "WEB", .schema = "PUBLIC"}};

struct StillSession final : backend::Session {
    explicit StillSession(Context context) : present{std::move(context)} {}
    async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> execute(async::Call&, backend::Statement) override {
        co_return base::fail(base::Kind::internal, "runs nothing");
    }
    const Context& context() const override { return present; }
    bool usable() const override { return true; }

    Context present;
    base::TimePoint given_back{};  // handed from caller to caller by the pool's lock
};

struct StillBackend final : backend::Backend {
    std::string_view name() const override { return "still"; }
    async::Task<base::Result<std::unique_ptr<backend::Session>>> login(async::Call&, Context context,
                                                                       backend::Identity) override {
        co_return std::make_unique<StillSession>(std::move(context));
    }
    Context default_context() const override { return contexts[0]; }
};

base::PrincipalPtr somebody() {
    static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "bench"});
    return principal;
}

/// Nanoseconds, from any thread.
class Times {
public:
    void add(std::chrono::nanoseconds time) {
        const std::lock_guard lock{mutex_};
        all_.push_back(time.count());
    }
    double us(double quantile) {
        const std::lock_guard lock{mutex_};
        if (all_.empty()) return 0;
        const auto at = static_cast<std::size_t>(quantile * static_cast<double>(all_.size() - 1));
        std::ranges::nth_element(all_, all_.begin() + static_cast<std::ptrdiff_t>(at));
        return static_cast<double>(all_[at]) / 1000;
    }

private:
    std::mutex mutex_;
    std::vector<std::int64_t> all_;
};

async::Task<void> query(async::Call& call, Pool* pool, Context context, Times* hand_overs) {
    auto borrowed = co_await pool->acquire(call, Pool::Wanted{.context = context});
    if (!borrowed) co_return;
    auto& session = static_cast<StillSession&>(**borrowed);
    if (session.given_back != base::TimePoint{}) hand_overs->add(base::Clock::now() - session.given_back);
    {
        async::Call busy{call, call.worker().now() + 20ms};
        async::Signal never;
        co_await never.wait(busy);
    }
    session.present = context;
    session.given_back = base::Clock::now();
}

void BM_thousand_callers(benchmark::State& state) {
    Times own;
    Times hand_overs;
    Pool::Figures figures;
    for (auto iteration : state) {
        StillBackend still;
        async::Workers workers{2};
        Pool pool{still, {.min_size = 10, .max_size = 10, .connection_timeout = 60s}};
        pool.on_step([&own](std::chrono::nanoseconds time) { own.add(time); });
        workers.start();
        async::TaskGroup callers;
        for (std::size_t i = 0; i < 1'000; ++i) {
            async::Call::Parts parts{.request_id = "r", .principal = somebody(), .deadline = base::Clock::now() + 60s};
            callers.spawn(workers[i % 2], std::move(parts), [&, i](async::Call& call) {
                return query(call, &pool, contexts[i * 7 % contexts.size()], &hand_overs);
            });
        }
        callers.join(60s);
        figures = pool.figures();
        pool.stop(async::StopReason::drain);
        pool.join(5s);
        workers.stop_and_join();
    }
    state.counters["own_p50_us"] = own.us(0.5);
    state.counters["own_p99_us"] = own.us(0.99);
    state.counters["own_max_us"] = own.us(1);
    state.counters["hand_p50_us"] = hand_overs.us(0.5);
    state.counters["hand_p99_us"] = hand_overs.us(0.99);
    state.counters["overtaken_most"] = figures.most_overtaken;
    state.counters["overtakes"] = static_cast<double>(figures.overtakes);
    state.counters["switches"] = static_cast<double>(figures.context_switches);
}
BENCHMARK(BM_thousand_callers)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

void BM_hand_over(benchmark::State& state) {
    PoolCore core{{.max_size = 1}};
    PoolCore::Steps steps;
    const base::TimePoint now = base::Clock::now();
    std::size_t next = 0;
    const auto arrive = [&] { core.arrive(now, {.context = contexts[next++ % contexts.size()]}, steps); };
    arrive();
    const auto session = core.logged_in(now, steps.front().login, {.context = contexts[0]}, steps);
    for (std::int64_t i = 0; i < state.range(0); ++i) arrive();
    for (auto iteration : state) {
        steps.clear();
        arrive();
        core.give_back(now, session, {.context = contexts[next % contexts.size()]}, steps);
        benchmark::DoNotOptimize(steps.data());
    }
}
BENCHMARK(BM_hand_over)->Arg(0)->Arg(10)->Arg(1'000);

async::Task<void> borrow(async::Call& call, Pool* pool, benchmark::State* state) {
    for (auto iteration : *state) benchmark::DoNotOptimize(co_await pool->acquire(call, Pool::Wanted{}));
}

void BM_borrow_and_return(benchmark::State& state) {
    StillBackend still;
    async::Worker worker{0};
    Pool pool{still, {}};
    async::TaskGroup callers;
    async::Call::Parts parts{.request_id = "r", .principal = somebody(), .deadline = base::Clock::now() + 1h};
    callers.spawn(worker, std::move(parts), [&](async::Call& call) { return borrow(call, &pool, &state); });
    while (callers.size() > 0) worker.poll();
    pool.stop(async::StopReason::drain);
    while (!pool.join(0ms)) worker.poll();
}
BENCHMARK(BM_borrow_and_return);

}  // namespace
