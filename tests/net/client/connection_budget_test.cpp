// CLIENT_POOL_SIZE over origins, lanes and workers: who waits, who is served, and that nothing is lost.
#include "net/client/connection_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/client/client_driver.hpp"
#include "net/client/scripted_server.hpp"

namespace client_test {
namespace {

using net::client::Cause;
using net::client::Lane;
using net::client::Sent;

/// Holds back every answer until it is opened.
class Gate {
public:
    void open(int count = 1'000'000) {
        permits_ += count;
        permits_.notify_all();
    }
    void pass() {
        for (;;) {
            int now = permits_;
            while (now <= 0) {
                permits_.wait(now);
                now = permits_;
            }
            if (permits_.compare_exchange_strong(now, now - 1)) return;
        }
    }

private:
    std::atomic<int> permits_ = 0;
};

ScriptedServer::Script held_by(Gate& gate) {
    return [&gate](Socket& socket, int number) {
        for (;;) {
            const auto request = socket.request();
            if (request.empty()) return;
            gate.pass();
            socket.send(
                reply(request.substr(0, request.find("\r\n")), "X-Connection: " + std::to_string(number) + "\r\n"));
        }
    };
}

TEST(ConnectionBudget, requests_above_it_wait_for_their_turn_and_reuse_what_falls_idle) {
    Gate gate;
    ScriptedServer server{held_by(gate)};
    Driver driver{{.pool_size = 2}};
    std::vector<std::shared_ptr<Driver::Running<Outcome<Answer>>>> all;
    for (int i = 0; i < 6; ++i) all.push_back(driver.start_fetch(get(server.url("/" + std::to_string(i)))));
    EXPECT_TRUE(driver.until([&] { return server.connections() == 2; }));
    gate.open();
    for (int i = 0; i < 6; ++i) {
        EXPECT_TRUE(driver.until([&] { return all[i]->done(); }));
        ASSERT_TRUE(*all[i]->result) << (*all[i]->result).error().message();
        EXPECT_EQ((*all[i]->result)->body, "GET /" + std::to_string(i) + " HTTP/1.1");
    }
    EXPECT_EQ(server.connections(), 2);
    driver.drop_client();
}

TEST(ConnectionBudget, control_requests_do_not_queue_behind_statements) {
    Gate gate;
    ScriptedServer slow{held_by(gate)};
    ScriptedServer quick{answer_all};
    Driver driver{{.pool_size = 1}};
    const auto statement = driver.start_fetch(get(slow.url()));
    EXPECT_TRUE(driver.until([&] { return slow.connections() == 1; }));
    auto abort = get(quick.url());
    abort.lane = Lane::control;
    EXPECT_TRUE(driver.fetch(abort));
    gate.open();
    EXPECT_TRUE(driver.until([&] { return statement->done(); }));
    driver.drop_client();
}

TEST(ConnectionBudget, who_waits_too_long_is_told_which_setting_it_was) {
    Gate gate;
    ScriptedServer server{held_by(gate)};
    Driver driver{{.pool_size = 1, .pool_timeout = std::chrono::seconds{30}}};
    const auto first = driver.start_fetch(get(server.url()));
    EXPECT_TRUE(driver.until([&] { return server.connections() == 1; }));
    const auto second = driver.start_fetch(get(server.url()));
    driver.worker().poll();
    driver.skip(std::chrono::seconds{31});
    EXPECT_TRUE(driver.until([&] { return second->done(); }));
    ASSERT_FALSE(*second->result);
    const auto& failure = second->result->error();
    EXPECT_EQ(failure.cause, Cause::pool);
    EXPECT_EQ(failure.sent, Sent::no);
    EXPECT_EQ(failure.kind(), base::Kind::overloaded);
    EXPECT_TRUE(failure.error.retry_after());
    EXPECT_NE(failure.message().find("CLIENT_POOL_SIZE"), std::string::npos) << failure.message();
    gate.open();
    EXPECT_TRUE(driver.until([&] { return first->done(); }));
    EXPECT_TRUE(driver.fetch(get(server.url()))) << "service came back";
    driver.drop_client();
}

TEST(ConnectionBudget, a_call_that_stops_while_it_waits_leaves_the_queue) {
    Gate gate;
    ScriptedServer server{held_by(gate)};
    Driver driver{{.pool_size = 1}};
    const auto first = driver.start_fetch(get(server.url()));
    EXPECT_TRUE(driver.until([&] { return server.connections() == 1; }));
    const auto second = driver.start_fetch(get(server.url()));
    const auto third = driver.start_fetch(get(server.url()));
    EXPECT_TRUE(driver.until([&] { return second->call != nullptr && third->call != nullptr; }));
    driver.worker().poll();
    second->call->stop(async::StopReason::client);
    EXPECT_TRUE(driver.until([&] { return second->done(); }));
    EXPECT_EQ(second->result->error().cause, Cause::stopped);
    EXPECT_EQ(second->result->error().kind(), base::Kind::cancelled);
    gate.open();
    EXPECT_TRUE(driver.until([&] { return first->done() && third->done(); }));
    EXPECT_TRUE(*third->result);
    driver.drop_client();
}

TEST(ConnectionBudget, an_idle_connection_to_another_host_makes_room) {
    ScriptedServer one{answer_all};
    ScriptedServer other{answer_all};
    Driver driver{{.pool_size = 1}};
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(driver.fetch(get(one.url())));
        EXPECT_TRUE(driver.fetch(get(other.url())));
    }
    EXPECT_EQ(driver.client().idle_connections(), 1U);
    driver.drop_client();
}

TEST(ConnectionBudget, an_idle_connection_of_another_worker_is_handed_over_open) {
    ScriptedServer server{answer_all};
    Driver one{{.pool_size = 1}};
    EXPECT_EQ(one.fetch(get(server.url()))->connection_note, "0");
    // A second worker of the same process.
    async::Worker worker{1};
    auto shared = std::shared_ptr<net::client::Outbound>{&one.outbound(), [](auto*) {}};
    auto client = std::make_unique<net::client::HttpClient>(worker, shared);
    async::TaskGroup group;
    std::optional<Outcome<Answer>> result;
    async::Call::Parts parts{.request_id = "2", .deadline = base::Clock::now() + std::chrono::seconds{60}};
    struct Ask {
        static async::Task<void> run(net::client::HttpClient& client, async::Call& call, Request request,
                                     std::optional<Outcome<Answer>>& into) {
            into.emplace(co_await Driver::exchange(client, call, std::move(request)));
        }
    };
    group.spawn(worker, std::move(parts),
                [&](async::Call& call) { return Ask::run(*client, call, get(server.url()), result); });
    EXPECT_TRUE(one.until([&] { return worker.poll(), result.has_value(); }));
    ASSERT_TRUE(*result) << result->error().message();
    EXPECT_EQ((*result)->connection_note, "0") << "the same connection, on another worker";
    EXPECT_EQ(one.client().idle_connections(), 0U);
    EXPECT_EQ(client->idle_connections(), 1U);
    client.reset();
    one.until([&] { return worker.poll() == 0; });
    one.drop_client();
}

async::Task<void> hammer(net::client::HttpClient& client, async::Call& call, std::vector<std::string> urls, int count,
                         std::atomic<int>& good) {
    for (int i = 0; i < count; ++i) {
        auto request = get(urls[static_cast<std::size_t>(i) % urls.size()]);
        request.repeat = net::client::Repeat::allowed;
        // Every seventh has no time at all to wait.
        async::Call bounded{call, i % 7 == 3 ? call.worker().now() : call.deadline()};
        const auto got = co_await Driver::exchange(client, bounded, std::move(request));
        if (got ? got->status == 200 : got.error().cause == Cause::stopped) ++good;
    }
}

TEST(ConnectionBudget, loses_no_permit_under_four_workers) {
    ScriptedServer one{answer_all};
    ScriptedServer other{answer_all};
    auto outbound = net::client::Outbound::create({.pool_size = 3}).value();
    base::Metrics metrics;
    outbound->register_metrics(metrics);
    std::atomic<int> good = 0;
    constexpr int tasks = 6;
    constexpr int requests = 40;
    {
        async::Workers workers{4};
        async::TaskGroup group;
        std::vector<std::unique_ptr<net::client::HttpClient>> clients;
        for (std::size_t i = 0; i < 4; ++i) {
            clients.push_back(std::make_unique<net::client::HttpClient>(workers[i], outbound));
            for (int task = 0; task < tasks; ++task) {
                async::Call::Parts parts{.request_id = "1", .deadline = base::Clock::now() + std::chrono::seconds{60}};
                group.spawn(workers[i], std::move(parts), [&, i](async::Call& call) {
                    return hammer(*clients[i], call, {one.url(), one.url(), other.url()}, requests, good);
                });
            }
        }
        workers.start();
        EXPECT_TRUE(group.join(std::chrono::seconds{60}));
        workers.stop_and_join();
        clients.clear();
    }
    EXPECT_EQ(good, 4 * tasks * requests);
    const auto text = metrics.scrape(base::Metrics::Format::prometheus);
    EXPECT_NE(text.find("client_connections_open{lane=\"work\"} 0"), std::string::npos) << text;
    EXPECT_NE(text.find("client_connections_idle 0"), std::string::npos) << text;
    EXPECT_NE(text.find("client_connection_waiters{lane=\"work\"} 0"), std::string::npos) << text;
}

}  // namespace
}  // namespace client_test
