// Batches on four workers at once, with callers that leave at every moment: nobody is lost, nobody gets another's rows.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "query/batching/batches.hpp"

namespace {

using namespace std::chrono_literals;

async::Task<void> nap(async::Call& call, std::chrono::milliseconds time) {
    async::Call until{call, call.worker().now() + time};
    async::Signal never;
    co_await never.wait(until);
}

std::vector<std::string> parts_of(std::string_view text) {
    std::vector<std::string> parts;
    for (;;) {
        const auto at = text.find("\n;\n");
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 3);
    }
}

/// Each child's id is its own text; a bad one lets the request fail.
struct Session final : backend::Session {
    async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> execute(async::Call&, backend::Statement) override {
        co_return base::fail(base::Kind::internal, "not in this test");
    }
    async::Task<base::Result<std::vector<backend::ReadInOne>>> execute_all(async::Call& call,
                                                                           backend::ReadsInOne reads) override {
        co_await nap(call, 1ms);
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::query));
        std::vector<backend::ReadInOne> all;
        for (auto& part : parts_of(reads.text)) {
            if (part.find("bad") != std::string::npos) co_return base::fail(base::Kind::sql, "bad");
            backend::ReadInOne one;
            one.state = backend::ReadInOne::State::ran;
            one.query_id = std::move(part);
            one.open = [](async::Call&, std::optional<std::uint64_t>) { return nothing(); };
            all.push_back(std::move(one));
        }
        if (all.size() != reads.count) co_return base::fail(base::Kind::internal, "not as many as announced");
        co_return all;
    }
    static async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> nothing() {
        co_return base::fail(base::Kind::internal, "not in this test");
    }
    const backend::Context& context() const override { return names; }
    bool usable() const override { return true; }
    backend::Context names;
};

struct Backend final : backend::Backend {
    std::string_view name() const override { return "quick"; }
    async::Task<base::Result<std::unique_ptr<backend::Session>>> login(async::Call&, backend::Context,
                                                                       backend::Identity) override {
        co_return std::make_unique<Session>();
    }
    backend::Context default_context() const override { return {}; }
    bool runs_several_in_one() const override { return true; }
};

struct Crowd {
    Backend backend;
    backend::Pool pool{backend, {.min_size = 0, .max_size = 3, .multiplexing = false}};
    query::Admission admission{
        {.limits = {.running = 3, .waiting = 1'000}, .batches = query::BatchCore::Limits{.size = 5, .gather = 2ms}}};
    base::Metrics metrics;
    query::Batches batches{
        {.admission = admission, .pool = pool, .query_timeout = std::chrono::seconds{30}, .metrics = metrics}};
    std::atomic<int> went_alone = 0;
    std::atomic<int> together = 0;
    std::atomic<int> once_more = 0;
    std::atomic<int> left = 0;
    std::atomic<int> wrong = 0;
};

async::Task<void> once(async::Call& own, Crowd* crowd, std::string text) {
    auto turn = co_await crowd->batches.take_turn(
        own, {.part = text, .context = {}, .full = {}, .identity = {}, .tool = "test"});
    if (!turn) {
        ++crowd->left;
        // Its time is over, or would be before its turn.
        if (!own.stopped() && turn.error().kind() != base::Kind::overloaded) ++crowd->wrong;
        co_return;
    }
    if (turn->permit) {
        ++crowd->went_alone;
        co_await nap(own, 1ms);
        co_return;
    }
    const auto& arrival = *turn->arrival;
    if (arrival.read) {
        ++crowd->together;
        if (arrival.read->query_id != text) ++crowd->wrong;
        co_return;
    }
    if (arrival.error) {
        ++crowd->wrong;
        co_return;
    }
    ++crowd->once_more;
    const auto permit = co_await crowd->admission.enter_again(own);
    if (!permit && !own.stopped()) ++crowd->wrong;
}

async::Task<void> traveller(async::Call& call, Crowd* crowd, int number) {
    for (int i = 0; i < 100; ++i) {
        const bool hasty = (i + number) % 3 == 0;
        const auto patience =
            hasty ? std::chrono::milliseconds{(i * 7 + number) % 12} : std::chrono::milliseconds{60'000};
        async::Call own{call, call.worker().now() + patience};
        const bool bad = (i * 31 + number) % 17 == 0;
        co_await once(own, crowd, (bad ? "bad " : "SELECT ") + std::to_string(number) + "." + std::to_string(i));
    }
}

TEST(BatchesStress, of_four_workers_lose_nobody) {
    Crowd crowd;
    async::Workers workers{4};
    workers.start();
    async::TaskGroup travellers;
    constexpr int count = 40;
    for (int i = 0; i < count; ++i) {
        travellers.spawn(
            workers[static_cast<std::size_t>(i % 4)],
            {.request_id = "1", .principal = std::make_shared<base::Principal>(), .deadline = base::Clock::now() + 1h},
            [&crowd, i](async::Call& call) { return traveller(call, &crowd, i); });
    }
    EXPECT_TRUE(travellers.join(60s));
    crowd.batches.stop(async::StopReason::drain);
    EXPECT_TRUE(crowd.batches.join(10s));
    crowd.pool.stop(async::StopReason::drain);
    EXPECT_TRUE(crowd.pool.join(10s));
    workers.stop_and_join();
    EXPECT_EQ(crowd.went_alone + crowd.together + crowd.once_more + crowd.left, count * 100);
    EXPECT_EQ(crowd.wrong, 0);
    EXPECT_GT(crowd.together, 0);
    EXPECT_GT(crowd.once_more, 0);
    const auto at_the_door = crowd.admission.figures();
    EXPECT_EQ(at_the_door.running, 0U);
    EXPECT_EQ(at_the_door.waiting, 0U);
    EXPECT_EQ(crowd.pool.figures().active, 0);
}

}  // namespace
