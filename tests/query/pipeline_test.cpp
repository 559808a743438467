#include "query/pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "query/stand.hpp"

namespace {

using namespace std::chrono_literals;
using query_test::Asked;
using query_test::numbers;
using query_test::Stand;
using testing::HasSubstr;
namespace json = boost::json;

json::value structured(const query::Answer& answer) { return json::parse(answer.structured.to_string()); }
std::string note(const query::Answer& answer) {
    const auto value = structured(answer);
    const auto* text = value.as_object().if_contains("note");
    return text ? std::string{text->as_string()} : std::string{};
}

query::Request select(std::size_t limit = 100) { return {.text = "SELECT n FROM t ORDER BY n", .limit = limit}; }

TEST(Pipeline, answers_with_the_rows_of_the_statement) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(3); };
    auto answer = stand.ask(select());
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(json::serialize(structured(*answer).at("rows")), "[[1],[2],[3]]");
    EXPECT_EQ(answer->facts.row_count, 3U);
    EXPECT_FALSE(answer->facts.truncated);
    EXPECT_EQ(answer->facts.query_id, "query-1");
    EXPECT_EQ(stand.backend.texts(), std::vector<std::string>{"SELECT n FROM t ORDER BY n"})
        << "the bytes that were judged";
}

TEST(Pipeline, text_that_the_guard_refuses_never_reaches_the_backend) {
    Stand stand;
    for (const char* text : {"DROP TABLE t", "SELECT 1; SELECT 2", "", "SELECT 'x", "INSERT INTO t VALUES (1)"}) {
        auto answer = stand.ask({.text = text});
        ASSERT_FALSE(answer) << text;
        EXPECT_EQ(answer.error().stage(), base::Stage::guard) << text;
    }
    EXPECT_TRUE(stand.backend.ran.empty());
}

async::Task<base::Result<int>> start_both(async::Call& call, query::Pipeline* pipeline) {
    auto refused = pipeline->start(call, {.text = "DROP TABLE t"});
    EXPECT_TRUE(refused.answer && !refused.answer->has_value());
    EXPECT_FALSE(refused.plan);
    auto fine = pipeline->start(call, {.text = "SELECT 1"});
    EXPECT_FALSE(fine.answer);
    EXPECT_TRUE(fine.plan);
    co_return 1;
}

TEST(Pipeline, says_yes_or_no_without_waiting) {
    Stand stand;
    Asked<int> asked;
    stand.start(asked, [&](async::Call& call) { return start_both(call, &stand.pipeline); });
    EXPECT_TRUE(asked.done());
}

TEST(Pipeline, asks_for_one_row_more_than_it_shows) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(5); };
    auto answer = stand.ask(select(5));
    EXPECT_FALSE(answer->facts.truncated) << "exactly as many as allowed";
    EXPECT_EQ(stand.backend.ran.back().limit, 6U);
    EXPECT_EQ(note(*answer), "");
}

TEST(Pipeline, announces_what_is_cut_and_goes_on_with_the_cursor) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(25, 7); };
    std::string rows;
    std::string cursor;
    int pages = 0;
    do {
        auto request = select(10);
        request.cursor = cursor;
        auto answer = stand.ask(request);
        ASSERT_TRUE(answer) << answer.error().message();
        for (const auto& row : structured(*answer).at("rows").as_array()) rows += json::serialize(row.at(0)) + " ";
        cursor = answer->facts.cursor;
        EXPECT_EQ(answer->facts.truncated, !cursor.empty());
        // Who reads text only finds it too.
        if (!cursor.empty()) EXPECT_THAT(answer->content.to_string(), HasSubstr("cursor: " + cursor));
        ++pages;
    } while (!cursor.empty());
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(rows, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 ");
}

TEST(Pipeline, says_how_many_there_are_where_the_backend_knows) {
    Stand stand;
    stand.backend.reply = [](const auto&) {
        auto reply = numbers(50);
        reply.total = 5'000;
        return reply;
    };
    auto answer = stand.ask(select(10));
    EXPECT_EQ(answer->facts.total_rows, 5'000U);
    EXPECT_THAT(note(*answer), HasSubstr("Showing rows 1 to 10 of 5000"));
}

TEST(Pipeline, a_backend_that_stopped_at_our_hint_does_not_know_how_many_there_are) {
    Stand stand;
    stand.backend.reply = [](const backend::Statement& statement) {
        auto reply = numbers(static_cast<int>(statement.limit.value()));
        reply.total = statement.limit;
        return reply;
    };
    auto answer = stand.ask(select(10));
    EXPECT_TRUE(answer->facts.truncated);
    EXPECT_EQ(answer->facts.total_rows, std::nullopt);
    EXPECT_THAT(note(*answer), HasSubstr("there are more"));
}

TEST(Pipeline, counts_to_the_end_where_it_is_asked_to) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(250, 100); };
    auto request = select(10);
    request.text = "SHOW TABLES";
    request.count_all = true;
    auto answer = stand.ask(request);
    EXPECT_EQ(answer->facts.row_count, 10U);
    EXPECT_EQ(answer->facts.total_rows, 250U);
    EXPECT_EQ(stand.backend.ran.back().limit, std::nullopt);
}

TEST(Pipeline, stops_reading_when_it_has_enough) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(1'000, 10); };
    stand.ask(select(15));
    EXPECT_EQ(stand.backend.batches_given, 2U);
    EXPECT_EQ(stand.backend.results_open, 0);
}

TEST(Pipeline, a_limit_above_the_servers_is_lowered_and_that_is_said) {
    Stand stand{{.max_query_result_rows = 20}};
    stand.backend.reply = [](const auto&) { return numbers(30); };
    auto answer = stand.ask(select(1'000'000));
    EXPECT_EQ(answer->facts.row_count, 20U);
    EXPECT_THAT(note(*answer), HasSubstr("limit was lowered to 20 (MAX_QUERY_RESULT_ROWS)"));
}

TEST(Pipeline, bytes_bound_an_answer_and_pages_lose_no_row) {
    Stand stand{{.max_result_bytes = 8'192}};
    stand.backend.reply = [](const auto&) {
        std::vector<std::vector<std::optional<std::string>>> rows;
        for (int n = 0; n < 40; ++n) rows.push_back({std::to_string(n) + std::string(400, '"')});
        return query_test::table({"X"}, rows);
    };
    std::size_t rows = 0;
    std::string cursor;
    do {
        auto request = select(1'000);
        request.cursor = cursor;
        auto answer = stand.ask(request);
        ASSERT_TRUE(answer);
        EXPECT_LE(answer->content.size() + answer->structured.size(), 8'192U);
        const auto value = structured(*answer);
        for (const auto& row : value.at("rows").as_array()) {
            EXPECT_TRUE(row.at(0).as_string().starts_with(std::to_string(rows++) + '"'));
        }
        if (!answer->facts.cursor.empty()) EXPECT_THAT(note(*answer), HasSubstr("MAX_RESULT_BYTES"));
        cursor = answer->facts.cursor;
    } while (!cursor.empty());
    EXPECT_EQ(rows, 40U);
}

TEST(Pipeline, a_cursor_is_good_for_its_statement_its_context_and_its_principal_only) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(25); };
    auto first = stand.ask(select(10));
    const std::string cursor = first->facts.cursor;
    ASSERT_FALSE(cursor.empty());

    auto other_text = select(10);
    other_text.text = "SELECT 2";
    other_text.cursor = cursor;
    auto answer = stand.ask(other_text);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().argument(), "cursor");

    auto other_context = select(10);
    other_context.context.schema = "OTHER";
    other_context.cursor = cursor;
    EXPECT_FALSE(stand.ask(other_context));

    auto mine = select(10);
    mine.cursor = cursor;
    EXPECT_FALSE(stand.ask(mine, "key:somebody else"));
    EXPECT_TRUE(stand.ask(mine));
    auto broken = mine;
    broken.cursor[cursor.size() / 2] ^= 1;
    EXPECT_FALSE(stand.ask(broken));
    stand.wall_now += 25h;
    auto late = stand.ask(mine);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), base::Kind::bad_argument);
}

TEST(Pipeline, adds_a_limit_to_a_select_of_its_own_before_it_is_judged) {
    Stand stand;
    stand.backend.reply = [](const auto&) {
        auto reply = numbers(11);
        reply.total = 11;
        return reply;
    };
    query::Request request{.text = "SELECT * FROM \"T\"", .limit = 10, .add_limit_clause = true};
    auto answer = stand.ask(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(stand.backend.texts().back(), "SELECT * FROM \"T\" LIMIT 11");
    EXPECT_EQ(answer->facts.total_rows, std::nullopt) << "11 is our own limit";
    request.cursor = answer->facts.cursor;
    stand.ask(request);
    EXPECT_EQ(stand.backend.texts().back(), "SELECT * FROM \"T\" LIMIT 21");
}

TEST(Pipeline, picks_columns_by_name_and_rows_by_value) {
    Stand stand;
    stand.backend.reply = [](const auto&) {
        return query_test::table({"created_on", "name", "comment"}, {{"1", "a", "x"}, {"2", "b", std::nullopt}});
    };
    query::Request request{
        .text = "SHOW TABLES",
        .picks = {{.source = "NAME", .name = "table"}, {.source = "owner", .name = "owner", .optional = true}},
        .only = query::Only{.source = "name", .value = "b"}};
    auto answer = stand.ask(request);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(json::serialize(structured(*answer).at("rows")), R"([["b",null]])");
    EXPECT_EQ(structured(*answer).at("columns").at(0).at("name"), "table");
    request.picks.push_back({.source = "gone", .name = "gone"});
    EXPECT_EQ(stand.ask(request).error().kind(), base::Kind::internal);
}

TEST(Pipeline, names_the_wait_that_ran_out) {
    Stand stand{{.max_concurrent_requests = 1, .query_timeout = 60s}};
    stand.backend.reply = [](const auto&) {
        auto reply = numbers(1);
        reply.waits = true;
        return reply;
    };
    Asked<query::Answer> running;
    Asked<query::Answer> queued;
    const auto run = [&](async::Call& call) { return stand.pipeline.run(call, select()); };
    stand.start(running, run);
    stand.start(queued, run, "b", 10s);
    stand.worker.pass(11s);
    ASSERT_TRUE(queued.done());
    EXPECT_EQ(queued.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(queued.answer->error().stage(), base::Stage::queue);
    EXPECT_FALSE(running.done());
    stand.worker.pass(50s);
    ASSERT_TRUE(running.done());
    EXPECT_EQ(running.answer->error().kind(), base::Kind::timeout);
    EXPECT_EQ(running.answer->error().stage(), base::Stage::query);
    EXPECT_THAT(running.answer->error().message(), HasSubstr("60"));
    EXPECT_EQ(stand.pipeline.figures().running, 0U);
}

TEST(Pipeline, a_pool_without_sessions_names_the_pool) {
    Stand stand{{}, {.connection_timeout = 5s}};
    stand.backend.login_waits = true;
    Asked<query::Answer> asked;
    stand.start(asked, [&](async::Call& call) { return stand.pipeline.run(call, select()); });
    for (int i = 0; i < 7; ++i) stand.worker.pass(1s);
    ASSERT_TRUE(asked.done());
    EXPECT_EQ(asked.answer->error().stage(), base::Stage::pool);
}

TEST(Pipeline, runs_no_more_than_the_pool_can_take) {
    Stand stand{{.max_concurrent_requests = 50}, {.min_size = 0, .max_size = 2}};
    EXPECT_EQ(stand.pipeline.figures().limits.running, 2U);
}

TEST(Pipeline, service_comes_back_after_a_client_left) {
    Stand stand{{.max_concurrent_requests = 1}};
    bool waits = true;
    stand.backend.reply = [&waits](const auto&) {
        auto reply = numbers(1);
        reply.waits = std::exchange(waits, false);
        return reply;
    };
    Asked<query::Answer> leaver;
    stand.start(leaver, [&](async::Call& call) { return stand.pipeline.run(call, select()); });
    ASSERT_NE(leaver.call, nullptr);
    leaver.call->stop(async::StopReason::client);
    stand.worker.settle();
    ASSERT_TRUE(leaver.done());
    EXPECT_EQ(leaver.answer->error().kind(), base::Kind::cancelled);
    EXPECT_TRUE(stand.ask(select()));
    EXPECT_EQ(stand.memory.used(), 0U);
}

TEST(Pipeline, what_the_backend_says_comes_through_as_an_error) {
    Stand stand;
    stand.backend.reply = [](const auto&) {
        return query_test::failure(
            base::Error{base::Kind::sql, "invalid identifier 'X'"}.code("000904", "42000").query("id-7"));
    };
    auto answer = stand.ask(select());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::Kind::sql);
    EXPECT_EQ(answer.error().stage(), base::Stage::query);
    EXPECT_EQ(answer.error().sqlstate(), "42000");
    EXPECT_EQ(answer.error().query_id(), "id-7");
}

TEST(Pipeline, an_answer_holds_its_memory_until_it_is_gone) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(100); };
    {
        auto answer = stand.ask(select());
        EXPECT_EQ(stand.memory.used(), answer->content.size() + answer->structured.size());
    }
    EXPECT_EQ(stand.memory.used(), 0U);
}

TEST(Pipeline, others_run_between_the_batches_of_a_long_result) {
    Stand stand{{.max_query_result_rows = 100'000, .max_result_bytes = std::size_t{16} << 20}};
    stand.backend.reply = [](const auto&) { return numbers(20'000, 20'000); };
    Asked<query::Answer> asked;
    int turns = 0;
    std::function<void()> neighbour = [&] {
        ++turns;
        if (!asked.done()) stand.worker->post(neighbour);
    };
    stand.worker->post(neighbour);
    stand.start(asked, [&](async::Call& call) { return stand.pipeline.run(call, select(50'000)); });
    ASSERT_TRUE(asked.done());
    EXPECT_EQ(asked.answer->value().facts.row_count, 20'000U);
    EXPECT_GE(turns, 19) << "one batch of 20,000 rows is cut in pieces of 1,024";
}

TEST(Pipeline, tags_the_query_with_who_asked_and_how) {
    Stand stand;
    auto request = select();
    request.tool = "execute_query";
    stand.ask(request, "key:" + std::string(5'000, '"'));
    const auto tag = json::parse(stand.backend.ran.back().tag);
    EXPECT_EQ(tag.at("tool"), "execute_query");
    EXPECT_LE(stand.backend.ran.back().tag.size(), 2'000U);
}

TEST(Pipeline, rows_come_as_texts_with_nulls_apart) {
    Stand stand;
    stand.backend.reply = [](const auto&) {
        return query_test::table({"name", "comment"}, {{"a", ""}, {"b", std::nullopt}});
    };
    Asked<query::Rows> asked;
    stand.start(asked, [&](async::Call& call) { return stand.pipeline.rows(call, {.text = "SHOW TABLES"}); });
    ASSERT_TRUE(asked.done() && asked.answer->has_value());
    const auto& rows = asked.answer->value();
    EXPECT_EQ(rows.rows(), 2U);
    EXPECT_EQ(rows.at(0, 1), "");
    EXPECT_EQ(rows.at(1, 1), std::nullopt);
    EXPECT_TRUE(rows.complete());
}

TEST(Pipeline, rows_say_when_there_were_more) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(30); };
    Asked<query::Rows> asked;
    stand.start(asked,
                [&](async::Call& call) { return stand.pipeline.rows(call, {.text = "SHOW TABLES"}, {.rows = 10}); });
    EXPECT_FALSE(asked.answer->value().complete());
    EXPECT_EQ(asked.answer->value().rows(), 10U);
}

TEST(Pipeline, leaves_out_the_rows_that_are_not_wanted) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return query_test::table({"name"}, {{"a"}, {"b"}, {"a"}, {"c"}}); };
    query::Request request{.text = "SHOW TABLES", .limit = 1, .except = query::Only{.source = "name", .value = "a"}};
    request.count_all = true;
    auto answer = stand.ask(request);
    EXPECT_EQ(json::serialize(structured(*answer).at("rows")), R"([["b"]])");
    EXPECT_EQ(answer->facts.total_rows, 2U);
    EXPECT_EQ(stand.backend.ran.back().limit, std::nullopt) << "the backend does not know which are wanted";
}

TEST(Pipeline, rows_are_refused_when_the_memory_is_not_there) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return query_test::table({"name"}, {{std::string(3 << 20, 'x')}}); };
    base::Lease others = stand.memory.count(stand.memory.limit() - (std::size_t{1} << 20));
    Asked<query::Rows> asked;
    stand.start(asked, [&](async::Call& call) { return stand.pipeline.rows(call, {.text = "SHOW TABLES"}); });
    ASSERT_TRUE(asked.done());
    ASSERT_FALSE(asked.answer->has_value());
    EXPECT_EQ(asked.answer->error().kind(), base::Kind::overloaded);
    others.release();
    EXPECT_EQ(stand.memory.used(), 0U) << "a refusal gives back what was taken";
}

TEST(Pipeline, counts_statements_by_how_they_ended) {
    Stand stand;
    stand.ask(select());
    stand.ask({.text = "DROP TABLE t"});
    const auto text = stand.metrics.scrape(base::Metrics::Format::prometheus);
    EXPECT_THAT(text, HasSubstr("mcp_queries_total{status=\"success\"} 1"));
    EXPECT_THAT(text, HasSubstr("mcp_queries_total{status=\"refused\"} 1"));
    EXPECT_THAT(text, HasSubstr("mcp_request_queue_length 0"));
}

TEST(Pipeline, reports_progress_to_who_asked_for_it) {
    Stand stand;
    stand.backend.reply = [](const auto&) { return numbers(50, 10); };
    std::vector<double> seen;
    Asked<query::Answer> asked;
    stand.start(
        asked, [&](async::Call& call) { return stand.pipeline.run(call, select()); }, "a", 1h,
        [&](const async::Progress& progress) { seen.push_back(progress.progress); });
    EXPECT_FALSE(seen.empty());
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

}  // namespace
