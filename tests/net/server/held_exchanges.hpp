/// A handler that answers nothing itself: the test does, later.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "net/server/exchange.hpp"

/// Keeps exchanges for the test to answer; what happens to them is told by promises.
struct Held {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<net::ExchangePtr> exchanges;
    std::atomic<int> stops = 0;
    std::atomic<async::StopReason> reason = async::StopReason::none;
    std::atomic<int> drains = 0;

    void operator()(net::ExchangePtr exchange) {
        exchange->on_stop([this](async::StopReason why) {
            reason = why;
            ++stops;
            stops.notify_all();
        });
        exchange->on_drain([this] {
            ++drains;
            drains.notify_all();
        });
        const std::lock_guard lock{mutex};
        exchanges.push_back(std::move(exchange));
        changed.notify_all();
    }
    /// To be used on the worker only, until `forget`.
    net::Exchange* wait(std::size_t index = 0) {
        std::unique_lock lock{mutex};
        changed.wait_for(lock, std::chrono::seconds{10}, [&] { return exchanges.size() > index; });
        return exchanges.size() > index ? exchanges[index].get() : nullptr;
    }
    void wait_for_stop() {
        while (stops == 0) stops.wait(0);
    }
    void forget() {
        const std::lock_guard lock{mutex};
        exchanges.clear();
    }
};
