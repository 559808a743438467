/// A whole connection (backend, pool, services) on a worker that the test drives, against an account in this process.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/task_group.hpp"
#include "backend/pool.hpp"
#include "backend/snowflake/services.hpp"
#include "backend/snowflake/session/session_stand.hpp"
#include "backend/snowflake/snowflake_backend.hpp"
#include "base/memory_budget.hpp"

namespace account_test {

namespace snow = backend::snowflake;
using namespace std::chrono_literals;
using session_test::Answered;
using session_test::json;
using session_test::one_row;
using session_test::refused;
using session_test::Seen;

class AccountStand {
public:
    using Handler = std::function<Answered(const Seen&)>;

    explicit AccountStand(backend::PoolSettings pool = {.min_size = 0},
                          const std::function<void(snow::Settings&)>& change = {})
        : worker_{0, [this] { return now(); }}, server_{[this](client_test::Socket& socket, int) { serve(socket); }} {
        on("POST", "/session/v1/login-request", [this](const Seen&) { return login(); });
        on("POST", "/session/token-request", [this](const Seen&) { return renewal(); });
        on("POST", "/session/heartbeat",
           [](const Seen&) { return json(R"({"success":true,"code":null,"data":null})"); });
        on("POST", "/session", [](const Seen&) { return json(R"({"success":true,"code":null,"data":null})"); });
        on("POST", "/queries/v1/abort-request",
           [](const Seen&) { return json(R"({"success":true,"code":null,"data":null})"); });
        on("POST", "/queries/v1/query-request", [](const Seen&) { return one_row(); });

        snow::Settings settings;
        settings.account = "acct";
        settings.user = "tester";
        settings.password = base::Secret{"secret"};
        settings.host = "127.0.0.1";
        settings.port = server_.port();
        settings.protocol = "http";
        settings.role = "READER";
        settings.warehouse = "WH";
        settings.database = "DB";
        settings.schema = "S";
        if (change) change(settings);
        auto outbound = net::client::Outbound::create({});
        if (!outbound) ADD_FAILURE() << outbound.error().message();
        auto opened = snow::SnowflakeBackend::open(settings, {.workers = {&worker_},
                                                              .outbound = *outbound,
                                                              .memory = memory,
                                                              .files = nullptr,
                                                              .version = "1.0",
                                                              .interactive_allowed = false});
        if (!opened) ADD_FAILURE() << opened.error().message();
        backend_ = std::move(*opened);
        pool_ = std::make_unique<backend::Pool>(*backend_, pool, [this] { return now(); });
        services_ = std::make_unique<snow::Services>(*backend_, *pool_, snow::AllowedSettings{});
    }
    ~AccountStand() {
        calls_.stop(async::StopReason::drain);
        pool_->stop(async::StopReason::drain);
        until([&] { return calls_.size() == 0 && pool_->join(0ms); });
        backend_->stop(async::StopReason::drain);
        until([&] { return backend_->join(0ms); });
        pool_.reset();
        backend_.reset();
        worker_.poll();
    }

    void on(const std::string& method, const std::string& path, Handler handler) {
        const std::lock_guard lock{mutex_};
        handlers_[method + " " + path] = std::move(handler);
    }
    /// How often each "METHOD path" was asked for.
    std::map<std::string, int> requests() {
        const std::lock_guard lock{mutex_};
        return requests_;
    }
    /// The statements that came, in their order.
    std::vector<Seen> statements() {
        const std::lock_guard lock{mutex_};
        return statements_;
    }
    /// Those with this text.
    std::vector<Seen> statements(const std::string& sql) {
        std::vector<Seen> all;
        for (const Seen& one : statements()) {
            if (one.sql() == sql) all.push_back(one);
        }
        return all;
    }

    snow::SnowflakeBackend& backend() { return *backend_; }
    backend::Pool& pool() { return *pool_; }
    snow::Services& services() { return *services_; }
    async::Worker& worker() { return worker_; }
    base::TimePoint now() const { return base::Clock::now() + skipped_; }
    void skip(base::Clock::duration time) { skipped_ += time; }

    /// Runs the task to its end.
    template <class T>
    T run(std::function<async::Task<T>(async::Call&)> task, std::chrono::seconds patience = 300s) {
        auto result = std::make_shared<std::optional<T>>();
        start([task = std::move(task), result](async::Call& call) { return keep<T>(call, task, result); }, patience);
        if (!until([&] { return result->has_value(); })) throw std::runtime_error{"no end"};
        return std::move(**result);
    }
    void start(std::function<async::Task<void>(async::Call&)> task, std::chrono::seconds patience = 300s) {
        async::Call::Parts parts{.request_id = "1",
                                 .principal = std::make_shared<base::Principal>(),
                                 .deadline = worker_.now() + patience,
                                 .trace = {},
                                 .progress = {}};
        calls_.spawn(worker_, std::move(parts), std::move(task));
    }
    /// Turns the loop. False after 20 s of real time.
    bool until(const std::function<bool()>& done) {
        const auto end = base::Clock::now() + 20s;
        while (!done()) {
            if (base::Clock::now() > end) return false;
            if (worker_.poll() == 0) std::this_thread::yield();
        }
        return true;
    }
    /// Until nobody has anything to do: no handler, and no login, renewal, log-out or sign of life is under way.
    bool until_quiet() {
        int calm = 0;
        return until([&] {
            const auto now = pool_->figures();
            const bool busy = worker_.poll() > 0 || now.logging_in > 0 || now.closing > 0 || now.checking > 0 ||
                              backend_->link().tasks().size() > 0;
            calm = busy ? 0 : calm + 1;
            return calm >= 10;
        });
    }

    base::MemoryBudget memory{{.bytes = std::size_t{64} << 20}};
    std::string token_seconds = "3600";
    std::string master_seconds = "14400";

private:
    template <class T>
    static async::Task<void> keep(async::Call& call, std::function<async::Task<T>(async::Call&)> task,
                                  std::shared_ptr<std::optional<T>> into) {
        into->emplace(co_await task(call));
    }

    Answered login() {
        const int number = ++logins_;
        return json(
            R"({"success":true,"code":null,"message":null,"data":{"token":"token-)" + std::to_string(number) +
            R"(","masterToken":"master-)" + std::to_string(number) + R"(","validityInSeconds":)" + token_seconds +
            R"(,"masterValidityInSeconds":)" + master_seconds +
            R"(,"sessionId":1,"parameters":[{"name":"TIMEZONE","value":"UTC"}],"sessionInfo":{"databaseName":"DB",)"
            R"("schemaName":"S","warehouseName":"WH","roleName":"READER"}}})");
    }
    Answered renewal() {
        const int number = ++renewals_;
        return json(R"({"success":true,"code":null,"data":{"sessionToken":"renewed-)" + std::to_string(number) +
                    R"(","masterToken":"renewed-master-)" + std::to_string(number) + R"(","validityInSecondsST":)" +
                    token_seconds + R"(,"validityInSecondsMT":)" + master_seconds + "}}");
    }
    void serve(client_test::Socket& socket) {
        for (;;) {
            const std::string request = socket.request();
            if (request.empty()) return;
            const Seen seen = session_test::seen_in(request);
            Handler handler;
            {
                const std::lock_guard lock{mutex_};
                ++requests_[seen.method + " " + seen.path];
                if (seen.path.ends_with("query-request")) statements_.push_back(seen);
                if (const auto found = handlers_.find(seen.method + " " + seen.path); found != handlers_.end())
                    handler = found->second;
            }
            const Answered answer = handler ? handler(seen) : json("{}", 404);
            if (answer.bytes.empty()) return;
            socket.send(answer.bytes);
        }
    }

    std::mutex mutex_;
    std::map<std::string, Handler> handlers_;
    std::map<std::string, int> requests_;
    std::vector<Seen> statements_;
    std::atomic<int> logins_ = 0;
    std::atomic<int> renewals_ = 0;
    base::Clock::duration skipped_{};
    async::Worker worker_;
    client_test::ScriptedServer server_;
    std::unique_ptr<snow::SnowflakeBackend> backend_;
    std::unique_ptr<backend::Pool> pool_;
    std::unique_ptr<snow::Services> services_;
    async::TaskGroup calls_;
};

}  // namespace account_test
