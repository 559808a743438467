// What crosses workers: cancellations, answers of the client, streams that go on, changes. Real threads; run under
// tsan.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "mcp/http/http_world.hpp"
#include "mcp/json_match.hpp"

namespace {

using namespace std::chrono_literals;

/// What came back for one request; filled on its worker, looked at from the test.
class Inbox {
public:
    void head(int status, std::string session) {
        const std::lock_guard lock{mutex_};
        status_ = status;
        session_ = std::move(session);
        changed_.notify_all();
    }
    void add(std::string bytes) {
        const std::lock_guard lock{mutex_};
        body_ += bytes;
        changed_.notify_all();
    }
    void finish() {
        const std::lock_guard lock{mutex_};
        finished_ = true;
        changed_.notify_all();
    }
    /// The body, once it holds the text; empty when that does not happen.
    std::string wait_for(std::string_view text) {
        std::unique_lock lock{mutex_};
        const bool came = changed_.wait_for(lock, 10s, [&] { return body_.find(text) != std::string::npos; });
        return came ? body_ : std::string{};
    }
    bool wait_until_finished() {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 10s, [&] { return finished_; });
    }
    int status() {
        const std::lock_guard lock{mutex_};
        return status_;
    }
    std::string session() {
        const std::lock_guard lock{mutex_};
        return session_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int status_ = 0;
    std::string session_;
    std::string body_;
    bool finished_ = false;
};
using InboxPtr = std::shared_ptr<Inbox>;

class ToInbox final : public mcp::http::Responder {
public:
    explicit ToInbox(InboxPtr inbox) : inbox_{std::move(inbox)} {}
    void reply(mcp::http::Head head, base::Payload body) override {
        inbox_->head(head.status, head.session_id);
        inbox_->add(body.to_string());
        inbox_->finish();
    }
    void begin(mcp::http::Head head) override { inbox_->head(head.status, head.session_id); }
    void send(base::Payload bytes, mcp::http::Importance) override { inbox_->add(bytes.to_string()); }
    void finish() override { inbox_->finish(); }
    std::shared_ptr<mcp::http::Responder> keep() override { return std::make_shared<ToInbox>(inbox_); }

private:
    InboxPtr inbox_;
};

class Fields final : public mcp::http::Headers {
public:
    explicit Fields(const sample::HttpRequest& request) : request_{request} {}
    std::string_view get(std::string_view name) const override {
        const auto found = request_.headers.find(std::string{name});
        return found == request_.headers.end() ? std::string_view{} : std::string_view{found->second};
    }
    std::size_t count(std::string_view name) const override { return request_.headers.count(std::string{name}); }

private:
    const sample::HttpRequest& request_;
};

class TwoWorkers : public testing::Test {
protected:
    TwoWorkers() { workers.start(); }
    ~TwoWorkers() override {
        server.stop(async::StopReason::drain);
        EXPECT_TRUE(server.join(10s));
        // What the workers hold goes on its own worker.
        for (std::size_t i = 0; i < workers.size(); ++i) {
            std::promise<void> done;
            workers[i].post([this, i, &done] {
                open[i].clear();
                done.set_value();
            });
            done.get_future().wait();
        }
        workers.stop_and_join();
    }

    static mcp::ServerOptions options() {
        mcp::ServerOptions options;
        options.name = "two";
        options.version = "1";
        options.workers = 2;
        options.tools_list_changed = true;
        return options;
    }

    InboxPtr send(std::size_t worker, sample::HttpRequest request) {
        auto inbox = std::make_shared<Inbox>();
        workers[worker].post([this, worker, inbox, request = std::move(request)] {
            ToInbox responder{inbox};
            const Fields headers{request};
            auto held = endpoint.handle({.method = request.method, .headers = headers, .body = request.body},
                                        {.worker = workers[worker],
                                         .principal = std::make_shared<base::Principal>(base::Principal{.id = "p"}),
                                         .request_id = {},
                                         .trace = {}},
                                        responder);
            if (held) open[worker].push_back(std::move(held));
        });
        return inbox;
    }

    std::string begin_session() {
        const auto inbox =
            send(0, sample::handshake({},
                                      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{)"
                                      R"("protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},)"
                                      R"("clientInfo":{"name":"c","version":"1"}}})",
                                      {}));
        EXPECT_TRUE(inbox->wait_until_finished());
        return inbox->session();
    }

    static sample::HttpRequest get(std::string_view session) {
        auto request = sample::handshake(session, "");
        request.method = "GET";
        return request;
    }

    async::Workers workers{2};
    base::TokenSealer sealer = base::TokenSealer::with_random_key();
    mcp::Server server{sample::registry(), sealer, options()};
    mcp::http::Endpoint endpoint{server};
    std::array<std::vector<std::shared_ptr<mcp::http::Open>>, 2> open;  // each touched on its worker only
};

TEST_F(TwoWorkers, a_cancellation_finds_its_call) {
    const auto session = begin_session();
    for (int i = 0; i < 50; ++i) {
        const auto call =
            send(0, sample::handshake(session, fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call",)"
                                                           R"("params":{{"name":"wait"}}}})",
                                                           i)));
        while (server.calls_in_flight() == 0) std::this_thread::yield();
        const auto cancelled =
            send(1, sample::handshake(session, fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/cancelled",)"
                                                           R"("params":{{"requestId":{}}}}})",
                                                           i)));
        ASSERT_TRUE(call->wait_until_finished());
        ASSERT_TRUE(cancelled->wait_until_finished());
        while (server.calls_in_flight() != 0) std::this_thread::yield();
    }
}

TEST_F(TwoWorkers, an_answer_of_the_client_finds_who_asked) {
    const auto session = begin_session();
    const auto call = send(0, sample::handshake(session, R"({"jsonrpc":"2.0","id":1,"method":"tools/call",)"
                                                         R"("params":{"name":"ask"}})"));
    for (const auto& [message, name] : {std::pair{"Who?", "Ann"}, std::pair{"Sure?", "yes"}}) {
        const auto body = call->wait_for(message);
        const auto at = body.rfind("\"id\":\"") + 6;
        const auto answered = send(
            1, sample::handshake(session, fmt::format(R"({{"jsonrpc":"2.0","id":"{}","result":{{"action":"accept",)"
                                                      R"("content":{{"name":"{}"}}}}}})",
                                                      body.substr(at, body.find('"', at) - at), name)));
        ASSERT_TRUE(answered->wait_until_finished());
        EXPECT_EQ(answered->status(), 202);
    }
    EXPECT_NE(call->wait_for("Ann, then yes"), "");
    EXPECT_TRUE(call->wait_until_finished());
}

TEST_F(TwoWorkers, a_stream_goes_on_on_another_worker) {
    const auto session = begin_session();
    for (int i = 0; i < 10; ++i) {
        const auto call = send(0, sample::handshake(session, R"({"jsonrpc":"2.0","id":1,"method":"tools/call",)"
                                                             R"("params":{"name":"polled"}})"));
        ASSERT_TRUE(call->wait_until_finished());
        const auto body = call->wait_for("\n\n");
        auto back = get(session);
        back.headers.emplace("last-event-id", body.substr(4, body.find('\n') - 4));
        const auto rest = send(1, back);
        EXPECT_NE(rest->wait_for("polled"), "");
        EXPECT_TRUE(rest->wait_until_finished());
    }
}

TEST_F(TwoWorkers, changes_reach_streams_of_both) {
    const auto first = send(0, get(begin_session()));
    const auto second = send(1, get(begin_session()));
    while (server.changes().listeners() < 2) std::this_thread::yield();
    server.changes().tools_changed();
    EXPECT_NE(first->wait_for("list_changed"), "");
    EXPECT_NE(second->wait_for("list_changed"), "");
}

TEST_F(TwoWorkers, a_stop_reaches_calls_of_both) {
    std::vector<InboxPtr> calls;
    for (int i = 0; i < 40; ++i) {
        calls.push_back(
            send(static_cast<std::size_t>(i) % 2, sample::modern("tools/call", "wait", R"({"name":"wait"})")));
    }
    while (server.calls_in_flight() < calls.size()) std::this_thread::yield();
    server.stop(async::StopReason::drain);
    for (const auto& call : calls) {
        EXPECT_TRUE(call->wait_until_finished());
        EXPECT_EQ(call->status(), 503);
    }
}

}  // namespace
