#include "query/flights.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "async/manual_worker.hpp"
#include "async/signal.hpp"

namespace {

using namespace std::chrono_literals;
using query::Flights;
using query::Landed;
using query::cache::Digest;

Digest key(std::uint8_t number) {
    Digest digest;
    digest.bytes[0] = number;
    return digest;
}

Landed answer(std::string_view text) { return {.rendered = {.content = base::Payload::own(std::string{text})}}; }

/// A warehouse: how often it was asked, and when it answers.
struct Warehouse {
    int asked = 0;
    int stopped = 0;
    std::deque<async::Signal> gates;  // one a flight
    bool is_open = false;
    std::optional<base::Error> error;
    async::Call* call = nullptr;

    static async::Task<base::Result<Landed>> run(Warehouse* self, async::Call& call) {
        const int number = ++self->asked;
        self->call = &call;
        auto reason = async::StopReason::none;
        if (!self->is_open) reason = co_await self->gates.emplace_back().wait(call);
        self->call = nullptr;
        if (reason != async::StopReason::none) {
            ++self->stopped;
            co_return base::fail(call.stopped_error(base::Stage::query));
        }
        if (self->error) co_return base::fail(*self->error);
        co_return answer("answer " + std::to_string(number));
    }
    Flights::Run runner() {
        return [this](async::Call& call) { return run(this, call); };
    }
};

struct Passenger {
    std::optional<base::Result<Landed>> got;
    async::Call* call = nullptr;
    std::vector<double> progress;

    std::string text() const {
        return got && got->has_value() ? (*got)->rendered.content.to_string() : std::string{"-"};
    }
};

async::Task<void> travel(async::Call& call, Flights* flights, Digest where, Flights::Run run, Passenger* passenger) {
    passenger->call = &call;
    passenger->got.emplace(co_await flights->fly(call, where, std::move(run)));
    passenger->call = nullptr;
}

class FlightsTest : public testing::Test {
protected:
    ~FlightsTest() override {
        calls_.stop(async::StopReason::drain);
        flights_.stop(async::StopReason::drain);
        worker_.settle();
    }
    Passenger& board(std::uint8_t where = 1, std::chrono::milliseconds left = 1h, bool progress = false) {
        Passenger& passenger = passengers_.emplace_back();
        auto parts = worker_.parts(left);
        if (progress) {
            parts.progress = [&passenger](const async::Progress& p) { passenger.progress.push_back(p.progress); };
        }
        calls_.spawn(*worker_, std::move(parts), [this, &passenger, where](async::Call& call) {
            return travel(call, &flights_, key(where), warehouse_.runner(), &passenger);
        });
        worker_.settle();
        return passenger;
    }
    void open_gate() {
        warehouse_.is_open = true;
        for (auto& gate : warehouse_.gates) gate.set();
        worker_.settle();
    }

    async_test::ManualWorker worker_;
    Warehouse warehouse_;
    Flights flights_;
    std::deque<Passenger> passengers_;
    async::TaskGroup calls_;
};

TEST_F(FlightsTest, identical_reads_run_once) {
    for (int i = 0; i < 1'000; ++i) board();
    EXPECT_EQ(warehouse_.asked, 1);
    EXPECT_EQ(flights_.figures().joined, 999U);
    open_gate();
    for (const auto& passenger : passengers_) EXPECT_EQ(passenger.text(), "answer 1");
    EXPECT_EQ(flights_.figures().in_flight, 0U);
}

TEST_F(FlightsTest, different_reads_run_each) {
    board(1);
    board(2);
    EXPECT_EQ(warehouse_.asked, 2);
}

TEST_F(FlightsTest, what_has_landed_is_not_joined) {
    board();
    open_gate();
    board();
    EXPECT_EQ(warehouse_.asked, 2);
    EXPECT_EQ(passengers_[0].text(), "answer 1");
    EXPECT_EQ(passengers_[1].text(), "answer 2");
}

TEST_F(FlightsTest, a_caller_that_leaves_takes_nobody_along) {
    auto& first = board();
    auto& second = board();
    first.call->stop(async::StopReason::client);
    worker_.settle();
    ASSERT_TRUE(first.got && !first.got->has_value());
    EXPECT_EQ(first.got->error().kind(), base::Kind::cancelled);
    EXPECT_FALSE(second.got);
    EXPECT_EQ(warehouse_.stopped, 0);
    open_gate();
    EXPECT_EQ(second.text(), "answer 1");
}

TEST_F(FlightsTest, the_last_one_that_leaves_stops_the_flight) {
    auto& first = board();
    auto& second = board();
    first.call->stop(async::StopReason::client);
    second.call->stop(async::StopReason::client);
    worker_.settle();
    EXPECT_EQ(warehouse_.stopped, 1);
    auto& third = board();
    EXPECT_EQ(warehouse_.asked, 2) << "a new flight, not the one that is being stopped";
    open_gate();
    EXPECT_EQ(third.text(), "answer 2");
}

TEST_F(FlightsTest, each_waits_until_its_own_deadline) {
    auto& hasty = board(1, 1s);
    auto& patient = board(1, 1min);
    worker_.pass(2s);
    ASSERT_TRUE(hasty.got && !hasty.got->has_value());
    EXPECT_EQ(hasty.got->error().kind(), base::Kind::timeout);
    EXPECT_FALSE(patient.got);
    open_gate();
    EXPECT_EQ(patient.text(), "answer 1");
}

TEST_F(FlightsTest, an_error_of_the_statement_goes_to_all) {
    board();
    board();
    warehouse_.error = base::Error{base::Kind::sql, "no such table"};
    open_gate();
    for (const auto& passenger : passengers_) {
        ASSERT_TRUE(passenger.got && !passenger.got->has_value());
        EXPECT_EQ(passenger.got->error().message(), "no such table");
    }
    EXPECT_EQ(warehouse_.asked, 1);
}

TEST_F(FlightsTest, an_overload_is_the_starters_own) {
    board();
    board();
    board();
    warehouse_.error = base::Error{base::Kind::overloaded, "too many"};
    open_gate();
    // The gate stays open, so each further flight lands at once, with the same overload: bounded, and told to all.
    for (const auto& passenger : passengers_) {
        ASSERT_TRUE(passenger.got && !passenger.got->has_value());
        EXPECT_EQ(passenger.got->error().kind(), base::Kind::overloaded);
    }
    EXPECT_GE(warehouse_.asked, 2);
    EXPECT_LE(warehouse_.asked, 3);
}

TEST_F(FlightsTest, progress_goes_to_each_who_wants_it) {
    auto& asks = board(1, 1h, true);
    board();
    auto& asks_too = board(1, 1h, true);
    ASSERT_NE(warehouse_.call, nullptr);
    EXPECT_TRUE(warehouse_.call->wants_progress());
    warehouse_.call->report({.progress = 1, .total = {}, .message = {}});
    worker_.settle();
    EXPECT_EQ(asks.progress, std::vector<double>{1});
    EXPECT_EQ(asks_too.progress, std::vector<double>{1});
}

TEST_F(FlightsTest, going_down_stops_what_is_in_the_air_and_refuses_the_rest) {
    auto& passenger = board();
    flights_.stop(async::StopReason::drain);
    worker_.settle();
    EXPECT_TRUE(passenger.got && !passenger.got->has_value());
    EXPECT_EQ(warehouse_.stopped, 1);
    auto& late = board();
    ASSERT_TRUE(late.got && !late.got->has_value());
    EXPECT_EQ(late.got->error().kind(), base::Kind::cancelled);
    EXPECT_EQ(flights_.figures().in_flight, 0U);
}

// --- four workers at once

struct Crowd {
    Flights flights;
    std::atomic<int> asked = 0;
    std::atomic<int> answered = 0;
    std::atomic<int> left = 0;
    std::atomic<int> wrong = 0;
};

async::Task<base::Result<Landed>> slowly(Crowd* crowd, async::Call& call, int number) {
    ++crowd->asked;
    async::Call nap{call, call.worker().now() + 2ms};
    async::Signal never;
    co_await never.wait(nap);
    if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::query));
    co_return answer(std::to_string(number));
}

async::Task<void> traveller(async::Call& call, Crowd* crowd, int number) {
    for (int i = 0; i < 200; ++i) {
        const int where = (i + number) % 5;
        async::Call own{call, call.worker().now() + std::chrono::milliseconds{(i * 7 + number) % 6}};
        const auto got =
            co_await crowd->flights.fly(own, key(static_cast<std::uint8_t>(where)),
                                        [crowd, where](async::Call& flight) { return slowly(crowd, flight, where); });
        if (!got) {
            ++crowd->left;
        } else if (got->rendered.content.to_string() == std::to_string(where)) {
            ++crowd->answered;
        } else {
            ++crowd->wrong;
        }
    }
}

TEST(Flights, of_four_workers_lose_nobody) {
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
    crowd.flights.stop(async::StopReason::drain);
    EXPECT_TRUE(crowd.flights.join(10s));
    workers.stop_and_join();
    EXPECT_EQ(crowd.answered + crowd.left, count * 200);
    EXPECT_EQ(crowd.wrong, 0);
    EXPECT_GT(crowd.answered, 0);
    EXPECT_LT(crowd.asked, count * 200);
    EXPECT_EQ(crowd.flights.figures().in_flight, 0U);
}

}  // namespace
