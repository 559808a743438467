#include "query/admission.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "async/manual_worker.hpp"
#include "async/task_group.hpp"

namespace {

using namespace std::chrono_literals;
using query::Admission;
using query::Permit;

struct Visitor {
    std::optional<base::Result<Permit>> answer;
    async::Call* call = nullptr;
};

async::Task<void> visit(async::Call& call, Admission* admission, Visitor* visitor) {
    visitor->call = &call;
    visitor->answer.emplace(co_await admission->enter(call));
    visitor->call = nullptr;
}

class AdmissionTest : public testing::Test {
protected:
    ~AdmissionTest() override {
        calls_.stop(async::StopReason::drain);
        worker_.settle();
    }
    void come(Visitor& visitor, std::string who = "a", std::chrono::milliseconds left = 1h) {
        auto principal = std::make_shared<base::Principal>();
        principal->id = std::move(who);
        calls_.spawn(*worker_, {.request_id = "1", .principal = std::move(principal), .deadline = worker_.now() + left},
                     [this, &visitor](async::Call& call) { return visit(call, &admission_, &visitor); });
        worker_.settle();
    }
    static bool runs(const Visitor& visitor) { return visitor.answer && visitor.answer->has_value(); }

    async_test::ManualWorker worker_;
    async::TaskGroup calls_;
    Admission admission_{{.limits = {.running = 1, .waiting = 2}}};
    std::deque<Visitor> visitors_;  // outlive their visits
};

TEST_F(AdmissionTest, gives_the_place_to_who_waits) {
    Visitor& first = visitors_.emplace_back();
    Visitor& second = visitors_.emplace_back();
    come(first);
    come(second);
    EXPECT_TRUE(runs(first));
    EXPECT_FALSE(second.answer);
    first.answer.reset();
    worker_.settle();
    EXPECT_TRUE(runs(second));
    second.answer.reset();
    EXPECT_EQ(admission_.figures().running, 0U);
}

TEST_F(AdmissionTest, refuses_with_a_hint_when_the_queue_is_full) {
    for (int i = 0; i < 4; ++i) come(visitors_.emplace_back());
    ASSERT_TRUE(visitors_[3].answer && !visitors_[3].answer->has_value());
    const auto& error = visitors_[3].answer->error();
    EXPECT_EQ(error.kind(), base::Kind::overloaded);
    EXPECT_EQ(error.stage(), base::Stage::queue);
    EXPECT_TRUE(error.retry_after().has_value());
    EXPECT_NE(error.message().find("REQUEST_QUEUE_SIZE"), std::string::npos);
}

TEST_F(AdmissionTest, a_deadline_in_the_queue_says_so_and_leaves_no_trace) {
    Visitor& first = visitors_.emplace_back();
    Visitor& second = visitors_.emplace_back();
    come(first);
    come(second, "b", 5s);
    worker_.pass(6s);
    ASSERT_TRUE(second.answer && !second.answer->has_value());
    EXPECT_EQ(second.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(second.answer->error().stage(), base::Stage::queue);
    EXPECT_EQ(admission_.figures().waiting, 0U);
    first.answer.reset();
    EXPECT_EQ(admission_.figures().running, 0U);
}

TEST_F(AdmissionTest, a_place_that_is_granted_in_the_moment_of_leaving_is_handed_on) {
    Visitor& first = visitors_.emplace_back();
    Visitor& second = visitors_.emplace_back();
    Visitor& third = visitors_.emplace_back();
    come(first);
    come(second);
    come(third);
    auto* leaving = second.call;
    ASSERT_NE(leaving, nullptr);
    worker_->post([&] {
        leaving->stop(async::StopReason::client);
        first.answer.reset();  // the permit goes to the second, who is on its way out
    });
    worker_.settle();
    EXPECT_FALSE(runs(second));
    EXPECT_TRUE(runs(third));
    third.answer.reset();
    EXPECT_EQ(admission_.figures().running, 0U);
    EXPECT_EQ(admission_.figures().waiting, 0U);
}

TEST_F(AdmissionTest, who_would_not_be_served_in_time_is_told_so_at_once) {
    Visitor& slow = visitors_.emplace_back();
    come(slow);
    worker_.pass(20s);
    slow.answer.reset();  // one takes 20 s
    Visitor& first = visitors_.emplace_back();
    Visitor& hasty = visitors_.emplace_back();
    come(first);
    come(hasty, "b", 5s);
    ASSERT_TRUE(hasty.answer && !hasty.answer->has_value());
    EXPECT_EQ(hasty.answer->error().kind(), base::Kind::overloaded);
    EXPECT_EQ(hasty.answer->error().retry_after(), 20s);
}

TEST_F(AdmissionTest, a_higher_limit_lets_those_who_wait_begin) {
    Visitor& first = visitors_.emplace_back();
    Visitor& second = visitors_.emplace_back();
    come(first);
    come(second);
    EXPECT_FALSE(second.answer);
    admission_.limit_running(2);
    worker_.settle();
    EXPECT_TRUE(runs(second));
}

struct Tally {
    Admission& admission;
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    std::atomic<int> served = 0;
    std::atomic<int> gave_up = 0;
    std::atomic<int> left = 0;
};

async::Task<void> come_and_go(async::Call& call, Tally* tally) {
    {
        auto permit = co_await tally->admission.enter(call);
        if (permit) {
            const int now = ++tally->inside;
            int most = tally->most;
            while (now > most && !tally->most.compare_exchange_weak(most, now)) {
            }
            ++tally->served;
            --tally->inside;
        } else {
            ++tally->gave_up;
        }
    }
    --tally->left;
}

TEST(AdmissionStress, every_permit_comes_home_from_four_workers) {
    constexpr int visits = 2'000;
    Admission admission{{.limits = {.running = 3, .waiting = 100'000}, .adaptive = true}};
    Tally tally{.admission = admission};
    async::Workers workers{4};
    async::TaskGroup calls;
    workers.start();
    tally.left = visits;
    for (int i = 0; i < visits; ++i) {
        auto principal = std::make_shared<base::Principal>();
        principal->id = std::to_string(i % 5);
        async::Call::Parts parts{.request_id = "1",
                                 .principal = std::move(principal),
                                 // Every fourth has a deadline that meets its grant.
                                 .deadline = base::Clock::now() + (i % 4 == 0 ? 1ms : 60'000ms)};
        calls.spawn(workers[static_cast<std::size_t>(i) % 4], std::move(parts),
                    [&tally](async::Call& call) { return come_and_go(call, &tally); });
    }
    EXPECT_TRUE(calls.join(60s));
    workers.stop_and_join();
    EXPECT_EQ(tally.served + tally.gave_up, visits);
    EXPECT_GE(tally.served, visits * 3 / 4);
    EXPECT_LE(tally.most, 3);
    EXPECT_EQ(admission.figures().running, 0U);
    EXPECT_EQ(admission.figures().waiting, 0U);
}

}  // namespace
