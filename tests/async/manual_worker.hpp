/// A worker without a thread, whose clock the test moves.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "base/principal.hpp"

namespace async_test {

class ManualWorker {
public:
    ManualWorker() : worker_{0, [this] { return now_; }} {}

    operator async::Worker&() { return worker_; }
    async::Worker& operator*() { return worker_; }
    async::Worker* operator->() { return &worker_; }

    base::TimePoint now() const { return now_; }
    void pass(std::chrono::milliseconds time) {
        now_ += time;
        settle();
    }
    /// Until nothing is ready.
    void settle() {
        while (worker_.poll() > 0) {
        }
    }

    async::Call::Parts parts(std::chrono::milliseconds left) const {
        return {.request_id = "1", .principal = std::make_shared<base::Principal>(), .deadline = now_ + left};
    }

    /// Starts a coroutine now; an exception in it is the test's.
    void start(async::Task<void> task) {
        boost::asio::co_spawn(worker_.executor(), std::move(task), [](std::exception_ptr error) {
            if (error) {
                std::rethrow_exception(error);
            }
        });
        settle();
    }

private:
    base::TimePoint now_{std::chrono::hours{100}};
    async::Worker worker_;
};

}  // namespace async_test
