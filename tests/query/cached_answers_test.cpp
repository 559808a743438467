// Cache and coalescing in the chain: who gets whose answer, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <map>

#include "query/stand.hpp"

namespace {

using namespace std::chrono_literals;
using query::CacheUse;
using query_test::Asked;
using query_test::numbers;
using query_test::Stand;
using Status = query::CacheUse::Status;

sql::Policy writes_too() {
    sql::Policy policy;
    policy.allowed_commands = *sql::parse_commands("SELECT, SHOW, INSERT");
    return policy;
}

/// Bytes that several servers share.
struct Shelf {
    std::map<std::string, std::string> bytes;
    int asked = 0;
    bool broken = false;
    bool led_elsewhere = false;
    int yielded = 0;
};
class ShelfStore final : public query::cache::SharedStore {
public:
    explicit ShelfStore(Shelf& shelf) : shelf_{shelf} {}
    async::Task<std::optional<std::string>> get(async::Call&, const query::cache::Key& key) override {
        ++shelf_.asked;
        const auto found = shelf_.bytes.find(key.whole);
        if (shelf_.broken || found == shelf_.bytes.end()) co_return std::nullopt;
        co_return found->second;
    }
    void put(const query::cache::Key& key, std::string bytes, std::chrono::milliseconds) override {
        if (!shelf_.broken) shelf_.bytes[key.whole] = std::move(bytes);
    }
    async::Task<bool> lead(async::Call&, const query::cache::Key&, std::chrono::milliseconds) override {
        co_return !shelf_.led_elsewhere;
    }
    void yield(const query::cache::Key&) override { ++shelf_.yielded; }
    void clear(Cleared done) override {
        shelf_.bytes.clear();
        if (done) done(true);
    }
    void write_status(base::JsonWriter& json) const override { json.begin_object().end_object(); }
    void stop() override {}
    bool join(std::chrono::milliseconds) override { return true; }

private:
    Shelf& shelf_;
};

struct Cached : Stand {
    explicit Cached(query::cache::Settings settings = {}, sql::Policy policy = {},
                    std::unique_ptr<query::cache::SharedStore> shared = {})
        : Stand{{}, {}, std::move(policy), std::move(settings), std::move(shared)} {
        backend.reply = [this](const auto&) { return numbers(++runs); };
    }
    query::Answer get(query::Request request, std::string who = "os:test") {
        auto answer = ask(std::move(request), std::move(who));
        EXPECT_TRUE(answer) << answer.error().message();
        return answer ? std::move(*answer) : query::Answer{};
    }
    std::size_t ran() const { return backend.ran.size(); }
    int runs = 0;
};

query::Request select(std::string text = "SELECT n FROM t") { return {.text = std::move(text)}; }

TEST(CachedAnswers, are_given_again_without_asking_the_backend) {
    Cached stand;
    const auto first = stand.get(select());
    stand.wall_now += 1500ms;
    const auto second = stand.get(select("select n -- the same\n  FROM t;"));
    EXPECT_EQ(stand.ran(), 1U);
    EXPECT_EQ(first.cache.status, Status::miss);
    EXPECT_EQ(second.cache.status, Status::hit);
    EXPECT_EQ(second.cache.age, 1500ms);
    EXPECT_EQ(second.content.to_string(), first.content.to_string());
    EXPECT_EQ(second.structured.to_string(), first.structured.to_string());
}

TEST(CachedAnswers, come_without_suspension) {
    Cached stand;
    stand.get(select());
    Asked<query::Answer> asked;
    bool at_once = false;
    stand.start(asked, [&](async::Call& call) -> async::Task<base::Result<query::Answer>> {
        auto started = stand.pipeline.start(call, select());
        at_once = started.answer.has_value() && started.answer->has_value();
        return stand.pipeline.run(call, select());
    });
    stand.finish(asked);
    EXPECT_TRUE(at_once);
}

TEST(CachedAnswers, end_with_their_time) {
    Cached stand{{.ttl = 10s}};
    stand.get(select());
    stand.worker.pass(9s);
    EXPECT_EQ(stand.get(select()).cache.status, Status::hit);
    stand.worker.pass(1s);
    EXPECT_EQ(stand.get(select()).cache.status, Status::miss);
    EXPECT_EQ(stand.ran(), 2U);
}

TEST(CachedAnswers, of_metadata_have_a_time_of_their_own) {
    Cached stand{{.ttl = 10s, .metadata_ttl = 0s}};
    stand.get(select("SHOW TABLES"));
    EXPECT_EQ(stand.get(select("SHOW TABLES")).cache.status, Status::none);
    EXPECT_EQ(stand.ran(), 2U);
}

TEST(CachedAnswers, follow_the_rule_of_their_database_and_schema) {
    Cached stand{{.ttl = 10s, .ttl_rules = *query::cache::parse_ttl_rules("SALES.*=0, *.STAGING = 1")}};
    auto sales = select();
    sales.context.database = "SALES";
    stand.get(sales);
    EXPECT_EQ(stand.get(sales).cache.status, Status::none);
    auto staging = select();
    staging.context.database = "X";
    staging.context.schema = "STAGING";
    stand.get(staging);
    EXPECT_EQ(stand.get(staging).cache.status, Status::hit);
    stand.worker.pass(1s);
    EXPECT_EQ(stand.get(staging).cache.status, Status::miss);
}

TEST(CachedAnswers, tell_a_databases_own_schema_from_ours) {
    Cached stand;
    stand.backend.own = {.database = "DB", .schema = "S"};
    auto brought = select();
    brought.context.database = "OTHER";
    stand.get(brought);
    auto named = brought;
    named.context.schema = "S";
    EXPECT_EQ(stand.get(named).cache.status, Status::miss);
    auto ours = select();
    ours.context.database = "DB";
    stand.get(ours);
    EXPECT_EQ(stand.get(select()).cache.status, Status::hit);
}

TEST(CachedAnswers, are_not_of_statements_that_change_by_themselves) {
    Cached stand;
    for (const char* text : {"SELECT RANDOM()", "SELECT CURRENT_TIMESTAMP()", "SELECT UUID_STRING() FROM t"}) {
        stand.get(select(text));
        EXPECT_EQ(stand.get(select(text)).cache.status, Status::none) << text;
    }
    EXPECT_EQ(stand.ran(), 6U);
}

TEST(CachedAnswers, differ_by_context_limit_and_format) {
    Cached stand;
    stand.get(select());
    auto other = select();
    other.context.schema = "OTHER";
    EXPECT_EQ(stand.get(other).cache.status, Status::miss);
    other = select();
    other.context.role = "R";
    EXPECT_EQ(stand.get(other).cache.status, Status::miss);
    other = select();
    other.limit = 5;
    EXPECT_EQ(stand.get(other).cache.status, Status::miss);
    other = select();
    other.format = query::Format::csv;
    EXPECT_EQ(stand.get(other).cache.status, Status::miss);
    other = select();
    other.picks = {{.source = "N", .name = "number"}};
    EXPECT_EQ(stand.get(other).cache.status, Status::miss);
    EXPECT_EQ(stand.get(select()).cache.status, Status::hit);
}

TEST(CachedAnswers, in_the_connections_own_context_are_those_that_name_it) {
    Cached stand;
    stand.backend.own = {.role = "R", .secondary_roles = {}, .warehouse = "W", .database = "D", .schema = "S"};
    stand.get(select());
    auto named = select();
    named.context = {.role = "R", .secondary_roles = {}, .warehouse = {}, .database = "D", .schema = "S"};
    EXPECT_EQ(stand.get(named).cache.status, Status::hit);
}

TEST(CachedAnswers, carry_a_cursor_sealed_for_each_caller) {
    Cached stand;
    stand.backend.reply = [](const auto&) { return numbers(10); };
    auto request = select();
    request.limit = 4;
    const auto ann = stand.get(request, "key:ann");
    const auto bob = stand.get(request, "key:bob");
    EXPECT_EQ(bob.cache.status, Status::hit);
    ASSERT_FALSE(bob.facts.cursor.empty());
    EXPECT_THAT(bob.structured.to_string(), testing::HasSubstr(bob.facts.cursor));
    EXPECT_THAT(bob.content.to_string(), testing::HasSubstr(bob.facts.cursor));
    EXPECT_THAT(bob.content.to_string(), testing::Not(testing::HasSubstr(ann.facts.cursor)));

    auto next = request;
    next.cursor = ann.facts.cursor;
    EXPECT_FALSE(stand.ask(next, "key:bob")) << "somebody else's";
    next.cursor = bob.facts.cursor;
    const auto second = stand.get(next, "key:bob");
    EXPECT_EQ(boost::json::parse(second.structured.to_string()).at("rows").at(0).at(0), 5);
    EXPECT_EQ(second.cache.status, Status::miss);
}

TEST(CachedAnswers, are_passed_by_where_a_fresh_one_is_wanted) {
    Cached stand;
    stand.get(select());
    auto fresh = select();
    fresh.fresh = true;
    const auto answer = stand.get(fresh);
    EXPECT_EQ(answer.cache.status, Status::bypass);
    EXPECT_EQ(answer.facts.row_count, 2U);
    EXPECT_EQ(stand.get(select()).facts.row_count, 2U) << "the fresh answer is kept for others";
}

TEST(CachedAnswers, never_are_errors) {
    Cached stand;
    stand.backend.reply = [](const auto&) { return query_test::failure(base::Error{base::Kind::sql, "no table"}); };
    EXPECT_FALSE(stand.ask(select()));
    EXPECT_FALSE(stand.ask(select()));
    EXPECT_EQ(stand.ran(), 2U);
}

TEST(CachedAnswers, go_when_a_statement_changed_something) {
    Cached stand{{}, writes_too()};
    stand.get(select());
    stand.get(select("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(stand.get(select()).cache.status, Status::miss);
}

TEST(CachedAnswers, go_when_nobody_knows_whether_a_statement_changed_something) {
    Cached stand{{}, writes_too()};
    stand.get(select());
    stand.backend.reply = [](const auto&) { return query_test::failure(base::Error{base::Kind::unavailable, "lost"}); };
    EXPECT_FALSE(stand.ask(select("INSERT INTO t VALUES (1)")));
    stand.backend.reply = [](const auto&) { return numbers(1); };
    EXPECT_EQ(stand.get(select()).cache.status, Status::miss);
}

TEST(CachedAnswers, go_when_the_cache_is_emptied) {
    Cached stand;
    stand.get(select());
    EXPECT_TRUE(stand.cache().probe().actions.at(0).run());
    EXPECT_EQ(stand.get(select()).cache.status, Status::miss);
}

TEST(CachedAnswers, are_not_kept_where_the_stage_is_off) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(1); };
    EXPECT_EQ(stand.ask(select())->cache.status, Status::none);
    EXPECT_EQ(stand.ask(select())->cache.status, Status::none);
    EXPECT_EQ(stand.backend.ran.size(), 2U);
}

TEST(CachedAnswers, are_refused_by_the_guard_like_any_other) {
    Cached stand;
    EXPECT_FALSE(stand.ask(select("DROP TABLE t")));
    EXPECT_FALSE(stand.ask(select("DROP TABLE t")));
    EXPECT_EQ(stand.ran(), 0U);
}

class SharedAnswers : public testing::Test {
protected:
    std::unique_ptr<Cached> server(std::vector<base::Secret> keys = {base::Secret{"the same on every replica"}}) {
        auto made = std::make_unique<Cached>(query::cache::Settings{.type = "redis"}, sql::Policy{},
                                             std::make_unique<ShelfStore>(shelf_));
        made->sealer = *base::TokenSealer::with_keys(keys);
        return made;
    }
    Shelf shelf_;
};

TEST_F(SharedAnswers, of_one_server_serve_another) {
    const auto one = server();
    const auto other = server();
    const auto first = one->get(select());
    other->wall_now += 2s;
    const auto second = other->get(select());
    EXPECT_EQ(second.cache.status, Status::hit);
    EXPECT_EQ(second.cache.age, 2s);
    EXPECT_EQ(second.structured.to_string(), first.structured.to_string());
    EXPECT_EQ(other->ran(), 0U);
    EXPECT_EQ(other->get(select()).cache.status, Status::hit);
    EXPECT_EQ(shelf_.asked, 2) << "the second time from memory";
}

TEST_F(SharedAnswers, end_with_the_time_they_were_given) {
    const auto one = server();
    one->get(select());
    const auto other = server();
    other->wall_now += 299s;
    EXPECT_EQ(other->get(select()).cache.status, Status::hit);
    other->worker.pass(1s);
    other->wall_now += 1s;
    EXPECT_EQ(other->get(select()).cache.status, Status::miss);
}

TEST_F(SharedAnswers, of_the_future_are_not_believed) {
    const auto one = server();
    one->wall_now += 1h;
    one->get(select());
    const auto other = server();
    EXPECT_EQ(other->get(select()).cache.status, Status::miss);
}

TEST_F(SharedAnswers, that_were_tampered_with_are_misses) {
    const auto one = server();
    one->get(select());
    one->get(select("SELECT 2"));
    ASSERT_EQ(shelf_.bytes.size(), 2U);
    std::swap(shelf_.bytes.begin()->second, shelf_.bytes.rbegin()->second);
    const auto other = server();
    EXPECT_EQ(other->get(select()).cache.status, Status::miss);
    EXPECT_EQ(other->get(select("SELECT 2")).cache.status, Status::miss);
}

TEST_F(SharedAnswers, need_the_same_keys) {
    server()->get(select());
    const auto stranger = server({base::Secret{"another key altogether"}});
    EXPECT_EQ(stranger->get(select()).cache.status, Status::miss);
}

TEST_F(SharedAnswers, are_misses_where_the_store_fails) {
    shelf_.broken = true;
    const auto one = server();
    EXPECT_EQ(one->get(select()).cache.status, Status::miss);
    EXPECT_EQ(one->get(select()).cache.status, Status::hit) << "memory still works";
}

TEST_F(SharedAnswers, who_came_to_nothing_lets_others_lead) {
    const auto one = server();
    one->backend.reply = [](const auto&) { return query_test::failure(base::Error{base::Kind::sql, "no table"}); };
    EXPECT_FALSE(one->ask(select()));
    EXPECT_EQ(shelf_.yielded, 1);
}

TEST_F(SharedAnswers, who_does_not_lead_gives_nothing_up) {
    const auto one = server();
    shelf_.led_elsewhere = true;
    Asked<query::Answer> asked;
    one->start(asked, [&](async::Call& call) { return one->pipeline.run(call, select()); });
    ASSERT_FALSE(asked.done()) << "it waits for the leader's answer";
    EXPECT_EQ(one->ran(), 0U);
    asked.call->stop(async::StopReason::client);
    one->finish(asked);
    EXPECT_EQ(shelf_.yielded, 0);
}

TEST_F(SharedAnswers, a_crowd_asks_the_store_once) {
    server()->get(select());
    shelf_.asked = 0;
    const auto other = server();
    std::vector<Asked<query::Answer>> asked(50);
    for (auto& one : asked) {
        other->start(one, [&](async::Call& call) { return other->pipeline.run(call, select()); });
    }
    for (auto& one : asked) other->finish(one);
    EXPECT_LE(shelf_.asked, 1);
    EXPECT_EQ(other->ran(), 0U);
}

TEST(Coalescing, a_thousand_identical_calls_reach_the_warehouse_once) {
    Cached stand;
    async::Signal gate;
    stand.backend.gate = &gate;
    stand.backend.reply = [](const auto&) {
        auto reply = numbers(3);
        reply.waits = true;
        return reply;
    };
    std::vector<Asked<query::Answer>> asked(1'000);
    for (auto& one : asked) {
        stand.start(one, [&](async::Call& call) { return stand.pipeline.run(call, select()); });
    }
    EXPECT_EQ(stand.ran(), 1U);
    gate.set();
    for (auto& one : asked) {
        stand.finish(one);
        ASSERT_TRUE(*one.answer);
        EXPECT_EQ((*one.answer)->facts.row_count, 3U);
    }
    EXPECT_EQ(stand.ran(), 1U);
}

TEST(Coalescing, is_off_where_it_is_switched_off) {
    Cached stand{{.enabled = false, .coalesce = false}};
    async::Signal gate;
    stand.backend.gate = &gate;
    std::vector<Asked<query::Answer>> asked(2);
    for (auto& one : asked) {
        stand.start(one, [&](async::Call& call) { return stand.pipeline.run(call, select()); });
        stand.finish(one);
    }
    EXPECT_EQ(stand.ran(), 2U);
}

TEST(TtlRules, are_read_and_refused_by_name) {
    const auto rules = query::cache::parse_ttl_rules(" sales.pub* = 60 ,*.*=5,");
    ASSERT_TRUE(rules);
    ASSERT_EQ(rules->size(), 2U);
    query::cache::Settings settings{.ttl = 300s, .ttl_rules = *rules};
    EXPECT_EQ(query::cache::ttl_of(settings, "SALES", "PUBLIC"), 60s);
    EXPECT_EQ(query::cache::ttl_of(settings, "SALES", "PRIVATE"), 5s);
    for (const char* wrong : {"SALES=5", "SALES.X", "SALES.X=", "SALES.X=-1", "SALES.X=5s", ".X=5", "SALES.X=604801"}) {
        const auto refused = query::cache::parse_ttl_rules(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_THAT(refused.error().message(), testing::HasSubstr(wrong));
    }
    settings.ttl_rules.clear();
    EXPECT_EQ(query::cache::ttl_of(settings, "SALES", "PUBLIC"), 300s);
}

}  // namespace
