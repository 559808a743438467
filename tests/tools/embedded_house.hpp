/// The tools over the real embedded backend and a small folder of data.
#pragma once

#include <unistd.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "backend/duckdb/duckdb_backend.hpp"
#include "tools/register.hpp"
#include "tools/run_handler.hpp"

namespace tools_test {

/// A folder of data that is gone with the test.
class DataFolder {
public:
    DataFolder() : root_{std::filesystem::temp_directory_path() / ("tools-test-" + std::to_string(::getpid()))} {
        write("data/SALES/ORDERS.csv",
              "ID,CUSTOMER,AMOUNT,ORDERED\n1,Ann,10.50,2024-01-05\n2,Bob,20.25,2024-02-29\n"
              "3,Ann,7,2024-03-01\n");
        write("data/SALES/notes.csv", "id,text\n1,\"a|b\"\n2,\"two\nlines\"\n");
        write("data/HR/PEOPLE.json", R"([{"NAME":"Ann","AGE":41},{"NAME":"Bob","AGE":null}])");
    }
    ~DataFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    std::string data() const { return (root_ / "data").string(); }
    std::string cache() const { return (root_ / "cache").string(); }

private:
    void write(const std::string& name, std::string_view text) {
        const auto path = root_ / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }
    std::filesystem::path root_;
};

template <class T>
async::Task<void> deliver(async::Call& call, boost::json::object arguments, Handler<T> handler,
                          std::promise<base::Result<T>>* done) {
    done->set_value(co_await run_handler<T>(call, std::move(arguments), std::move(handler)));
}

/// Tools, pipeline and backend on one worker with a thread of its own. Opening the database is the slow part: one house
/// for all tests of a file.
class EmbeddedHouse {
public:
    explicit EmbeddedHouse(query::Settings limits = {}) {
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
                          query::GuardStage{{}}, limits);
        tools::register_all(registry, *pipeline_, {});
        registry.freeze();
        workers_.start();
    }
    ~EmbeddedHouse() {
        calls_.stop(async::StopReason::drain);
        calls_.join(std::chrono::seconds{5});
        pool_->stop(async::StopReason::drain);
        pool_->join(std::chrono::seconds{5});
        workers_.stop_and_join();
    }

    template <class T>
    base::Result<T> run(std::string_view arguments, Handler<T> handler) {
        std::promise<base::Result<T>> done;
        auto principal = std::make_shared<base::Principal>();
        principal->id = "os:test";
        calls_.spawn(
            workers_[0],
            {.request_id = "1", .principal = principal, .deadline = base::Clock::now() + std::chrono::seconds{60}},
            [&, object = boost::json::parse(arguments).as_object()](async::Call& call) {
                return deliver<T>(call, object, handler, &done);
            });
        return done.get_future().get();
    }

    async::Worker& worker() { return workers_[0]; }

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

}  // namespace tools_test
