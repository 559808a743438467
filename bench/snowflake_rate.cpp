// `SELECT 1` through the pool and the Snowflake client: CPU time of the whole process a query, rate, peak memory, as
// JSON.
//
//   snowflake-rate <port> <in flight> <seconds> [<workers>]
//
// The peer of Snowflake's drivers in snowflake_queries.py; the server at <port> is its nginx. One caller is one loop of
// borrowing a session, asking, reading the row, giving the session back.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "async/worker.hpp"
#include "backend/pool.hpp"
#include "backend/snowflake/snowflake_backend.hpp"
#include "net/client/outbound.hpp"

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(std::string_view why) {
    fmt::print(stderr, "snowflake-rate: {}\n", why);
    std::exit(2);
}

template <class Value>
Value or_give_up(base::Result<Value> result) {
    if (!result) give_up(result.error().message());
    return std::move(*result);
}

rusage usage() {
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    return now;
}

double cpu_seconds() {
    const rusage now = usage();
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(now.ru_utime) + seconds(now.ru_stime);
}

async::Task<void> ask(async::Call& call, backend::Pool& pool, Clock::time_point until,
                      std::atomic<std::uint64_t>& count) {
    for (; Clock::now() < until; count.fetch_add(1, std::memory_order_relaxed)) {
        auto session = or_give_up(co_await pool.acquire(call, backend::Pool::Wanted{}));
        backend::Statement statement{.text = "SELECT 1"};
        auto result = or_give_up(co_await session->execute(call, std::move(statement)));
        std::size_t rows = 0;
        for (;;) {
            auto batch = or_give_up(co_await result->next(call));
            if (!batch) break;
            rows += batch->rows();
        }
        if (rows != 1) give_up("no row came");
    }
}

class House {
public:
    House(int port, int flight, std::size_t workers) : workers_{workers}, flight_{flight} {
        backend::snowflake::Settings account;
        account.account = "acct";
        account.user = "tester";
        account.password = base::Secret{"pass"};
        account.host = "127.0.0.1";
        account.port = port;
        account.protocol = "http";
        account.connection_name = "none";
        net::client::ClientSettings client;
        client.pool_size = flight * 4;
        std::vector<async::Worker*> all;
        for (std::size_t i = 0; i < workers; ++i) all.push_back(&workers_[i]);
        backend_ = or_give_up(backend::snowflake::SnowflakeBackend::open(
            account, {.workers = all,
                      .outbound = or_give_up(net::client::Outbound::create(client)),
                      .memory = memory_,
                      .files = &files_,
                      .version = "0"}));
        backend::PoolSettings sessions;
        sessions.min_size = sessions.max_size = flight;
        pool_ = std::make_unique<backend::Pool>(*backend_, sessions);
        workers_.start();
    }

    ~House() {
        using namespace std::chrono_literals;
        pool_->stop(async::StopReason::drain);
        pool_->join(5s);
        backend_->stop(async::StopReason::drain);
        backend_->join(5s);
        workers_.stop_and_join();
    }

    std::uint64_t run(std::chrono::duration<double> length) {
        std::atomic<std::uint64_t> count{0};
        const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(length);
        async::TaskGroup callers;
        for (int i = 0; i < flight_; ++i) {
            async::Worker& worker = workers_[static_cast<std::size_t>(i) % workers_.size()];
            callers.spawn(
                worker,
                {.request_id = "bench", .principal = principal_, .deadline = worker.now() + std::chrono::minutes{10}},
                [this, until, &count](async::Call& call) { return ask(call, *pool_, until, count); });
        }
        callers.join(std::chrono::minutes{10});
        return count.load();
    }

private:
    async::Workers workers_;
    int flight_;
    base::MemoryBudget memory_{base::MemoryBudget::Limits{.bytes = std::size_t{256} << 20}};
    async::BlockingPool files_{async::BlockingPool::Limits{.threads = 1}};
    base::PrincipalPtr principal_ = std::make_shared<const base::Principal>(base::Principal{.id = "os:bench"});
    std::unique_ptr<backend::snowflake::SnowflakeBackend> backend_;
    std::unique_ptr<backend::Pool> pool_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) give_up("usage: snowflake-rate <port> <in flight> <seconds> [<workers>]");
    const int flight = std::atoi(argv[2]);
    const std::chrono::duration<double> length{std::atof(argv[3])};
    const auto workers = argc > 4 ? static_cast<std::size_t>(std::atoi(argv[4])) : async::Workers::default_count();
    House house{std::atoi(argv[1]), flight, workers};
    house.run(std::chrono::seconds{1});  // logs in, warms up
    const double cpu_before = cpu_seconds();
    const auto started = Clock::now();
    const std::uint64_t count = house.run(length);
    const double elapsed = std::chrono::duration<double>(Clock::now() - started).count();
    if (count == 0) give_up("nothing was answered");
    fmt::print("{{\"queries\":{},\"seconds\":{:.3f},\"cpu_us\":{:.2f},\"peak_mb\":{:.1f}}}\n", count, elapsed,
               (cpu_seconds() - cpu_before) / static_cast<double>(count) * 1e6,
               static_cast<double>(usage().ru_maxrss) / 1024);
}
