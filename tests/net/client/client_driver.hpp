/// A client on a worker that the test drives by hand, with a clock that can be moved forward.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "async/task_group.hpp"
#include "net/client/http_client.hpp"

namespace client_test {

using net::client::Outcome;
using net::client::Request;
using net::client::Response;

/// What a whole exchange gave.
struct Answer {
    int status = 0;
    std::string body;
    std::string connection_note;  // the X-Connection header
};

class Driver {
public:
    explicit Driver(const net::client::ClientSettings& settings = {}, net::client::Resolver::LookUp look_up = {})
        : worker_{0, [this] { return base::Clock::now() + skipped_; }} {
        auto made = look_up ? net::client::Outbound::create(settings, std::move(look_up))
                            : net::client::Outbound::create(settings);
        if (!made) ADD_FAILURE() << made.error().message();
        outbound_ = std::move(*made);
        client_ = std::make_unique<net::client::HttpClient>(worker_, outbound_);
    }
    ~Driver() {
        group_.stop(async::StopReason::drain);
        until([&] { return group_.size() == 0; });
        client_.reset();
        worker_.poll();
    }

    async::Worker& worker() { return worker_; }
    net::client::HttpClient& client() { return *client_; }
    void drop_client() { client_.reset(); }
    net::client::Outbound& outbound() { return *outbound_; }
    void skip(std::chrono::milliseconds time) { skipped_ += time; }

    /// Runs the loop until `done`; false when that takes more than 20 s of real time.
    bool until(const std::function<bool()>& done) {
        const auto end = base::Clock::now() + std::chrono::seconds{20};
        while (!done()) {
            if (base::Clock::now() > end) return false;
            if (worker_.poll() == 0) std::this_thread::yield();
        }
        return true;
    }

    /// Something under way: `call` is there until it has ended.
    template <class T>
    struct Running {
        std::optional<T> result;
        async::Call* call = nullptr;
        bool done() const { return result.has_value(); }
    };

    template <class T>
    std::shared_ptr<Running<T>> start(std::function<async::Task<T>(async::Call&)> act,
                                      std::chrono::milliseconds deadline = std::chrono::seconds{600}) {
        auto running = std::make_shared<Running<T>>();
        async::Call::Parts parts{.request_id = "1", .deadline = worker_.now() + deadline};
        group_.spawn(worker_, std::move(parts),
                     [running, act = std::move(act)](async::Call& call) { return keep<T>(running, call, act); });
        return running;
    }

    template <class T>
    T run(std::function<async::Task<T>(async::Call&)> act,
          std::chrono::milliseconds deadline = std::chrono::seconds{600}) {
        const auto running = start<T>(std::move(act), deadline);
        if (!until([&] { return running->done(); })) throw std::runtime_error{"the client did not answer in 20 s"};
        return std::move(*running->result);
    }

    std::shared_ptr<Running<Outcome<Answer>>> start_fetch(Request request,
                                                          std::chrono::milliseconds deadline = std::chrono::seconds{
                                                              600}) {
        return start<Outcome<Answer>>(
            [this, request = std::move(request)](async::Call& call) { return exchange(*client_, call, request); },
            deadline);
    }
    Outcome<Answer> fetch(Request request, std::chrono::milliseconds deadline = std::chrono::seconds{600}) {
        const auto running = start_fetch(std::move(request), deadline);
        if (!until([&] { return running->done(); })) throw std::runtime_error{"the client did not answer in 20 s"};
        return std::move(*running->result);
    }

    static async::Task<Outcome<Answer>> exchange(net::client::HttpClient& client, async::Call& call, Request request) {
        auto response = co_await client.send(call, std::move(request));
        if (!response) co_return std::unexpected{std::move(response.error())};
        Answer answer{
            .status = response->status(), .body = {}, .connection_note = std::string{response->header("x-connection")}};
        auto body = co_await response->body(call);
        if (!body) co_return std::unexpected{std::move(body.error())};
        answer.body = std::move(*body);
        co_return answer;
    }

private:
    template <class T>
    static async::Task<void> keep(std::shared_ptr<Running<T>> running, async::Call& call,
                                  std::function<async::Task<T>(async::Call&)> act) {
        running->call = &call;
        auto result = co_await act(call);
        running->call = nullptr;
        running->result.emplace(std::move(result));
    }

    std::chrono::milliseconds skipped_{0};
    async::Worker worker_;
    std::shared_ptr<net::client::Outbound> outbound_;
    std::unique_ptr<net::client::HttpClient> client_;
    async::TaskGroup group_;
};

inline Request get(const std::string& url) { return Request{.url = net::client::Url::parse(url).value()}; }

inline Request post(const std::string& url, std::string body) {
    return Request{.method = "POST", .url = net::client::Url::parse(url).value(), .body = std::move(body)};
}

}  // namespace client_test
