// Several statements in one request, statements that outlive their call, answers that do not fit: against an account in
// this process.
#include "backend/snowflake/services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "backend/snowflake/account_stand.hpp"

namespace account_test {
namespace {

using snow::ChildResult;
using End = ChildResult::End;
using testing::ElementsAre;
using testing::HasSubstr;

std::string id(int number) { return fmt::format("01b2c3d4-0000-0000-0000-{:012}", number); }
std::string result_path(int number) { return "/queries/" + id(number) + "/result"; }

/// The answer of a request with several statements.
Answered several(const std::string& ids) {
    return json(R"({"success":true,"code":null,"data":{"queryId":")" + id(99) +
                R"(","statementTypeId":40960,"rowtype":[{"name":"multiple statement execution","type":"text"}],)"
                R"("rowset":[["done"]],"total":1,"resultIds":")" +
                ids + "\"}}");
}
Answered refused_with(const std::string& code, const std::string& ids) {
    return json(R"({"success":false,"code":")" + code + R"(","message":"no such column","data":{"queryId":")" + id(99) +
                R"(","sqlState":"42000","resultIds":")" + ids + "\"}}");
}
bool is_several(const Seen& seen) { return seen.body.find("\"MULTI_STATEMENT_COUNT\":3") != std::string::npos; }

/// A row's only cell, or the error's message.
std::string text(AccountStand& stand, ChildResult& child) {
    if (!child.result) return child.result.error().message();
    return stand.run<std::string>([&](async::Call& call) -> async::Task<std::string> {
        std::string all;
        for (;;) {
            auto batch = co_await (*child.result)->next(call);
            if (!batch) co_return batch.error().message();
            if (*batch == nullptr) co_return all;
            for (std::size_t row = 0; row < (*batch)->rows(); ++row) append_text(all, (*batch)->cell(row, 0));
        }
    });
}

base::Result<std::vector<ChildResult>> run_all(AccountStand& stand, bool are_reads) {
    return stand.run<base::Result<std::vector<ChildResult>>>([&stand, are_reads](async::Call& call) {
        return stand.services().run_all(
            call, {.texts = {"FIRST", "SECOND", "THIRD"}, .context = {}, .tag = {}, .are_reads = are_reads});
    });
}

std::vector<End> ends(const std::vector<ChildResult>& children) {
    std::vector<End> all;
    for (const ChildResult& child : children) all.push_back(child.end);
    return all;
}

TEST(SeveralStatements, each_result_is_fetched_by_its_own_id) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request", [](const Seen& seen) {
        return is_several(seen) ? several(id(1) + "," + id(2) + "," + id(3)) : one_row();
    });
    for (int i = 1; i <= 3; ++i)
        stand.on("GET", result_path(i), [i](const Seen&) { return one_row(std::to_string(i)); });
    auto children = run_all(stand, true);
    ASSERT_TRUE(children);
    EXPECT_THAT(ends(*children), ElementsAre(End::answered, End::answered, End::answered));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(text(stand, (*children)[i]), std::to_string(i + 1));
        EXPECT_EQ((*children)[i].query_id, id(i + 1));
    }
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(stand.requests()["GET " + result_path(i)], 1);
    EXPECT_EQ(stand.statements().size(), 2u) << "the login's and one";
}

TEST(SeveralStatements, a_child_that_still_runs_is_waited_for) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request", [](const Seen& seen) {
        return is_several(seen) ? several(id(1) + "," + id(2) + "," + id(3)) : one_row();
    });
    for (int i : {1, 3}) stand.on("GET", result_path(i), [](const Seen&) { return one_row("x"); });
    std::atomic<int> polls = 0;
    stand.on("GET", result_path(2), [&](const Seen&) {
        if (++polls > 1) return one_row("late");
        return json(R"({"success":true,"code":"333334","data":{"queryId":")" + id(2) + R"(","getResultUrl":")" +
                    result_path(2) + R"("}})");
    });
    auto children = run_all(stand, true);
    ASSERT_TRUE(children);
    EXPECT_THAT(ends(*children), ElementsAre(End::answered, End::answered, End::answered));
    EXPECT_EQ(text(stand, (*children)[1]), "late");
    EXPECT_EQ(polls, 2);
}

TEST(SeveralStatements, a_refusal_that_names_who_ran_gives_those_their_rows_and_runs_the_reads_behind_it) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request", [](const Seen& seen) {
        if (is_several(seen)) return refused_with("000904", id(1));
        return one_row(seen.sql());
    });
    stand.on("GET", result_path(1), [](const Seen&) { return one_row("one"); });
    auto children = run_all(stand, true);
    ASSERT_TRUE(children);
    EXPECT_THAT(ends(*children), ElementsAre(End::answered, End::failed, End::answered));
    EXPECT_EQ(text(stand, (*children)[0]), "one") << "by its id: it ran once";
    EXPECT_THAT(text(stand, (*children)[1]), HasSubstr("no such column"));
    EXPECT_EQ(text(stand, (*children)[2]), "THIRD") << "by itself";
    EXPECT_TRUE(stand.statements("FIRST").empty());
    EXPECT_TRUE(stand.statements("SECOND").empty());
}

TEST(SeveralStatements, of_writes_the_one_that_failed_is_told_from_those_that_never_ran) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request",
             [](const Seen& seen) { return is_several(seen) ? refused_with("000904", id(1)) : one_row(); });
    stand.on("GET", result_path(1), [](const Seen&) { return one_row("1"); });
    auto children = run_all(stand, false);
    ASSERT_TRUE(children);
    EXPECT_THAT(ends(*children), ElementsAre(End::answered, End::failed, End::never_ran));
    EXPECT_THAT((*children)[2].result.error().message(), HasSubstr("no such column"));
    EXPECT_EQ(stand.statements().size(), 2u) << "no write goes out twice";
}

TEST(SeveralStatements, where_all_are_named_each_says_itself_how_it_ended) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request", [](const Seen& seen) {
        return is_several(seen) ? several(id(1) + "," + id(2) + "," + id(3)) : one_row();
    });
    stand.on("GET", result_path(1), [](const Seen&) { return one_row("1"); });
    stand.on("GET", result_path(2), [](const Seen&) { return refused("002003"); });
    stand.on("GET", result_path(3), [](const Seen&) { return refused("000612"); });
    auto writes = run_all(stand, false);
    ASSERT_TRUE(writes);
    EXPECT_THAT(ends(*writes), ElementsAre(End::answered, End::failed, End::never_ran));
    EXPECT_EQ((*writes)[1].result.error().code(), "002003");
    auto reads = run_all(stand, true);
    ASSERT_TRUE(reads);
    EXPECT_THAT(ends(*reads), ElementsAre(End::answered, End::failed, End::answered));
    EXPECT_EQ(stand.statements("THIRD").size(), 1u);
}

TEST(SeveralStatements, a_refusal_that_names_nobody_runs_the_reads_by_themselves_and_is_the_error_of_writes) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request", [](const Seen& seen) {
        if (is_several(seen)) return refused("000904");
        return seen.sql() == "SECOND" ? refused("000904") : one_row(seen.sql());
    });
    auto reads = run_all(stand, true);
    ASSERT_TRUE(reads);
    EXPECT_THAT(ends(*reads), ElementsAre(End::answered, End::failed, End::answered));
    auto writes = run_all(stand, false);
    ASSERT_FALSE(writes);
    EXPECT_EQ(writes.error().code(), "000904");
}

TEST(SeveralStatements, one_of_them_needs_no_ids) {
    AccountStand stand;
    auto children = stand.run<base::Result<std::vector<ChildResult>>>([&](async::Call& call) {
        return stand.services().run_all(call, {.texts = {"INSERT"}, .context = {}, .tag = {}, .are_reads = false});
    });
    ASSERT_TRUE(children);
    EXPECT_THAT(ends(*children), ElementsAre(End::answered));
    EXPECT_EQ(stand.statements("INSERT\\n").size(), 1u);
}

// ---- Statements that outlive their call

base::Result<std::string> submit(AccountStand& stand, std::chrono::seconds patience = 300s) {
    return stand.run<base::Result<std::string>>(
        [&stand](async::Call& call) {
            backend::Statement statement;
            statement.text = "LONG";
            statement.is_read = true;
            return stand.services().submit(call, std::move(statement));
        },
        patience);
}

TEST(Submitted, runs_as_long_as_its_own_setting_says_and_not_its_callers_time) {
    AccountStand stand{{.min_size = 0}, [](snow::Settings& settings) { settings.async_timeout = 7200s; }};
    stand.on("POST", "/queries/v1/query-request",
             [](const Seen& seen) { return seen.sql() == "LONG" ? session_test::running("333334") : one_row(); });
    ASSERT_TRUE(submit(stand, 20s));
    ASSERT_EQ(stand.statements("LONG").size(), 1u);
    EXPECT_THAT(stand.statements("LONG")[0].body, HasSubstr("\"STATEMENT_TIMEOUT_IN_SECONDS\":7200"));
    EXPECT_THAT(stand.statements("LONG")[0].body, HasSubstr("\"asyncExec\":true"));
}

TEST(Submitted, keeps_its_session_logged_in_until_it_must_be_over) {
    AccountStand stand;
    stand.on("POST", "/queries/v1/query-request",
             [](const Seen& seen) { return seen.sql() == "LONG" ? session_test::running("333334") : one_row(); });
    ASSERT_TRUE(submit(stand));
    const auto session = stand.backend().any_session();
    ASSERT_TRUE(session);
    EXPECT_TRUE(session->carries_queries(stand.now()));
    EXPECT_FALSE(session->carries_queries(stand.now() + 2h)) << "nobody asked, and the server has ended it by then";
}

// ---- A session that carries one statement only

TEST(BusySession, a_refused_second_statement_means_one_at_a_time_from_then_on) {
    AccountStand stand;
    auto lent = stand.run<base::Result<backend::Borrowed>>(
        [&](async::Call& call) { return stand.pool().acquire(call, backend::Context{}); });
    ASSERT_TRUE(lent);
    EXPECT_TRUE((*lent)->carries_several());
    const auto execute = [&](bool is_read) {
        return stand.run<base::Result<std::unique_ptr<backend::ResultSet>>>([&, is_read](async::Call& call) {
            backend::Statement statement;
            statement.text = "SELECT 1";
            statement.is_read = is_read;
            return (*lent)->execute(call, std::move(statement));
        });
    };
    stand.on("POST", "/queries/v1/query-request", [](const Seen&) {
        return json(R"({"success":false,"code":"002002","message":"exists already","data":{"sqlState":"42710"}})");
    });
    auto write = execute(false);
    ASSERT_FALSE(write);
    EXPECT_FALSE(backend::is_busy_error(write.error())) << "to a write it may mean what it says";
    EXPECT_TRUE((*lent)->carries_several());
    auto read = execute(true);
    ASSERT_FALSE(read);
    EXPECT_TRUE(backend::is_busy_error(read.error()));
    EXPECT_FALSE((*lent)->carries_several());
    EXPECT_TRUE((*lent)->usable());
    stand.on("POST", "/queries/v1/query-request", [](const Seen&) { return one_row(); });
    EXPECT_TRUE(execute(true));
    EXPECT_FALSE((*lent)->carries_several()) << "for ever";
}

// ---- Memory

TEST(LargeAnswer, is_leased_while_it_is_read_and_kept) {
    AccountStand stand;
    const std::string big(4 << 20, 'x');
    stand.on("POST", "/queries/v1/query-request",
             [&](const Seen& seen) { return seen.sql() == "BIG" ? one_row(big) : one_row(); });
    const std::size_t before = stand.memory.used();
    auto lent = stand.run<base::Result<backend::Borrowed>>(
        [&](async::Call& call) { return stand.pool().acquire(call, backend::Context{}); });
    ASSERT_TRUE(lent);
    const auto ask = [&] {
        return stand.run<base::Result<std::unique_ptr<backend::ResultSet>>>([&](async::Call& call) {
            backend::Statement statement;
            statement.text = "BIG";
            statement.is_read = true;
            return (*lent)->execute(call, std::move(statement));
        });
    };
    {
        auto rows = ask();
        ASSERT_TRUE(rows);
        EXPECT_GE(stand.memory.used(), before + big.size());
    }
    EXPECT_EQ(stand.memory.used(), before);

    auto taken = stand.memory.take(stand.memory.limit() - (4u << 20));
    ASSERT_TRUE(taken);
    auto refused = ask();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), base::Kind::overloaded);
    EXPECT_THAT(refused.error().message(), HasSubstr("MAX_MEMORY_MB"));
    EXPECT_EQ(stand.statements("BIG").size(), 2u) << "another try would meet the same";
    taken->release();
    stand.until_quiet();
    EXPECT_TRUE(ask()) << "the session is whole";
}

}  // namespace
}  // namespace account_test
