// Limits and quotas over several processes' worth of workers and one real Redis: shared, killed, back, a cluster's
// rules.
#include "access/shared_budget.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "access/limits.hpp"
#include "access/quotas.hpp"
#include "async/task_group.hpp"
#include "net/redis/redis_process.hpp"

namespace {

using namespace std::chrono_literals;
using access_control::Limits;
using access_control::ProbeClock;
using access_control::Quotas;
using access_control::Settings;
using access_control::SharedBudget;
using net_redis_test::RedisProcess;

base::PrincipalPtr caller(std::string id, base::Principal::Limits limits = {}) {
    return std::make_shared<const base::Principal>(
        base::Principal{.id = std::move(id), .kind = base::Principal::Kind::api_key, .roles = {}, .limits = limits});
}

/// One server process: its workers, its Redis connections, its limits and quotas.
class Replica {
public:
    Replica(int port, const Settings& settings) {
        net::redis::Settings redis;
        redis.port = port;
        redis.timeout_ms = 300;
        budget_ = std::make_unique<SharedBudget>(workers_, redis, "test");
        limits_ = std::make_unique<Limits>(settings, metrics_, budget_.get());
        quotas_ = std::make_unique<Quotas>(settings, metrics_, budget_.get());
        workers_.start();
    }
    ~Replica() {
        tasks_.stop(async::StopReason::drain);
        tasks_.join(5s);
        budget_->stop();
        EXPECT_TRUE(budget_->join(5s));
        workers_.stop_and_join();
    }

    base::Result<void> request(const base::PrincipalPtr& who) {
        return on_worker(who, [this](async::Call& call) { return request_of(*limits_, call); });
    }
    base::Result<void> statement(const base::PrincipalPtr& who) {
        return on_worker(who, [this](async::Call& call) { return statement_of(*quotas_, call); });
    }
    void charge(const base::PrincipalPtr& who, std::uint64_t bytes, std::chrono::milliseconds warehouse) {
        (void)on_worker(who, [=, this](async::Call& call) { return charged(*quotas_, call, bytes, warehouse); });
    }
    int let_in(const base::PrincipalPtr& who, int tries) {
        int count = 0;
        for (int i = 0; i < tries; ++i) count += request(who) ? 1 : 0;
        return count;
    }
    bool answers() const { return budget_->answers(); }
    /// Until Redis answers (or does not): it takes a moment to connect.
    bool until_shared(bool shared, const base::PrincipalPtr& probe) {
        for (int i = 0; i < 1'000; ++i) {
            (void)request(probe);
            if (asked_and_answered(probe) == shared) return true;
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }
    Quotas& quotas() { return *quotas_; }
    std::string metrics() const { return metrics_.scrape(base::Metrics::Format::prometheus); }

private:
    static async::Task<base::Result<void>> request_of(Limits& limits, async::Call& call) {
        auto at_once = limits.admit_now(call.principal(), call.worker().now());
        if (at_once) co_return std::move(*at_once);
        co_return co_await limits.admit(call);
    }
    static async::Task<base::Result<void>> statement_of(Quotas& quotas, async::Call& call) {
        auto at_once = quotas.admit_now(call);
        if (at_once) co_return std::move(*at_once);
        co_return co_await quotas.admit(call);
    }
    static async::Task<base::Result<void>> charged(Quotas& quotas, async::Call& call, std::uint64_t bytes,
                                                   std::chrono::milliseconds warehouse) {
        quotas.charge(call, bytes, warehouse);
        co_return base::Result<void>{};
    }
    static async::Task<base::Result<void>> counted(SharedBudget& budget, async::Call& call) {
        auto given = co_await budget.count(call, "probe", 1, {}, {});
        if (!given) co_return base::fail(base::Kind::unavailable, "no answer");
        co_return base::Result<void>{};
    }
    bool asked_and_answered(const base::PrincipalPtr& who) {
        return on_worker(who, [this](async::Call& call) { return counted(*budget_, call); }).has_value();
    }
    base::Result<void> on_worker(const base::PrincipalPtr& who,
                                 std::function<async::Task<base::Result<void>>(async::Call&)> task) {
        std::promise<base::Result<void>> done;
        tasks_.spawn(workers_[0], {.request_id = "1", .principal = who, .deadline = base::Clock::now() + 10s},
                     [&](async::Call& call) { return tell(call, task, &done); });
        return done.get_future().get();
    }
    static async::Task<void> tell(async::Call& call, std::function<async::Task<base::Result<void>>(async::Call&)> task,
                                  std::promise<base::Result<void>>* done) {
        done->set_value(co_await task(call));
    }

    base::Metrics metrics_;
    async::Workers workers_{1};
    async::TaskGroup tasks_;
    std::unique_ptr<SharedBudget> budget_;
    std::unique_ptr<Limits> limits_;
    std::unique_ptr<Quotas> quotas_;
};

Settings slow_rate(int burst) { return {.enable_rate_limiting = true, .requests_per_minute = 1, .burst_size = burst}; }

TEST(SharedBudget, two_replicas_let_in_as_many_as_one_would) {
    const RedisProcess redis;
    Replica one{redis.port(), slow_rate(20)};
    Replica other{redis.port(), slow_rate(20)};
    ASSERT_TRUE(one.until_shared(true, caller("key:probe")));
    ASSERT_TRUE(other.until_shared(true, caller("key:probe")));
    const auto who = caller("key:a");
    int count = 0;
    for (int i = 0; i < 20; ++i) count += one.let_in(who, 1) + other.let_in(who, 1);
    EXPECT_EQ(count, 20);
    const auto refused = other.request(who);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_EQ(refused.error().stage(), base::Stage::access);
    EXPECT_GT(refused.error().retry_after(), 50s);
    EXPECT_LE(refused.error().retry_after(), 60s);
    EXPECT_NE(refused.error().message().find("1 requests a minute, 20 at once"), std::string::npos)
        << refused.error().message();
    EXPECT_EQ(one.let_in(caller("key:b"), 1), 1) << "another caller has a budget of its own";
}

TEST(SharedBudget, slices_of_a_large_budget_cost_at_most_a_slice_a_replica) {
    const RedisProcess redis;
    Replica one{redis.port(), slow_rate(400)};
    Replica other{redis.port(), slow_rate(400)};
    ASSERT_TRUE(one.until_shared(true, caller("key:probe")));
    ASSERT_TRUE(other.until_shared(true, caller("key:probe")));
    const auto who = caller("key:a");
    int count = one.let_in(who, 1);  // a slice of 20 lies there
    count += other.let_in(who, 500);
    EXPECT_LE(count, 400);
    EXPECT_GE(count, 400 - 19);
    count += one.let_in(who, 30);
    EXPECT_EQ(count, 400);
}

TEST(SharedBudget, all_callers_together_have_a_budget_over_all_replicas) {
    auto settings = slow_rate(10);
    settings.client_rate_limiting = true;
    settings.client_requests_per_minute = 8;
    const RedisProcess redis;
    Replica one{redis.port(), settings};
    Replica other{redis.port(), settings};
    ASSERT_TRUE(one.until_shared(true, caller("key:nobody", {.requests_per_minute = 1, .burst = 1})));
    ASSERT_TRUE(other.until_shared(true, caller("key:nobody", {.requests_per_minute = 1, .burst = 1})));
    const int a = one.let_in(caller("key:a"), 12);
    const int b = other.let_in(caller("key:b"), 12);
    EXPECT_EQ(a, 8) << "its own";
    EXPECT_GE(b, 0);
    EXPECT_LE(a + b, 10);
    EXPECT_EQ(other.metrics().find("mcp_rate_limit_hits_total{limit=\"total\"} 0"), std::string::npos);
}

TEST(SharedBudget, a_dead_redis_costs_one_wait_and_then_each_process_limits_by_itself_until_it_is_back) {
    RedisProcess redis;
    Replica one{redis.port(), slow_rate(5)};
    ASSERT_TRUE(one.until_shared(true, caller("key:probe")));
    EXPECT_EQ(one.let_in(caller("key:a"), 10), 5);
    redis.pause();
    const auto before = base::Clock::now();
    EXPECT_EQ(one.let_in(caller("key:b"), 10), 5) << "the whole limit, here";
    EXPECT_LT(base::Clock::now() - before, 2s) << "not a wait each";
    EXPECT_FALSE(one.answers());
    EXPECT_NE(one.metrics().find("mcp_limits_shared 0"), std::string::npos);
    redis.resume();
    redis.kill();
    EXPECT_EQ(one.let_in(caller("key:c"), 10), 5);
    redis.start();
    ASSERT_TRUE(one.until_shared(true, caller("key:probe")));
    EXPECT_EQ(one.let_in(caller("key:d"), 10), 5);
    EXPECT_TRUE(one.answers());
}

TEST(SharedBudget, quotas_count_each_statement_over_all_replicas) {
    const RedisProcess redis;
    Replica one{redis.port(), {.queries_per_day = 6}};
    Replica other{redis.port(), {.queries_per_day = 6}};
    ASSERT_TRUE(one.until_shared(true, caller("key:probe")));
    ASSERT_TRUE(other.until_shared(true, caller("key:probe")));
    const auto who = caller("key:a");
    int count = 0;
    for (int i = 0; i < 6; ++i) count += (one.statement(who) ? 1 : 0) + (other.statement(who) ? 1 : 0);
    EXPECT_EQ(count, 6);
    const auto refused = one.statement(who);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_NE(refused.error().message().find("quota of 6 queries a day"), std::string::npos);
    EXPECT_NE(refused.error().message().find("00:00 UTC"), std::string::npos);
    EXPECT_LE(refused.error().retry_after(), 24h);
    EXPECT_TRUE(one.statement(caller("key:rich", {.queries_per_day = 0}))) << "its key has no bound";
    EXPECT_FALSE(one.statement(caller("key:a", {.queries_per_day = 3}))) << "the key's own";
}

TEST(SharedBudget, what_was_used_survives_a_restart_and_reaches_the_others) {
    const RedisProcess redis;
    const Settings settings{.result_bytes_per_day = 1'000, .warehouse_seconds_per_day = 100};
    const auto who = caller("key:a");
    auto one = std::make_unique<Replica>(redis.port(), settings);
    Replica other{redis.port(), settings};
    ASSERT_TRUE(one->until_shared(true, caller("key:probe")));
    ASSERT_TRUE(other.until_shared(true, caller("key:probe")));
    ASSERT_TRUE(one->statement(who));
    one->charge(who, 1'000, 1s);
    EXPECT_FALSE(one->statement(who)) << "here at once";
    for (int i = 0; i < 1'000 && other.statement(who); ++i) std::this_thread::sleep_for(5ms);
    EXPECT_FALSE(other.statement(who)) << "there soon";
    one.reset();
    Replica later{redis.port(), settings};
    ASSERT_TRUE(later.until_shared(true, caller("key:probe")));
    const auto refused = later.statement(who);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("1000 bytes of answers"), std::string::npos) << refused.error().message();
}

TEST(SharedBudget, keys_name_no_principal_and_end_by_themselves) {
    const RedisProcess redis;
    Replica one{redis.port(), {.enable_rate_limiting = true, .queries_per_day = 5}};
    ASSERT_TRUE(one.until_shared(true, caller("key:probe")));
    ASSERT_TRUE(one.request(caller("key:secret-name")));
    ASSERT_TRUE(one.statement(caller("key:secret-name")));
    const auto file = redis.folder() / "keys";
    const auto command = "redis-cli -p " + std::to_string(redis.port()) + " --scan > " + file.string() +
                         "; for k in $(cat " + file.string() + "); do redis-cli -p " + std::to_string(redis.port()) +
                         " PTTL $k; done | sort -n | head -1 > " + file.string() + ".ttl";
    ASSERT_EQ(net_redis_test::run_program({"/bin/sh", "-c", command}), 0);
    std::ifstream names{file};
    const std::string text{std::istreambuf_iterator<char>{names}, {}};
    EXPECT_NE(text.find("{test:limits}:rate:"), std::string::npos) << text;
    EXPECT_EQ(text.find("secret-name"), std::string::npos) << text;
    std::ifstream ttl{file.string() + ".ttl"};
    int least = -1;
    ttl >> least;
    EXPECT_GT(least, 0) << "every key has an end";
}

TEST(SharedBudget, holds_over_a_cluster_too_both_buckets_at_once) {
    const std::vector<std::string> options{"--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"};
    std::vector<std::unique_ptr<RedisProcess>> nodes;
    std::vector<std::string> create{"redis-cli", "--cluster", "create"};
    for (int i = 0; i < 3; ++i) {
        int port = net_redis_test::free_port();
        while (port > 50'000) port = net_redis_test::free_port();  // the bus' is ten thousand above
        nodes.push_back(std::make_unique<RedisProcess>(options, port));
        create.push_back("127.0.0.1:" + std::to_string(port));
    }
    create.insert(create.end(), {"--cluster-replicas", "0", "--cluster-yes"});
    ASSERT_EQ(net_redis_test::run_program(create), 0);
    auto settings = slow_rate(30);
    settings.client_rate_limiting = true;
    settings.client_requests_per_minute = 12;
    settings.queries_per_day = 4;
    Replica one{nodes[0]->port(), settings};
    Replica other{nodes[2]->port(), settings};
    const auto probe = caller("key:probe", {.requests_per_minute = 1, .burst = 1});
    ASSERT_TRUE(one.until_shared(true, probe));
    ASSERT_TRUE(other.until_shared(true, probe));
    const auto who = caller("key:a");
    int requests = 0;
    int statements = 0;
    for (int i = 0; i < 12; ++i) {
        requests += one.let_in(who, 1) + other.let_in(who, 1);
        statements += (one.statement(who) ? 1 : 0) + (other.statement(who) ? 1 : 0);
    }
    EXPECT_EQ(requests, 12);
    EXPECT_EQ(statements, 4);
    EXPECT_TRUE(one.answers() && other.answers());
}

TEST(ProbeClock, lets_one_probe_through_at_growing_intervals) {
    const base::TimePoint start{100h};
    ProbeClock clock;
    EXPECT_TRUE(clock.may_ask(start));
    clock.note(false, start);
    clock.note(false, start);  // was on the way already
    EXPECT_FALSE(clock.may_ask(start + 99ms));
    EXPECT_TRUE(clock.may_ask(start + 100ms));
    EXPECT_FALSE(clock.may_ask(start + 101ms)) << "one probe";
    clock.note(false, start + 150ms);
    EXPECT_FALSE(clock.may_ask(start + 349ms));
    EXPECT_TRUE(clock.may_ask(start + 350ms));
    clock.note(true, start + 351ms);
    EXPECT_TRUE(clock.may_ask(start + 351ms));
    EXPECT_FALSE(clock.is_open());
}

TEST(ProbeClock, gives_up_a_probe_that_does_not_report) {
    const base::TimePoint start{100h};
    ProbeClock clock;
    clock.note(false, start);
    EXPECT_TRUE(clock.may_ask(start + 1s));
    EXPECT_FALSE(clock.may_ask(start + 2s));
    EXPECT_TRUE(clock.may_ask(start + 3s));
}

}  // namespace
