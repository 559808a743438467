// Pages by query id: a cursor goes on in the very result it comes from, on any replica.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <map>

#include "query/stand.hpp"

namespace {

using namespace std::chrono_literals;
using query_test::numbers;
using query_test::Reply;
using query_test::Stand;
using testing::HasSubstr;
namespace json = boost::json;

/// What the warehouse keeps of the queries it ran, for all replicas.
struct Kept {
    std::map<std::string, Reply> results;
    std::vector<backend::RowRange> asked;
    std::optional<base::Error> error;
};

async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> read_kept(query_test::ScriptedBackend* backend,
                                                                         Kept* kept, std::string id,
                                                                         backend::RowRange range) {
    kept->asked.push_back(range);
    if (kept->error) co_return base::fail(base::Error{*kept->error});
    const auto found = kept->results.find(id);
    if (found == kept->results.end()) co_return base::fail(base::Kind::not_found, "000612: no result");
    co_return backend->result_of(found->second, range);
}

base::TokenSealer sealer_of_all() {
    return std::move(*base::TokenSealer::with_keys({base::Secret{"a key that all replicas have"}}));
}

/// A server whose statements answer as `whole` says, and whose warehouse keeps what they answered.
struct Replica {
    Replica(Kept& shared, Reply whole, query::Settings settings = {}, std::string account = "acct")
        : kept{shared}, stand{settings} {
        stand.sealer = sealer_of_all();
        stand.backend.account = std::move(account);
        stand.backend.reply = [&shared, whole](const auto&) {
            shared.results.insert_or_assign("query-1", whole);
            return whole;
        };
        stand.pipeline.reread_by([this](async::Call&, std::string id, backend::RowRange range) {
            return read_kept(&stand.backend, &kept, std::move(id), range);
        });
    }
    Kept& kept;
    Stand stand;
};

query::Request select(std::size_t limit = 10, std::string cursor = {}) {
    return {.text = "SELECT n FROM t", .limit = limit, .cursor = std::move(cursor)};
}

std::string rows_of(const query::Answer& answer) {
    return json::serialize(json::parse(answer.structured.to_string()).at("rows"));
}

TEST(Pages, go_on_in_the_result_they_come_from_although_the_table_has_changed) {
    Kept kept;
    Replica replica{kept, numbers(25)};
    auto first = replica.stand.ask(select());
    ASSERT_TRUE(first);
    EXPECT_THAT(first->structured.to_string(), testing::Not(HasSubstr("ORDER BY")));
    replica.stand.backend.reply = [](const auto&) { return numbers(3); };
    auto second = replica.stand.ask(select(10, first->facts.cursor));
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(rows_of(*second), "[[11],[12],[13],[14],[15],[16],[17],[18],[19],[20]]");
    EXPECT_EQ(second->facts.query_id, "query-1");
    auto last = replica.stand.ask(select(10, second->facts.cursor));
    ASSERT_TRUE(last);
    EXPECT_EQ(rows_of(*last), "[[21],[22],[23],[24],[25]]");
    EXPECT_EQ(last->facts.cursor, "");
    EXPECT_EQ(last->facts.total_rows, 25U);
    EXPECT_EQ(replica.stand.backend.ran.size(), 1U) << "the statement ran once";
    EXPECT_EQ(replica.stand.backend.results_open, 0);
    first = second = last = base::fail(base::Kind::internal, "gone");
    EXPECT_EQ(replica.stand.memory.used(), 0U) << "nothing is kept for a cursor";
}

TEST(Pages, ask_for_what_they_show_and_one_row_more) {
    Kept kept;
    Replica replica{kept, numbers(25)};
    auto first = replica.stand.ask(select());
    (void)replica.stand.ask(select(7, first->facts.cursor));
    ASSERT_EQ(kept.asked.size(), 1U);
    EXPECT_EQ(kept.asked[0].skip, 10U);
    EXPECT_EQ(kept.asked[0].limit, 8U);
}

/// Every size of page, alone and with a bound on bytes: the pages, one after the other on two replicas, are the whole.
TEST(Pages, together_are_the_whole_whatever_their_size) {
    for (const std::size_t bytes : {std::size_t{4'096}, std::size_t{5'000}, std::size_t{1} << 20}) {
        for (const std::size_t limit : {1U, 2U, 3U, 7U, 19U, 20U, 21U, 100U}) {
            Kept kept;
            std::vector<std::vector<std::optional<std::string>>> all;
            for (std::size_t n = 0; n < 20; ++n) all.push_back({std::to_string(n), std::string((n * 37) % 300, 'x')});
            const auto whole = query_test::table({"N", "X"}, all);
            const query::Settings settings{.max_result_bytes = bytes};
            Replica one{kept, whole, settings};
            Replica other{kept, whole, settings};
            std::vector<std::string> seen;
            std::string cursor;
            int page = 0;
            do {
                auto& replica = page++ % 2 == 0 ? one : other;
                auto answer = replica.stand.ask(select(limit, cursor));
                ASSERT_TRUE(answer) << answer.error().message();
                EXPECT_LE(answer->content.size() + answer->structured.size(), bytes);
                EXPECT_LE(answer->facts.row_count, limit);
                const auto value = json::parse(answer->structured.to_string());
                for (const auto& row : value.at("rows").as_array()) {
                    EXPECT_EQ(row.at(1).as_string().size(), (seen.size() * 37) % 300);
                    seen.emplace_back(row.at(0).as_string());
                }
                cursor = answer->facts.cursor;
                EXPECT_EQ(answer->facts.truncated, !cursor.empty());
                ASSERT_LE(page, 20);
            } while (!cursor.empty());
            std::vector<std::string> expected;
            for (std::size_t n = 0; n < 20; ++n) expected.push_back(std::to_string(n));
            EXPECT_EQ(seen, expected) << limit << " rows, " << bytes << " bytes";
            EXPECT_EQ(one.stand.backend.ran.size() + other.stand.backend.ran.size(), 1U);
        }
    }
}

TEST(Pages, of_somebody_else_or_of_another_account_are_unknown) {
    Kept kept;
    Replica mine{kept, numbers(25)};
    Replica elsewhere{kept, numbers(25), {}, "another account"};
    auto first = mine.stand.ask(select());
    ASSERT_TRUE(first);
    auto foreign = mine.stand.ask(select(10, first->facts.cursor), "key:somebody else");
    auto moved = elsewhere.stand.ask(select(10, first->facts.cursor));
    for (const auto* answer : {&foreign, &moved}) {
        ASSERT_FALSE(*answer);
        EXPECT_EQ(answer->error().argument(), "cursor");
        EXPECT_THAT(answer->error().message(), HasSubstr("unknown"));
    }
    EXPECT_TRUE(kept.asked.empty()) << "nothing was read for them";
    EXPECT_TRUE(mine.stand.ask(select(10, first->facts.cursor)));
}

TEST(Pages, whose_result_is_gone_say_so_in_words_of_our_own) {
    Kept kept;
    Replica replica{kept, numbers(25)};
    auto first = replica.stand.ask(select());
    for (const auto kind : {base::Kind::not_found, base::Kind::sql}) {
        kept.error = base::Error{kind, "000612: Result for query 01… has not been found."};
        auto gone = replica.stand.ask(select(10, first->facts.cursor));
        ASSERT_FALSE(gone);
        EXPECT_EQ(gone.error().kind(), base::Kind::bad_argument);
        EXPECT_EQ(gone.error().argument(), "cursor");
        EXPECT_THAT(gone.error().message(), HasSubstr("expired"));
        EXPECT_THAT(gone.error().message(), HasSubstr("run the statement again"));
        EXPECT_THAT(gone.error().message(), testing::Not(HasSubstr("000612")));
    }
    kept.error = base::Error{base::Kind::unavailable, "no answer"};
    auto passing = replica.stand.ask(select(10, first->facts.cursor));
    ASSERT_FALSE(passing);
    EXPECT_EQ(passing.error().kind(), base::Kind::unavailable) << "what may pass is no end of the cursor";
    kept.error.reset();
    EXPECT_TRUE(replica.stand.ask(select(10, first->facts.cursor))) << "service came back";
}

TEST(Pages, of_a_server_s_own_limit_run_the_statement_again) {
    Kept kept;
    Replica replica{kept, numbers(11)};
    query::Request request{.text = "SELECT * FROM \"T\"", .limit = 10, .add_limit_clause = true};
    auto first = replica.stand.ask(request);
    ASSERT_TRUE(first);
    request.cursor = first->facts.cursor;
    replica.stand.backend.reply = [](const auto&) { return numbers(21); };
    auto second = replica.stand.ask(request);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->facts.row_count, 10U);
    EXPECT_EQ(replica.stand.backend.texts().back(), "SELECT * FROM \"T\" LIMIT 21");
    EXPECT_TRUE(kept.asked.empty());
}

TEST(Pages, of_a_counted_result_are_counted_to_its_end) {
    Kept kept;
    Replica replica{kept, numbers(25)};
    query::Request request{.text = "SHOW TABLES", .limit = 10, .count_all = true};
    auto first = replica.stand.ask(request);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->facts.total_rows, 25U);
    request.cursor = first->facts.cursor;
    auto second = replica.stand.ask(request);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(rows_of(*second), "[[11],[12],[13],[14],[15],[16],[17],[18],[19],[20]]");
    EXPECT_EQ(second->facts.total_rows, 25U);
    EXPECT_FALSE(kept.asked.back().limit) << "all rows are needed";
}

TEST(Pages, of_a_submitted_query_are_read_from_their_place_on) {
    Kept kept;
    Replica replica{kept, numbers(25)};
    kept.results["query-7"] = numbers(25);
    const auto show = [&](std::string cursor) {
        query_test::Asked<query::Answer> asked;
        query::Request request{.text = "query query-7", .limit = 20, .cursor = std::move(cursor)};
        replica.stand.start(asked, [&replica, request](async::Call& call) {
            return replica.stand.pipeline.show(call, request, std::string{"query-7"});
        });
        replica.stand.finish(asked);
        return std::move(asked.answer.value());
    };
    auto first = show({});
    ASSERT_TRUE(first);
    auto second = show(first->facts.cursor);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(rows_of(*second), "[[21],[22],[23],[24],[25]]");
    EXPECT_EQ(kept.asked.back().skip, 20U);
    kept.results.clear();
    auto gone = show(first->facts.cursor);
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().message(), HasSubstr("expired"));
}

}  // namespace
