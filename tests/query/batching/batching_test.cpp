// Reads that travel together, in the chain: guard, cache, flights, admission, pool, session, rendering.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "query/stand.hpp"

namespace query_test {
namespace {

using namespace std::chrono_literals;
using Refusal = ScriptedBackend::Refusal;

constexpr std::string_view slow = "SELECT 'slow'";

/// A pool of one session, on which a slow statement runs; whoever comes then must wait.
class Batching : public testing::Test {
protected:
    static query::BatchSettings on(std::size_t size = 10) { return {.enabled = true, .size = size, .gather = 100}; }

    explicit Batching(query::BatchSettings batching = on(), std::optional<query::cache::Settings> cache = {},
                      bool several_in_one = true, int sessions = 1)
        : stand_{{},
                 {.min_size = 0, .max_size = sessions, .multiplexing = false},
                 {},
                 std::move(cache),
                 {},
                 batching,
                 several_in_one} {
        stand_.backend.gate = &gate_;
        stand_.backend.gate_closes = true;
        stand_.backend.reply = [this](const backend::Statement& statement) {
            Reply reply = answer(statement.text);
            reply.waits = statement.text == slow || waits_;
            return reply;
        };
    }
    ~Batching() override {
        for (auto& one : asked_) one.answer.reset();  // their bytes are counted in the stand's budget
    }

    /// `SELECT bad` is an error; any other statement answers itself.
    static Reply answer(const std::string& text) {
        if (text.find("bad") != std::string::npos) {
            return failure(base::Error{base::Kind::sql, "invalid identifier in " + text}.at(base::Stage::query));
        }
        return table({"TEXT"}, {{text}, {"2"}, {"3"}});
    }

    using Answer = Asked<query::Answer>;
    Answer& ask(query::Request request, std::string who = "os:test", std::chrono::milliseconds left = 1h,
                async::Call::ProgressSink progress = {}) {
        Answer& one = asked_.emplace_back();
        stand_.start(
            one, [this, request](async::Call& call) { return stand_.pipeline.run(call, request); }, std::move(who),
            left, std::move(progress));
        return one;
    }
    Answer& ask(std::string text, std::string who = "os:test", std::chrono::milliseconds left = 1h) {
        return ask(query::Request{.text = std::move(text)}, std::move(who), left);
    }
    /// The session is taken from now on.
    Answer& occupy() { return ask(std::string{slow}); }
    /// The session is free: what waits for the gate goes on.
    void release() {
        gate_.set();
        stand_.worker.settle();
        gate_.reset();
    }

    static std::string text(const Answer& one) {
        if (!one.done()) return "(waits)";
        if (!one.answer->has_value()) return one.answer->error().message();
        return (*one.answer)->structured.to_string();
    }
    static bool has(const Answer& one, std::string_view words) { return text(one).find(words) != std::string::npos; }
    std::vector<std::string> in_one() const {
        std::vector<std::string> all;
        for (const auto& reads : stand_.backend.ran_in_one) all.push_back(reads.text);
        return all;
    }
    std::string metric(std::string_view line) const {
        const auto page = stand_.metrics.scrape(base::Metrics::Format::prometheus);
        const auto at = page.find(std::string{line} + " ");
        if (at == std::string::npos) return "absent";
        const auto from = at + line.size() + 1;
        return page.substr(from, page.find('\n', from) - from);
    }

    async::Signal gate_;
    bool waits_ = false;
    std::deque<Answer> asked_;
    Stand stand_;
};

TEST_F(Batching, where_a_session_is_idle_a_read_goes_alone_at_once) {
    EXPECT_TRUE(has(ask("SELECT 1"), "SELECT 1"));
    EXPECT_EQ(stand_.backend.texts(), std::vector<std::string>{"SELECT 1"});
    EXPECT_TRUE(in_one().empty());
}

TEST_F(Batching, reads_that_wait_travel_as_one_request_and_each_gets_its_own_rows) {
    occupy();
    auto& first = ask("SELECT 1 -- mine", "os:ann");
    auto& second = ask("SELECT 2;", "os:bob");
    auto& third = ask("VALUES (3)");
    EXPECT_EQ(stand_.pipeline.figures().waiting, 3U) << "whoever waits counts";
    release();
    ASSERT_EQ(in_one(), std::vector<std::string>{"SELECT 1\n;\nSELECT 2\n;\nVALUES (3)"});
    EXPECT_EQ(stand_.backend.ran_in_one[0].count, 3U);
    EXPECT_TRUE(has(first, "SELECT 1")) << text(first);
    EXPECT_TRUE(has(second, "SELECT 2"));
    EXPECT_TRUE(has(third, "VALUES (3)"));
    EXPECT_EQ(stand_.backend.texts(), std::vector<std::string>{std::string{slow}}) << "none ran alone";
    EXPECT_EQ(stand_.pipeline.figures().running, 0U);
    EXPECT_EQ(stand_.pipeline.figures().waiting, 0U);
    EXPECT_EQ(metric("mcp_batches_total{outcome=\"ran\"}"), "1");
    EXPECT_EQ(metric("mcp_batched_queries_total{outcome=\"answered\"}"), "3");
    EXPECT_EQ(metric("mcp_batch_size_sum"), "3");
}

TEST_F(Batching, a_batch_takes_one_place_and_one_session) {
    occupy();
    waits_ = true;
    for (int i = 0; i < 4; ++i) ask("SELECT " + std::to_string(i));
    release();
    EXPECT_EQ(stand_.pipeline.figures().running, 1U);
    EXPECT_EQ(stand_.pipeline.figures().waiting, 0U);
    EXPECT_EQ(stand_.backend.logins, 1);
    release();
    for (const auto& one : asked_) EXPECT_TRUE(one.done() && one.answer->has_value());
    EXPECT_EQ(stand_.pipeline.figures().running, 0U);
}

TEST_F(Batching, the_tag_names_who_rides) {
    occupy();
    ask(query::Request{.text = "SELECT 1", .tool = "execute_query"}, "os:ann");
    ask(query::Request{.text = "SELECT 2", .tool = "query_view"}, "os:bob");
    release();
    ASSERT_EQ(stand_.backend.ran_in_one.size(), 1U);
    const auto& tag = stand_.backend.ran_in_one[0].tag;
    for (const auto word : {"os:ann", "os:bob", "execute_query", "query_view"})
        EXPECT_NE(tag.find(word), std::string::npos) << tag;
}

TEST_F(Batching, one_that_waits_alone_goes_alone) {
    occupy();
    auto& only = ask("SELECT 1");
    release();
    EXPECT_TRUE(has(only, "SELECT 1"));
    EXPECT_TRUE(in_one().empty());
}

TEST_F(Batching, what_comes_later_than_the_timeout_is_in_the_next_batch) {
    occupy();
    ask("SELECT 1");
    ask("SELECT 2");
    stand_.worker.pass(150ms);
    ask("SELECT 3");
    ask("SELECT 4");
    waits_ = true;
    release();
    EXPECT_EQ(in_one(), std::vector<std::string>{"SELECT 1\n;\nSELECT 2"});
    release();
    EXPECT_EQ(in_one().back(), "SELECT 3\n;\nSELECT 4");
}

TEST_F(Batching, each_keeps_its_own_limits_and_form) {
    occupy();
    auto& short_one = ask(query::Request{.text = "SELECT 1", .limit = 1});
    auto& csv = ask(query::Request{.text = "SELECT 2", .limit = 2, .format = query::Format::csv});
    release();
    ASSERT_TRUE(short_one.done() && short_one.answer->has_value() && csv.done() && csv.answer->has_value());
    EXPECT_EQ((*short_one.answer)->facts.row_count, 1U);
    EXPECT_TRUE((*short_one.answer)->facts.truncated);
    EXPECT_EQ((*csv.answer)->facts.row_count, 2U);
    EXPECT_EQ(in_one().size(), 1U);
}

TEST_F(Batching, what_is_no_small_query_goes_alone) {
    occupy();
    ask("SHOW TABLES");
    ask("SELECT $$a;b$$");
    ask("EXPLAIN SELECT 1");
    ask(query::Request{.text = "SELECT 1", .limit = 5'000});
    ask(query::Request{.text = "SELECT 2", .context = {.role = "OTHER"}});
    ask("SELECT 3");
    for (int i = 0; i < 8; ++i) release();
    EXPECT_TRUE(in_one().empty());
    EXPECT_EQ(stand_.backend.ran.size(), 7U);
    for (const auto& one : asked_) EXPECT_TRUE(one.done() && one.answer->has_value()) << text(one);
}

TEST_F(Batching, contexts_do_not_mix) {
    occupy();
    const backend::Context other{.role = "OTHER", .warehouse = "W"};
    ask("SELECT 1");
    ask(query::Request{.text = "SELECT 2", .context = other});
    ask("SELECT 3");
    ask(query::Request{.text = "SELECT 4", .context = other});
    release();
    ASSERT_EQ(in_one().size(), 2U);
    EXPECT_EQ(in_one()[0], "SELECT 1\n;\nSELECT 3");
    EXPECT_EQ(in_one()[1], "SELECT 2\n;\nSELECT 4");
    EXPECT_EQ(stand_.backend.ran_in_one[1].context, other);
}

// ---- A bad statement

class BadStatement : public Batching, public testing::WithParamInterface<std::tuple<Refusal, int>> {};

TEST_P(BadStatement, is_its_callers_alone) {
    const auto [refusal, bad] = GetParam();
    stand_.backend.refusal = refusal;
    occupy();
    for (int i = 0; i < 4; ++i) ask("SELECT " + std::string{i == bad ? "bad" : "good"} + std::to_string(i));
    for (int i = 0; i < 8; ++i) release();
    for (int i = 0; i < 4; ++i) {
        const auto& one = asked_[static_cast<std::size_t>(i) + 1];
        ASSERT_TRUE(one.done()) << i;
        EXPECT_EQ(one.answer->has_value(), i != bad) << i << ": " << text(one);
        EXPECT_TRUE(has(one, (i == bad ? "bad" : "good") + std::to_string(i))) << text(one);
        if (i == bad) EXPECT_EQ(one.answer->error().kind(), base::Kind::sql);
    }
    EXPECT_EQ(in_one().size(), 1U);
    std::map<std::string, int> alone;
    for (const auto& one : stand_.backend.texts()) ++alone[one];
    for (const auto& [statement, times] : alone) EXPECT_EQ(times, 1) << statement;
    const int before = refusal == Refusal::names_nothing ? 0 : bad;
    EXPECT_EQ(stand_.backend.results_opened, before) << "who has a result gets it by its id";
    // The slow one; those without a result; the bad one itself where nobody told which it was.
    const int expected = 1 + (4 - before) - (refusal == Refusal::tells_each ? 1 : 0);
    EXPECT_EQ(static_cast<int>(stand_.backend.ran.size()), expected);
}

INSTANTIATE_TEST_SUITE_P(First_middle_last, BadStatement,
                         testing::Combine(testing::Values(Refusal::names_nothing, Refusal::names_what_ran,
                                                          Refusal::tells_each),
                                          testing::Values(0, 1, 3)));

TEST_F(Batching, those_who_run_once_more_are_not_refused_by_a_full_queue) {
    Stand stand{{.max_concurrent_requests = 1, .request_queue_size = 3},
                {.min_size = 0, .max_size = 1, .multiplexing = false},
                {},
                {},
                {},
                on()};
    async::Signal gate;
    stand.backend.gate = &gate;
    stand.backend.gate_closes = true;
    bool waits = true;
    stand.backend.reply = [&](const backend::Statement& statement) {
        Reply reply = answer(statement.text);
        reply.waits = waits;
        return reply;
    };
    const auto release = [&] {
        gate.set();
        stand.worker.settle();
        gate.reset();
    };
    std::deque<Answer> asked;
    const auto go = [&](const std::string& text) {
        stand.start(asked.emplace_back(), [&stand, text](async::Call& call) {
            return stand.pipeline.run(call, query::Request{.text = text});
        });
    };
    go("SELECT 'slow'");
    for (const auto* text : {"SELECT 1", "SELECT bad", "SELECT 3"}) go(text);
    release();  // the batch is away
    for (const auto* text : {"SELECT 4", "SELECT 5", "SELECT 6"}) go(text);
    go("SELECT 7");
    ASSERT_TRUE(asked.back().done() && !asked.back().answer->has_value()) << "the queue is full";
    waits = false;
    for (int i = 0; i < 6; ++i) release();
    for (const std::size_t good : {1U, 3U, 4U, 5U, 6U}) {
        EXPECT_TRUE(asked[good].done() && asked[good].answer->has_value()) << good << ": " << text(asked[good]);
    }
    EXPECT_EQ(asked[2].answer->error().kind(), base::Kind::sql);
    for (auto& one : asked) one.answer.reset();
}

// ---- Callers that leave

TEST_F(Batching, who_leaves_while_it_waits_is_left_out) {
    occupy();
    ask("SELECT 1");
    auto& leaves = ask("SELECT 2");
    ask("SELECT 3");
    leaves.call->stop(async::StopReason::client);
    stand_.worker.settle();
    ASSERT_TRUE(leaves.done());
    EXPECT_EQ(leaves.answer->error().kind(), base::Kind::cancelled);
    EXPECT_EQ(stand_.pipeline.figures().waiting, 2U);
    release();
    EXPECT_EQ(in_one(), std::vector<std::string>{"SELECT 1\n;\nSELECT 3"});
}

TEST_F(Batching, who_leaves_on_the_way_is_detached_and_the_others_get_their_rows) {
    occupy();
    waits_ = true;
    auto& first = ask("SELECT 1");
    auto& leaves = ask("SELECT 2");
    auto& third = ask("SELECT 3");
    release();
    leaves.call->stop(async::StopReason::client);
    stand_.worker.settle();
    ASSERT_TRUE(leaves.done());
    EXPECT_EQ(leaves.answer->error().kind(), base::Kind::cancelled);
    EXPECT_FALSE(first.done());
    release();
    EXPECT_TRUE(has(first, "SELECT 1"));
    EXPECT_TRUE(has(third, "SELECT 3"));
    EXPECT_EQ(stand_.backend.results_opened, 2);
    EXPECT_EQ(metric("mcp_batched_queries_total{outcome=\"left\"}"), "1");
}

TEST_F(Batching, the_last_one_that_leaves_stops_the_request) {
    occupy();
    waits_ = true;
    auto& first = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    release();
    first.call->stop(async::StopReason::client);
    stand_.worker.settle();
    EXPECT_EQ(stand_.pipeline.figures().running, 1U);
    second.call->stop(async::StopReason::client);
    stand_.worker.settle();
    EXPECT_EQ(stand_.pipeline.figures().running, 0U) << "the backend was told to stop";
    waits_ = false;
    EXPECT_TRUE(has(ask("SELECT 3"), "SELECT 3"));
    EXPECT_EQ(stand_.backend.logins, 1);
}

TEST_F(Batching, the_one_whose_turn_it_was_may_leave_too) {
    occupy();
    waits_ = true;
    auto& leader = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    release();
    leader.call->stop(async::StopReason::client);
    stand_.worker.settle();
    EXPECT_TRUE(leader.done());
    release();
    EXPECT_TRUE(has(second, "SELECT 2")) << text(second);
}

TEST_F(Batching, a_leader_that_leaves_in_the_moment_of_its_turn_does_not_strand_the_others) {
    auto& occupant = occupy();
    auto& leader = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    auto& third = ask("SELECT 3");
    // All in one go: the permit is granted before anybody sees that the leader stops.
    occupant.call->stop(async::StopReason::client);
    leader.call->stop(async::StopReason::client);
    stand_.worker.settle();
    EXPECT_TRUE(leader.done());
    for (int i = 0; i < 3; ++i) release();
    EXPECT_TRUE(has(second, "SELECT 2")) << text(second);
    EXPECT_TRUE(has(third, "SELECT 3")) << text(third);
    EXPECT_EQ(stand_.pipeline.figures().running, 0U);
}

TEST_F(Batching, each_waits_until_its_own_deadline) {
    occupy();
    waits_ = true;
    auto& hasty = ask("SELECT 1", "os:test", 2s);
    auto& patient = ask("SELECT 2", "os:test", 1min);
    release();
    stand_.worker.pass(3s);
    ASSERT_TRUE(hasty.done());
    EXPECT_EQ(hasty.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(hasty.answer->error().stage(), base::Stage::query);
    EXPECT_FALSE(patient.done());
    release();
    EXPECT_TRUE(has(patient, "SELECT 2"));
}

TEST_F(Batching, a_deadline_in_the_queue_says_so) {
    occupy();
    ask("SELECT 1");
    auto& hasty = ask("SELECT 2", "os:test", 2s);
    stand_.worker.pass(3s);
    ASSERT_TRUE(hasty.done());
    EXPECT_EQ(hasty.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(hasty.answer->error().stage(), base::Stage::queue);
}

TEST_F(Batching, a_request_that_takes_longer_than_a_statement_may_is_stopped_and_each_has_a_time_of_its_own) {
    occupy();
    waits_ = true;
    auto& first = ask("SELECT 1", "os:test", 1h);
    auto& second = ask("SELECT 2", "os:test", 1h);
    release();
    waits_ = false;
    stand_.worker.pass(301s);
    EXPECT_TRUE(has(first, "SELECT 1")) << text(first);
    EXPECT_TRUE(has(second, "SELECT 2")) << text(second);
    EXPECT_EQ(stand_.pipeline.figures().running, 0U);
}

// ---- The way there

TEST_F(Batching, a_session_that_is_lost_on_the_way_costs_one_more_run_alone) {
    occupy();
    auto& first = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    stand_.backend.request_error = base::Error{base::Kind::unavailable, "the session is gone"};
    release();
    EXPECT_TRUE(has(first, "SELECT 1")) << text(first);
    EXPECT_TRUE(has(second, "SELECT 2")) << text(second);
    EXPECT_EQ(stand_.backend.ran.size(), 3U);
    EXPECT_EQ(metric("mcp_batches_total{outcome=\"failed\"}"), "1");
    EXPECT_EQ(metric("mcp_batched_queries_total{outcome=\"alone\"}"), "2");
}

TEST_F(Batching, results_that_cannot_be_had_any_more_are_asked_for_anew_once) {
    occupy();
    auto& first = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    stand_.backend.loses_results = true;
    release();
    EXPECT_TRUE(has(first, "SELECT 1")) << text(first);
    EXPECT_TRUE(has(second, "SELECT 2")) << text(second);
    EXPECT_EQ(stand_.backend.ran.size(), 3U);
}

TEST_F(Batching, an_overload_is_not_answered_by_more_load) {
    occupy();
    auto& first = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    stand_.backend.request_error = base::Error{base::Kind::overloaded, "slow down"};
    release();
    for (const auto* one : {&first, &second}) {
        ASSERT_TRUE(one->done() && !one->answer->has_value());
        EXPECT_EQ(one->answer->error().kind(), base::Kind::overloaded);
    }
    EXPECT_EQ(stand_.backend.ran.size(), 1U);
}

// ---- Neighbours

TEST_F(Batching, principals_still_take_turns) {
    occupy();
    for (int i = 0; i < 30; ++i) ask("SELECT " + std::to_string(i), "os:busy");
    stand_.worker.pass(150ms);
    auto& other = ask("SELECT 'other'", "os:other");
    waits_ = true;
    release();
    release();
    release();
    EXPECT_TRUE(has(other, "other")) << "after two requests of the busy one at most";
}

class CachedBatching : public Batching {
protected:
    static query::cache::Settings kept() {
        query::cache::Settings settings;
        settings.enabled = true;
        settings.coalesce = true;
        return settings;
    }
    CachedBatching() : Batching{on(), kept()} {}
};

TEST_F(CachedBatching, children_are_flights_of_their_own_and_their_answers_are_kept) {
    occupy();
    auto& first = ask("SELECT 1");
    auto& same = ask("select 1");
    auto& second = ask("SELECT 2");
    release();
    EXPECT_EQ(in_one(), std::vector<std::string>{"SELECT 1\n;\nSELECT 2"});
    EXPECT_TRUE(has(first, "SELECT 1"));
    EXPECT_TRUE(has(same, "SELECT 1"));
    EXPECT_TRUE(has(second, "SELECT 2"));
    occupy();
    auto& again = ask("SELECT 2");
    ASSERT_TRUE(again.done()) << "from the cache, whoever waits";
    EXPECT_EQ((*again.answer)->cache.status, query::CacheUse::Status::hit);
    release();
}

TEST_F(CachedBatching, a_flight_whose_callers_have_all_left_leaves_the_batch) {
    occupy();
    waits_ = true;
    auto& first = ask("SELECT 1");
    auto& same = ask("SELECT 1");
    auto& second = ask("SELECT 2");
    release();
    first.call->stop(async::StopReason::client);
    same.call->stop(async::StopReason::client);
    stand_.worker.settle();
    EXPECT_FALSE(second.done());
    release();
    EXPECT_TRUE(has(second, "SELECT 2"));
    EXPECT_EQ(stand_.backend.results_opened, 1);
}

TEST_F(Batching, progress_goes_to_each_who_wants_it) {
    // The scripted backend reports nothing; what is asked here is that a sink does no harm on any way out.
    occupy();
    waits_ = true;
    int reports = 0;
    auto& asks = ask(query::Request{.text = "SELECT 1"}, "os:test", 1h, [&](const async::Progress&) { ++reports; });
    auto& silent = ask("SELECT 2");
    release();
    release();
    EXPECT_TRUE(has(asks, "SELECT 1"));
    EXPECT_TRUE(has(silent, "SELECT 2"));
}

class SmallBatches : public Batching {
protected:
    SmallBatches() : Batching{on(2)} {}
};

TEST_F(SmallBatches, hold_no_more_than_their_size) {
    occupy();
    for (int i = 0; i < 5; ++i) ask("SELECT " + std::to_string(i));
    for (int i = 0; i < 4; ++i) release();
    EXPECT_EQ(in_one(), (std::vector<std::string>{"SELECT 0\n;\nSELECT 1", "SELECT 2\n;\nSELECT 3"}));
    EXPECT_EQ(stand_.backend.texts().back(), "SELECT 4");
}

class Off : public Batching {
protected:
    Off() : Batching{query::BatchSettings{}} {}
};

TEST_F(Off, nothing_travels_together) {
    occupy();
    for (int i = 0; i < 3; ++i) ask("SELECT " + std::to_string(i) + ";");
    for (int i = 0; i < 4; ++i) release();
    EXPECT_TRUE(in_one().empty());
    EXPECT_EQ(stand_.backend.texts(),
              (std::vector<std::string>{std::string{slow}, "SELECT 0;", "SELECT 1;", "SELECT 2;"}));
    EXPECT_EQ(metric("mcp_batches_total{outcome=\"ran\"}"), "absent");
}

class CannotBatch : public Batching {
protected:
    CannotBatch() : Batching{on(), {}, false} {}
};

TEST_F(CannotBatch, passes_through_as_if_it_were_not_there) {
    occupy();
    for (int i = 0; i < 3; ++i) ask("SELECT " + std::to_string(i));
    for (int i = 0; i < 4; ++i) release();
    EXPECT_TRUE(in_one().empty());
    EXPECT_EQ(stand_.backend.ran.size(), 4U);
}

// ---- A backend that carries one statement a session after all

TEST(BatchingOnSharedSessions, a_refused_second_statement_sends_the_batch_to_a_session_of_its_own) {
    std::deque<Asked<query::Answer>> asked;
    Stand stand{{}, {.min_size = 0, .max_size = 2, .max_shared = 1}, {}, {}, {}, {.enabled = true}};
    stand.backend.several = true;
    stand.backend.reply = [](const backend::Statement& statement) {
        Reply reply = numbers(1);
        reply.waits = statement.text.starts_with("SELECT 'slow");  // until its caller leaves
        return reply;
    };
    const auto go = [&](const std::string& text) {
        stand.start(asked.emplace_back(), [&stand, text](async::Call& call) {
            return stand.pipeline.run(call, query::Request{.text = text});
        });
    };
    go("SELECT 'slow1'");
    go("SELECT 'slow2'");
    ASSERT_EQ(stand.backend.logins, 1) << "they share a session";
    stand.backend.refuses_second = true;
    for (int i = 0; i < 3; ++i) go("SELECT " + std::to_string(i));
    ASSERT_EQ(stand.pipeline.figures().waiting, 3U);
    asked[0].call->stop(async::StopReason::client);
    stand.worker.settle();
    for (std::size_t i = 2; i < asked.size(); ++i) EXPECT_TRUE(asked[i].done() && asked[i].answer->has_value());
    EXPECT_EQ(stand.backend.busy_refusals, 1);
    EXPECT_EQ(stand.backend.ran_in_one.size(), 1U);
    EXPECT_EQ(stand.pipeline.figures().running, 1U);
    EXPECT_EQ(stand.backend.logins, 2);
    for (auto& one : asked) one.answer.reset();
}

}  // namespace
}  // namespace query_test
