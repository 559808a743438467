#include "backend/snowflake/result/snowflake_result_set.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <deque>
#include <map>

#include "async/manual_worker.hpp"
#include "async/signal.hpp"
#include "backend/snowflake/result/chunk_retry.hpp"
#include "backend/snowflake/result/unpack.hpp"

namespace backend::snowflake {
namespace {

using async_test::ManualWorker;
using namespace std::chrono_literals;
using Cure = ChunkFailure::Cure;

/// Rows `from` to `to` of one number, as a chunk has them.
std::string rows(int from, int to) {
    std::string body;
    for (int i = from; i < to; ++i) body += fmt::format("{}[\"{}\"]", i > from ? "," : "", i);
    return body;
}

/// A storage that does as it is told, one step a try.
class ScriptedStorage final : public ChunkSource {
public:
    struct Step {
        std::string body;
        std::optional<Cure> failure = {};
        std::optional<std::chrono::milliseconds> retry_after = {};
    };

    async::Task<std::expected<std::string, ChunkFailure>> fetch(async::Call& call, Chunk chunk,
                                                                HeaderList headers) override {
        asked.push_back(chunk.url);
        last_headers = headers;
        most_at_once = std::max(most_at_once, ++at_once);
        if (holds) co_await gate_of(chunk.url).wait(call);
        --at_once;
        if (call.stopped()) {
            ++stopped;
            co_return std::unexpected{ChunkFailure{call.stopped_error(base::Stage::result)}};
        }
        auto& steps = script[chunk.url];
        if (steps.empty()) co_return std::unexpected{ChunkFailure{{base::Kind::internal, "not in the script"}}};
        const Step step = steps.front();
        if (steps.size() > 1) steps.pop_front();
        if (!step.failure) co_return step.body;
        co_return std::unexpected{
            ChunkFailure{base::Error{base::Kind::unavailable, "the storage failed"}, *step.failure, step.retry_after}};
    }
    async::Signal& gate_of(const std::string& url) { return gates[url]; }

    std::map<std::string, std::deque<Step>> script;
    std::map<std::string, async::Signal> gates;
    std::vector<std::string> asked;
    HeaderList last_headers;
    bool holds = false;
    int at_once = 0;
    int most_at_once = 0;
    int stopped = 0;
};

class ScriptedAnswers final : public AnswerSource {
public:
    async::Task<base::Result<QueryAnswer>> fetch_again(async::Call&, std::string query_id) override {
        ++asked;
        last_id = query_id;
        co_return parse_query_answer(body);
    }
    std::string body;
    std::string last_id;
    int asked = 0;
};

struct Listed {
    std::string url;
    int rows;
    std::optional<int> bytes = {};
};

std::string answer_of(int inline_rows, const std::vector<Listed>& chunks, std::optional<int> total = {}) {
    int all = inline_rows;
    std::string list;
    for (const Listed& chunk : chunks) {
        all += chunk.rows;
        list += fmt::format(R"({}{{"url":"{}","rowCount":{}{}}})", list.empty() ? "" : ",", chunk.url, chunk.rows,
                            chunk.bytes ? fmt::format(R"(,"uncompressedSize":{})", *chunk.bytes) : "");
    }
    return fmt::format(
        R"({{"data":{{"queryId":"q-1","rowtype":[{{"name":"N","type":"fixed","scale":0,"precision":38}}],)"
        R"("rowset":[{}],"total":{},"chunks":[{}],"chunkHeaders":{{"h":"v"}}}},"success":true}})",
        rows(0, inline_rows), total.value_or(all), list);
}

class ResultSetTest : public testing::Test {
protected:
    ~ResultSetTest() override {
        result.reset();
        worker.settle();
        tasks.stop(async::StopReason::drain);
        worker.settle();
        EXPECT_EQ(tasks.size(), 0U);
        EXPECT_EQ(memory.used(), 0U) << "a lease was kept";
    }

    ResultParts parts() {
        ResultParts made;
        made.tasks = &tasks;
        made.memory = &memory;
        made.chunks = storage;
        made.answers = answers;
        made.random = [] { return 0.0; };
        return made;
    }
    void open(const std::string& body, ResultParts with) {
        auto answer = parse_query_answer(body);
        ASSERT_TRUE(answer);
        auto opened = open_result(std::move(*answer), std::move(with));
        ASSERT_TRUE(opened) << opened.error().message();
        result = std::move(*opened);
    }
    void open(const std::string& body) { open(body, parts()); }

    async::Task<void> read_on() {
        while (true) {
            auto batch = co_await result->next(call);
            if (!batch) {
                error = batch.error();
                co_return;
            }
            if (*batch == nullptr) {
                ended = true;
                co_return;
            }
            for (std::size_t row = 0; row < (*batch)->rows(); ++row)
                seen.push_back(static_cast<int>((*batch)->cell(row, 0).as_integer()));
        }
    }
    void read() { worker.start(read_on()); }

    std::vector<int> count_to(int end) {
        std::vector<int> all(static_cast<std::size_t>(end));
        for (int i = 0; i < end; ++i) all[static_cast<std::size_t>(i)] = i;
        return all;
    }

    ManualWorker worker;
    async::Call call{worker, worker.parts(1h)};
    async::TaskGroup tasks;
    base::MemoryBudget memory{{}};
    std::shared_ptr<ScriptedStorage> storage = std::make_shared<ScriptedStorage>();
    std::shared_ptr<ScriptedAnswers> answers = std::make_shared<ScriptedAnswers>();
    std::unique_ptr<ResultSet> result;
    std::vector<int> seen;
    bool ended = false;
    std::optional<base::Error> error;
};

TEST_F(ResultSetTest, gives_inline_rows_and_what_is_known_up_front) {
    open(answer_of(3, {}));
    ASSERT_EQ(result->columns().size(), 1U);
    EXPECT_EQ(result->columns()[0].type, "NUMBER(38,0)");
    EXPECT_EQ(result->query_id(), "q-1");
    EXPECT_EQ(result->total_rows(), 3U);
    read();
    EXPECT_EQ(seen, count_to(3));
    EXPECT_TRUE(ended);
}

TEST_F(ResultSetTest, chunks_come_in_order_whatever_order_they_arrive_in) {
    storage->holds = true;
    storage->script = {{"https://a", {{rows(2, 4)}}}, {"https://b", {{rows(4, 6)}}}, {"https://c", {{rows(6, 7)}}}};
    open(answer_of(2, {{"https://a", 2}, {"https://b", 2}, {"https://c", 1}}));
    read();
    EXPECT_EQ(seen, count_to(2));
    EXPECT_EQ(storage->last_headers, (HeaderList{{"h", "v"}}));
    storage->gate_of("https://a").set();
    worker.settle();
    EXPECT_EQ(seen, count_to(4));
    EXPECT_EQ(storage->at_once, 2);
    storage->gate_of("https://c").set();
    worker.settle();
    EXPECT_EQ(seen, count_to(4));
    storage->gate_of("https://b").set();
    worker.settle();
    EXPECT_EQ(seen, count_to(7));
    EXPECT_TRUE(ended);
}

TEST_F(ResultSetTest, downloads_no_more_ahead_than_it_may) {
    storage->holds = true;
    std::vector<Listed> chunks;
    for (int i = 0; i < 10; ++i) {
        chunks.push_back({fmt::format("https://{}", i), 1, 1'000});
        storage->script[chunks.back().url] = {{rows(i, i + 1)}};
    }
    auto few = parts();
    few.look_ahead.chunks = 3;
    open(answer_of(0, chunks), few);
    read();
    EXPECT_EQ(storage->at_once, 1) << "whether more will be needed is not known";
    storage->gate_of("https://0").set();
    worker.settle();
    EXPECT_EQ(storage->at_once, 2);
    storage->gate_of("https://1").set();
    worker.settle();
    EXPECT_EQ(storage->at_once, 3);
    EXPECT_EQ(storage->asked.size(), 5U);
    for (const Listed& chunk : chunks) storage->gate_of(chunk.url).set();
    worker.settle();
    EXPECT_EQ(seen, count_to(10));
    EXPECT_EQ(storage->most_at_once, 3);
}

TEST_F(ResultSetTest, looks_ahead_by_bytes_and_within_the_memory_budget) {
    storage->holds = true;
    storage->script = {{"https://a", {{rows(0, 1)}}}, {"https://b", {{rows(1, 2)}}}};
    auto tight = parts();
    tight.look_ahead.bytes = 1'500;
    open(answer_of(0, {{"https://a", 1, 1'000}, {"https://b", 1, 1'000}}), tight);
    read();
    EXPECT_EQ(storage->asked.size(), 1U);
    storage->gate_of("https://a").set();
    worker.settle();
    EXPECT_EQ(storage->asked.size(), 2U);
    storage->gate_of("https://b").set();
    worker.settle();
    EXPECT_EQ(seen, count_to(2));
}

TEST_F(ResultSetTest, a_chunk_that_the_budget_cannot_carry_is_an_overload) {
    base::MemoryBudget small{{.bytes = 10'000}};
    auto with = parts();
    with.memory = &small;
    storage->script = {{"https://a", {{rows(0, 1)}}}};
    open(answer_of(0, {{"https://a", 1, 1'000'000}}), with);
    read();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::Kind::overloaded);
    EXPECT_TRUE(storage->asked.empty());
    result.reset();
}

TEST_F(ResultSetTest, stops_at_the_limit_and_never_starts_later_chunks) {
    storage->script = {{"https://a", {{rows(2, 6)}}}, {"https://b", {{rows(6, 8)}}}};
    auto with = parts();
    with.limit = 4;
    open(answer_of(2, {{"https://a", 4}, {"https://b", 2}}), with);
    read();
    EXPECT_EQ(seen, count_to(4));
    EXPECT_TRUE(ended);
    EXPECT_EQ(storage->asked, (std::vector<std::string>{"https://a"}));
    EXPECT_EQ(result->total_rows(), 8U);
}

TEST_F(ResultSetTest, a_limit_inside_the_inline_rows_downloads_nothing) {
    auto with = parts();
    with.limit = 2;
    open(answer_of(2, {{"https://a", 4}}), with);
    read();
    EXPECT_EQ(seen, count_to(2));
    EXPECT_TRUE(storage->asked.empty());
}

TEST_F(ResultSetTest, tries_again_with_waits_and_gives_up_after_seven) {
    storage->script = {{"https://a", {{"", Cure::again}, {"", Cure::again, 5s}, {rows(0, 1)}}}};
    open(answer_of(0, {{"https://a", 1}}));
    read();
    EXPECT_EQ(storage->asked.size(), 1U);
    worker.pass(900ms);
    EXPECT_EQ(storage->asked.size(), 1U);
    worker.pass(120ms);
    EXPECT_EQ(storage->asked.size(), 2U);
    worker.pass(4s);
    EXPECT_EQ(storage->asked.size(), 2U) << "the storage asked for five seconds";
    worker.pass(1'100ms);
    EXPECT_EQ(seen, count_to(1));

    ChunkRetry retry;
    for (int i = 1; i < ChunkRetry::most_tries; ++i) {
        const auto wait = retry.next(1.0);
        ASSERT_TRUE(wait);
        EXPECT_GE(*wait, 1s);
        EXPECT_LE(*wait, 16s);
    }
    EXPECT_FALSE(retry.next(1.0));
}

TEST_F(ResultSetTest, a_download_that_never_works_is_one_error) {
    storage->script = {{"https://a", {{"", Cure::again}}}};
    open(answer_of(0, {{"https://a", 1}}));
    read();
    for (int i = 0; i < 20 && !error; ++i) worker.pass(17s);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "the storage failed");
    EXPECT_EQ(error->query_id(), "q-1");
    EXPECT_EQ(storage->asked.size(), 7U);
}

TEST_F(ResultSetTest, a_body_that_broke_off_is_fetched_again_and_no_row_comes_twice) {
    std::string broken = rows(0, 9'000);
    broken.resize(broken.size() - 3);
    storage->script = {{"https://a", {{broken}, {rows(0, 8'999)}, {rows(0, 9'000)}}}};
    open(answer_of(0, {{"https://a", 9'000}}));
    read();
    EXPECT_EQ(seen, count_to(8'999));
    worker.pass(1'100ms);
    worker.pass(1'100ms);
    EXPECT_EQ(seen, count_to(9'000));
    EXPECT_TRUE(ended);
    EXPECT_EQ(storage->asked.size(), 3U);
}

TEST_F(ResultSetTest, a_chunk_with_too_few_rows_is_an_error_after_three_bodies) {
    storage->script = {{"https://a", {{rows(0, 2)}}}};
    open(answer_of(0, {{"https://a", 3}}));
    read();
    for (int i = 0; i < 5; ++i) worker.pass(1'100ms);
    ASSERT_TRUE(error);
    EXPECT_NE(error->message().find("announced 3 rows and holds 2"), std::string::npos) << error->message();
    EXPECT_EQ(storage->asked.size(), 3U);
}

TEST_F(ResultSetTest, a_chunk_with_too_many_rows_is_an_error) {
    storage->script = {{"https://a", {{rows(0, 4)}}}};
    open(answer_of(0, {{"https://a", 3}}));
    read();
    ASSERT_TRUE(error);
}

TEST_F(ResultSetTest, expired_urls_are_asked_for_anew_once_for_all_chunks) {
    storage->script = {{"https://a", {{"", Cure::fresh_url}}},
                       {"https://b", {{"", Cure::fresh_url}}},
                       {"https://a2", {{rows(1, 2)}}},
                       {"https://b2", {{rows(2, 3)}}}};
    answers->body = answer_of(1, {{"https://a2", 1}, {"https://b2", 1}});
    open(answer_of(1, {{"https://a", 1}, {"https://b", 1}}));
    read();
    EXPECT_EQ(seen, count_to(3));
    EXPECT_TRUE(ended);
    EXPECT_EQ(answers->asked, 1);
    EXPECT_EQ(answers->last_id, "q-1");
}

TEST_F(ResultSetTest, urls_that_never_work_end_after_three_fresh_answers) {
    storage->script = {{"https://a", {{"", Cure::fresh_url}}}};
    answers->body = answer_of(0, {{"https://a", 1}});
    open(answer_of(0, {{"https://a", 1}}));
    read();
    ASSERT_TRUE(error);
    EXPECT_EQ(answers->asked, 3);
}

TEST_F(ResultSetTest, a_fresh_answer_with_other_chunks_is_refused) {
    storage->script = {{"https://a", {{"", Cure::fresh_url}}}};
    answers->body = answer_of(0, {{"https://a", 2}});
    open(answer_of(0, {{"https://a", 1}}));
    read();
    ASSERT_TRUE(error);
    EXPECT_NE(error->message().find("Run the statement again"), std::string::npos);
}

/// Three rows in the answer, then chunks of 4, 1 and 5 rows: from every row on, with and without a limit.
TEST_F(ResultSetTest, reads_on_from_any_row_and_downloads_nothing_before_it) {
    const std::vector<int> starts{0, 3, 7, 8, 13};  // of the answer's own rows, each chunk, the end
    for (int skip = 0; skip <= 14; ++skip) {
        for (int limit : {0, 1, 2, 5, 100}) {
            storage->script = {
                {"https://a", {{rows(3, 7)}}}, {"https://b", {{rows(7, 8)}}}, {"https://c", {{rows(8, 13)}}}};
            storage->asked.clear();
            seen.clear();
            ended = false;
            auto with = parts();
            with.skip = static_cast<std::uint64_t>(skip);
            if (limit < 100) with.limit = static_cast<std::uint64_t>(limit);
            open(answer_of(3, {{"https://a", 4}, {"https://b", 1}, {"https://c", 5}}), std::move(with));
            read();
            worker.settle();
            std::vector<int> expected;
            const int last = std::min(13, skip + limit);
            for (int row = skip; row < last; ++row) expected.push_back(row);
            EXPECT_EQ(seen, expected) << skip << ", " << limit;
            EXPECT_TRUE(ended);
            EXPECT_FALSE(error) << error->message();
            for (const auto& url : storage->asked) {
                const auto chunk = static_cast<std::size_t>(url.back() - 'a') + 1;
                EXPECT_GT(starts[chunk + 1], skip) << url << " lies before row " << skip;
                EXPECT_LT(starts[chunk], std::max(last, skip + 1)) << url << " lies behind row " << last;
            }
            result.reset();
            worker.settle();
        }
    }
}

TEST_F(ResultSetTest, reads_on_from_a_row_of_a_chunk_whose_first_body_broke_off) {
    storage->script = {{"https://b", {{rows(5, 7)}, {rows(5, 8)}}}};
    auto with = parts();
    with.skip = 6;
    open(answer_of(2, {{"https://a", 3}, {"https://b", 3}}), std::move(with));
    read();
    worker.pass(1'100ms);
    EXPECT_EQ(seen, (std::vector<int>{6, 7}));
    EXPECT_TRUE(ended);
}

TEST_F(ResultSetTest, reads_on_from_a_row_with_urls_that_have_expired) {
    storage->script = {{"https://b", {{"", Cure::fresh_url}}}, {"https://b2", {{rows(5, 8)}}}};
    answers->body = answer_of(2, {{"https://a2", 3}, {"https://b2", 3}});
    auto with = parts();
    with.skip = 5;
    open(answer_of(2, {{"https://a", 3}, {"https://b", 3}}), std::move(with));
    read();
    EXPECT_EQ(seen, (std::vector<int>{5, 6, 7}));
    EXPECT_EQ(answers->asked, 1);
}

TEST_F(ResultSetTest, reads_on_where_the_answer_does_not_say_how_many_rows_it_has) {
    auto body = answer_of(3, {});
    const auto at = body.find(R"("total":3,)");
    ASSERT_NE(at, std::string::npos);
    body.erase(at, 10);
    auto with = parts();
    with.skip = 2;
    open(body, std::move(with));
    read();
    EXPECT_EQ(seen, std::vector<int>{2});
    EXPECT_TRUE(ended);
}

TEST_F(ResultSetTest, stops_with_its_call) {
    storage->holds = true;
    storage->script["https://a"] = {{.body = rows(1, 2)}};
    open(answer_of(1, {{"https://a", 1}, {"https://b", 1}, {"https://c", 1}}));
    read();
    storage->gate_of("https://a").set();
    worker.settle();
    ASSERT_EQ(storage->at_once, 2) << "the two behind the first";
    call.stop(async::StopReason::client);
    worker.settle();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::Kind::cancelled);
    EXPECT_EQ(storage->stopped, 2);
}

TEST_F(ResultSetTest, destroyed_in_the_middle_it_stops_its_downloads) {
    storage->holds = true;
    auto lease = std::make_shared<int>(1);
    auto with = parts();
    with.keeps = lease;
    open(answer_of(1, {{"https://a", 1}, {"https://b", 1}}), std::move(with));
    EXPECT_EQ(lease.use_count(), 2);
    struct Once {
        static async::Task<void> read(ResultSet& result, async::Call& call) { co_await result.next(call); }
    };
    worker.start(Once::read(*result, call));
    EXPECT_EQ(storage->at_once, 1);
    result.reset();
    worker.settle();
    EXPECT_EQ(storage->stopped, 1);
    EXPECT_EQ(lease.use_count(), 1);
}

TEST_F(ResultSetTest, answers_that_contradict_themselves_are_refused) {
    const auto refused = [&](const std::string& body) {
        auto answer = parse_query_answer(body);
        EXPECT_TRUE(answer) << body;
        const auto opened = open_result(std::move(*answer), parts());
        return opened ? std::string{} : opened.error().message();
    };
    const std::string type = R"("rowtype":[{"name":"N","type":"fixed"}])";
    EXPECT_NE(refused(R"({"data":{)" + type + R"(,"rowset":null,"total":2},"success":true})"), "");
    EXPECT_NE(refused(R"({"data":{)" + type + R"(,"total":2},"success":true})"), "");
    EXPECT_NE(refused(R"({"data":{)" + type + R"(,"rowset":[],"total":2},"success":true})"), "");
    EXPECT_NE(
        refused(R"({"data":{)" + type + R"(,"queryResultFormat":"arrow","rowsetBase64":"","total":2},"success":true})"),
        "");
    EXPECT_NE(refused(R"({"data":{)" + type +
                      R"(,"queryResultFormat":"arrow","rowsetBase64":"?","total":2},"success":true})"),
              "");
    EXPECT_NE(refused(R"({"data":{)" + type + R"(,"queryResultFormat":"csv"},"success":true})"), "");
    EXPECT_NE(refused(R"({"data":{"rowset":[["1"]],"total":1},"success":true})"), "");
    EXPECT_NE(refused(answer_of(0, {{"https://a", 3}}, 2)), "");
    EXPECT_EQ(refused(R"({"data":{)" + type + R"(,"rowset":null,"total":0},"success":true})"), "");
    EXPECT_EQ(refused(R"({"data":{"rowset":[],"total":0},"success":true})"), "");
    EXPECT_EQ(refused(R"({"data":null,"success":true})"), "");
}

TEST_F(ResultSetTest, fewer_inline_rows_than_announced_is_an_error) {
    open(answer_of(2, {}, 3));
    read();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "Snowflake's answer announced 3 rows and holds 2");
}

TEST(ChunkStatus, says_what_helps) {
    EXPECT_EQ(failure_of_status(503, "s3", "").cure, Cure::again);
    EXPECT_EQ(failure_of_status(429, "s3", "").cure, Cure::again);
    EXPECT_EQ(failure_of_status(403, "s3", "").cure, Cure::fresh_url);
    EXPECT_EQ(failure_of_status(302, "s3", "").cure, Cure::none);
    const auto failure = failure_of_status(400, "s3.example", "<Error><Code>ExpiredToken</Code></Error>");
    EXPECT_EQ(failure.cure, Cure::fresh_url);
    EXPECT_EQ(failure.error.message(),
              "the storage s3.example answered 400 for a part of the result (ExpiredToken): its URL may have expired");
}

/// gzip of "hello hello hello hello\n", as gzip makes it.
constexpr std::string_view gzip_hello{
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\xb9\x00\x00\x88\x59\x0b\x18\x00\x00"
    "\x00",
    29};

std::optional<std::string> unpacked(ManualWorker& worker, std::string body, std::size_t most = 1'000) {
    std::optional<std::string> plain;
    async::Call call{worker, worker.parts(1h)};
    struct Run {
        static async::Task<void> run(async::Call& call, std::string body, std::size_t most,
                                     std::optional<std::string>& out) {
            auto result = co_await unpack(call, std::move(body), most);
            if (result) out = std::move(*result);
        }
    };
    worker.start(Run::run(call, std::move(body), most, plain));
    return plain;
}

TEST(Unpack, gzip_is_told_by_its_first_bytes) {
    ManualWorker worker;
    EXPECT_EQ(unpacked(worker, "[\"plain\"]"), "[\"plain\"]");
    EXPECT_EQ(unpacked(worker, ""), "");
    EXPECT_EQ(unpacked(worker, std::string{gzip_hello}), "hello hello hello hello\n");
    EXPECT_EQ(unpacked(worker, std::string{gzip_hello} + std::string{gzip_hello}),
              "hello hello hello hello\nhello hello hello hello\n");
    EXPECT_EQ(unpacked(worker, std::string{gzip_hello}, 10), std::nullopt);
    for (std::size_t size = 2; size < gzip_hello.size(); ++size)
        EXPECT_EQ(unpacked(worker, std::string{gzip_hello.substr(0, size)}), std::nullopt) << size;
    std::string damaged{gzip_hello};
    damaged[22] ^= 1;
    EXPECT_EQ(unpacked(worker, damaged), std::nullopt);
}

}  // namespace
}  // namespace backend::snowflake
