// The tools over the real embedded backend: SHOW, DESCRIBE and SELECT as it answers them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "backend/duckdb/duckdb_backend.hpp"
#include "tools/register.hpp"
#include "tools/run_handler.hpp"
#include "tools/show_room.hpp"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;
using testing::HasSubstr;

/// A folder of data that is gone with the test.
class DataFolder {
public:
    DataFolder() : root_{fs::temp_directory_path() / ("tools-test-" + std::to_string(::getpid()))} {
        write("data/SALES/ORDERS.csv",
              "ID,CUSTOMER,AMOUNT,ORDERED\n1,Ann,10.50,2024-01-05\n2,Bob,20.25,2024-02-29\n"
              "3,Ann,7,2024-03-01\n");
        write("data/SALES/notes.csv", "id,text\n1,\"a|b\"\n2,\"two\nlines\"\n");
        write("data/HR/PEOPLE.json", R"([{"NAME":"Ann","AGE":41},{"NAME":"Bob","AGE":null}])");
    }
    ~DataFolder() {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    std::string data() const { return (root_ / "data").string(); }
    std::string cache() const { return (root_ / "cache").string(); }

private:
    void write(const std::string& name, std::string_view text) {
        const auto path = root_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }
    fs::path root_;
};

template <class T>
async::Task<void> deliver(async::Call& call, json::object arguments, tools_test::Handler<T> handler,
                          std::promise<base::Result<T>>* done) {
    done->set_value(co_await tools_test::run_handler<T>(call, std::move(arguments), std::move(handler)));
}

/// One house for all tests of this file: opening the database is the slow part.
class House {
public:
    House() {
        auto opened =
            backend::duckdb::DuckdbBackend::open({.data_dir = folder_.data(), .cache_dir = folder_.cache()}, blocking_);
        if (!opened) throw std::runtime_error{opened.error().message()};
        backend_ = std::move(*opened);
        pool_.emplace(*backend_, backend::Pool::Settings{.min_size = 0, .max_size = 2});
        pipeline_.emplace(query::Pipeline::Services{.backend = *backend_,
                                                    .pool = *pool_,
                                                    .memory = memory_,
                                                    .sealer = sealer_,
                                                    .metrics = metrics_,
                                                    .connection = "embedded"},
                          query::GuardStage{{}}, query::Settings{});
        tools::register_all(registry, *pipeline_, {});
        registry.freeze();
        workers_.start();
    }
    ~House() {
        calls_.stop(async::StopReason::drain);
        calls_.join(5s);
        pool_->stop(async::StopReason::drain);
        pool_->join(5s);
        workers_.stop_and_join();
    }

    template <class T>
    base::Result<T> run(std::string_view arguments, tools_test::Handler<T> handler) {
        std::promise<base::Result<T>> done;
        auto principal = std::make_shared<base::Principal>();
        principal->id = "os:test";
        calls_.spawn(workers_[0], {.request_id = "1", .principal = principal, .deadline = base::Clock::now() + 60s},
                     [&, object = json::parse(arguments).as_object()](async::Call& call) {
                         return deliver<T>(call, object, handler, &done);
                     });
        return done.get_future().get();
    }

    mcp::Registry registry;

private:
    DataFolder folder_;
    async::BlockingPool blocking_{{.threads = 2}};
    async::Workers workers_{1};
    base::MemoryBudget memory_{base::MemoryBudget::Limits{}};
    base::TokenSealer sealer_ = base::TokenSealer::with_random_key();
    base::Metrics metrics_;
    async::TaskGroup calls_;
    std::unique_ptr<backend::duckdb::DuckdbBackend> backend_;
    std::optional<backend::Pool> pool_;
    std::optional<query::Pipeline> pipeline_;
};

class Embedded : public testing::Test {
protected:
    static void SetUpTestSuite() { house_ = std::make_unique<House>(); }
    static void TearDownTestSuite() { house_.reset(); }

    struct Answer {
        bool is_error = false;
        json::value content;
        json::value structured;
        std::string text(std::size_t item = 0) const { return std::string{content.at(item).at("text").as_string()}; }
        std::string rows() const { return json::serialize(structured.at("rows")); }
    };
    static Answer call(std::string_view tool, std::string_view arguments = "{}") {
        const auto& entry = *house_->registry.tool(tool);
        auto result = house_->run<mcp::ToolResult>(arguments, entry.tool.handler);
        EXPECT_TRUE(result) << tool << ": " << (result ? "" : result.error().message());
        if (!result) return {};
        Answer answer{
            .is_error = result->is_error,
            .content = json::parse(result->content.to_string()),
            .structured = result->structured.empty() ? json::value{} : json::parse(result->structured.to_string())};
        EXPECT_FALSE(answer.is_error) << answer.text();
        if (!answer.is_error) {
            EXPECT_EQ(tools_test::misfit(json::parse(entry.tool.output_schema), answer.structured), "") << tool;
        }
        return answer;
    }

    static inline std::unique_ptr<House> house_;
};

TEST_F(Embedded, lists_from_the_database_down_to_the_column) {
    EXPECT_THAT(call("list_schemas").rows(), HasSubstr("\"SALES\""));
    EXPECT_THAT(call("list_tables", R"({"schema":"sales"})").rows(), HasSubstr("\"ORDERS\""));
    EXPECT_THAT(call("describe_table", R"({"table_name":"orders","schema":"sales"})").rows(),
                AllOf(HasSubstr("\"AMOUNT\""), HasSubstr("DATE")));
    EXPECT_GE(call("list_warehouses").structured.at("row_count").as_int64(), 1);
    call("list_views");
}

TEST_F(Embedded, finds_a_table_by_a_name_alone) {
    EXPECT_EQ(call("describe_table", R"({"table_name":"people"})").structured.at("row_count"), 2);
    EXPECT_EQ(call("query_view", R"({"view_name":"orders","limit":2})").structured.at("row_count"), 2);
}

TEST_F(Embedded, queries_in_each_format) {
    const std::string query =
        R"("query":"SELECT CUSTOMER, SUM(AMOUNT) AS TOTAL FROM SALES.ORDERS GROUP BY ALL ORDER BY 1")";
    EXPECT_THAT(call("execute_query", "{" + query + "}").text(), HasSubstr("| CUSTOMER | TOTAL |"));
    EXPECT_THAT(call("execute_query", "{" + query + R"(,"format":"csv"})").text(),
                testing::StartsWith("CUSTOMER,TOTAL\r\nAnn,17.5"));
    EXPECT_EQ(json::parse(call("execute_query", "{" + query + R"(,"format":"json"})").text()).as_array().size(), 2U);
}

TEST_F(Embedded, resolves_names_in_the_schema_that_is_named) {
    EXPECT_EQ(call("execute_query", R"({"query":"SELECT COUNT(*) FROM ORDERS","schema":"sales"})").rows(), "[[3]]");
}

TEST_F(Embedded, goes_on_with_the_cursor) {
    std::string rows;
    std::string cursor;
    do {
        json::object arguments{{"query", "SELECT ID FROM SALES.ORDERS ORDER BY ID"}, {"limit", 1}};
        if (!cursor.empty()) arguments["cursor"] = cursor;
        const auto page = call("execute_query", json::serialize(arguments));
        rows += page.rows();
        const auto* more = page.structured.as_object().if_contains("cursor");
        cursor = more ? std::string{more->as_string()} : std::string{};
    } while (!cursor.empty());
    EXPECT_EQ(rows, "[[1]][[2]][[3]]");
}

TEST_F(Embedded, a_cut_answer_names_no_total_that_is_not_one) {
    const auto cut = call("execute_query", R"({"query":"SELECT ID FROM SALES.ORDERS","limit":1})");
    EXPECT_EQ(cut.structured.at("truncated"), true);
    EXPECT_FALSE(cut.structured.as_object().contains("total_rows"));
}

TEST_F(Embedded, variants_are_json_values) {
    const auto answer =
        call("execute_query", R"x({"query":"SELECT OBJECT_CONSTRUCT('a', 1), ARRAY_CONSTRUCT(1, 'x')"})x");
    EXPECT_EQ(answer.rows(), R"x([[{"a":1},[1,"x"]]])x");
}

TEST_F(Embedded, samples_and_explains) {
    EXPECT_EQ(call("sample_table", R"({"table_name":"ORDERS","schema":"SALES","limit":2})").structured.at("row_count"),
              2);
    EXPECT_GE(call("explain_query", R"({"query":"SELECT * FROM SALES.ORDERS"})").structured.at("row_count").as_int64(),
              1);
}

TEST_F(Embedded, searches_names_and_columns) {
    const auto found = call("search_objects", R"({"query":"order amount"})");
    EXPECT_EQ(found.structured.at("rows").at(0).at(3), "ORDERS");
    EXPECT_THAT(std::string{found.structured.at("rows").at(0).at(5).as_string()}, HasSubstr("AMOUNT"));
}

TEST_F(Embedded, an_error_of_the_database_is_one_that_the_model_can_read) {
    const auto& entry = *house_->registry.tool("execute_query");
    auto result = house_->run<mcp::ToolResult>(R"({"query":"SELECT NOTHING FROM SALES.ORDERS"})", entry.tool.handler);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->is_error);
    const auto content = json::parse(result->content.to_string());
    EXPECT_THAT(std::string{content.at(0).at("text").as_string()}, HasSubstr("NOTHING"));
}

TEST_F(Embedded, its_catalog_can_be_read_as_resources) {
    auto page = house_->run<mcp::ResourcePage>(
        "{}", [](mcp::Context& context) { return house_->registry.source()->list(context, {}); });
    ASSERT_TRUE(page);
    EXPECT_GE(page->resources.size(), 3U);
    for (const auto& resource : page->resources) {
        mcp::ResourceRequest asked{.uri = resource.uri, .variables = {}};
        const auto* fitting = house_->registry.match(resource.uri, asked);
        ASSERT_NE(fitting, nullptr);
        auto contents = house_->run<mcp::ResourceResult>(
            "{}", [&](mcp::Context& context) { return fitting->read(context, asked); });
        EXPECT_TRUE(contents) << resource.uri;
    }
}

}  // namespace
