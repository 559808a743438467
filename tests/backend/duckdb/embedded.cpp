#include "backend/duckdb/embedded.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "backend/duckdb/built_database.hpp"
#include "backend/duckdb/handles.hpp"

namespace backend::duckdb::testing {
namespace {

async::Task<void> run_statement(async::Call& call, DuckdbBackend* backend, std::unique_ptr<Session>* session,
                                Statement statement, Answer* answer) {
    if (!*session || !(*session)->usable()) {
        auto opened = co_await backend->login(call, {}, {});
        if (!opened) {
            answer->error = opened.error();
            co_return;
        }
        *session = std::move(*opened);
    }
    auto result = co_await (*session)->execute(call, std::move(statement));
    if (!result) {
        answer->error = result.error();
        co_return;
    }
    answer->columns = (*result)->columns();
    answer->query_id = (*result)->query_id();
    for (;;) {
        auto batch = co_await (*result)->next(call);
        if (!batch) {
            answer->error = batch.error();
            co_return;
        }
        if (!*batch) co_return;
        for (std::size_t row = 0; row < (*batch)->rows(); ++row) {
            auto& cells = answer->rows.emplace_back();
            for (std::size_t column = 0; column < answer->columns.size(); ++column) {
                const Cell cell = (*batch)->cell(row, column);
                if (answer->rows.size() == 1) answer->kinds.push_back(cell.kind());
                append_text(cells.emplace_back(cell.is_null() ? "NULL" : ""), cell);
            }
        }
    }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "embedded-XXXXXX").string();
    if (!mkdtemp(name.data())) ADD_FAILURE() << "no temporary folder";
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& relative, const std::string& content) const {
    const std::filesystem::path file = path_ / relative;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << content;
    return file.string();
}

Dialect plain_duckdb() {
    return {.translate = [](std::string_view text, const TranslationContext&) -> base::Result<Translation> {
                return Translation{.sql = std::string{text}};
            },
            .setup_statements = []() -> const std::vector<std::string>& {
                static const std::vector<std::string> one{"CREATE MACRO plus_one(x) AS x + 1"};
                return one;
            },
            .register_functions = [](const Api&, _duckdb_connection*) -> base::Result<void> { return {}; }};
}

std::vector<std::string> Answer::names() const {
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    return names;
}

std::vector<std::string> Answer::column(const std::string& name) const {
    const auto found = std::ranges::find(columns, name, &Column::name);
    if (found == columns.end()) {
        ADD_FAILURE() << "no column " << name << (error ? ": " + error->message() : "");
        return {};
    }
    std::vector<std::string> values;
    for (const auto& row : rows) values.push_back(row[static_cast<std::size_t>(found - columns.begin())]);
    return values;
}

Client::Client(DuckdbBackend& backend) : backend_{backend} {}
Client::~Client() { tasks_.stop(async::StopReason::drain); }

Answer Client::ask(std::string text, Context context, std::optional<std::uint64_t> limit) {
    return ask(Statement{.text = std::move(text), .context = std::move(context), .limit = limit});
}

Answer Client::ask(Statement statement) {
    static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:test"});
    Answer answer;
    async::Call::Parts parts{
        .request_id = "r", .principal = principal, .deadline = worker_.now() + std::chrono::minutes{1}};
    tasks_.spawn(worker_, std::move(parts), [&](async::Call& call) {
        return run_statement(call, &backend_, &session_, std::move(statement), &answer);
    });
    while (tasks_.size() > 0) {
        if (worker_.poll() == 0) worker_.context().run_one_for(std::chrono::milliseconds{10});
    }
    return answer;
}

// Never destroyed: DuckDB keeps thread-local state that is gone when static objects end, so closing one then corrupts
// the heap.
async::BlockingPool& blocking_pool() {
    static auto* const pool = new async::BlockingPool{{.threads = 2}};
    return *pool;
}

DuckdbBackend& sample_backend() {
    static DuckdbBackend* const backend = [] {
        auto opened = DuckdbBackend::open({}, blocking_pool(), plain_duckdb());
        if (!opened) throw std::runtime_error{opened.error().message()};
        return opened->release();
    }();
    return *backend;
}

void make_database(const std::string& file, const std::vector<std::string>& statements) {
    const auto library = load_library(library_candidates({}));
    ASSERT_TRUE(library) << library.error().message();
    auto instance = Instance::open((*library)->api, file, {});
    ASSERT_TRUE(instance) << instance.error().message();
    auto connection = Connection::open(*instance);
    ASSERT_TRUE(connection);
    for (const std::string& statement : statements) {
        const auto ran = (*connection)->run(statement);
        ASSERT_TRUE(ran) << ran.error().message();
    }
}

}  // namespace backend::duckdb::testing
