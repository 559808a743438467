/// A backend whose sessions do nothing, as the test says; counts what was asked of it.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "async/signal.hpp"
#include "backend/session.hpp"

namespace backend_test {

struct FakeBackend : backend::Backend {
    std::string_view name() const override { return "fake"; }
    async::Task<base::Result<std::unique_ptr<backend::Session>>> login(async::Call& call, backend::Context context,
                                                                       backend::Identity identity) override;
    backend::Context default_context() const override { return own; }
    bool interactive() const override { return asks_person; }
    bool carries_several() const override { return several; }

    std::atomic<int> open = 0;       // sessions there are
    std::atomic<int> most_open = 0;  // at a time
    std::atomic<int> logins = 0;     // attempts
    std::atomic<int> checks = 0;
    std::atomic<int> closes = 0;
    std::atomic<int> statements = 0;
    std::deque<base::Error> failures;  // of the next logins
    async::Signal* gate = nullptr;     // logins wait for it
    backend::Context own;
    backend::Identity last_identity;
    bool several = false;
    bool asks_person = false;
    bool alive = true;
    bool stillborn = false;
};

struct FakeSession : backend::Session {
    FakeSession(FakeBackend& made_by, backend::Context start)
        : backend{made_by}, names{std::move(start)}, good{!made_by.stillborn}, several{made_by.several} {
        const int now = ++backend.open;
        int most = backend.most_open;
        while (now > most && !backend.most_open.compare_exchange_weak(most, now)) {
        }
    }
    ~FakeSession() override { --backend.open; }

    async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> execute(async::Call&, backend::Statement) override {
        ++backend.statements;
        co_return base::fail(base::Kind::internal, "not in this test");
    }
    const backend::Context& context() const override { return names; }
    bool usable() const override { return good; }
    bool carries_several() const override { return several; }
    bool keep_logged_in() const override { return keep; }
    async::Task<base::Result<void>> check(async::Call&) override {
        ++backend.checks;
        if (!backend.alive) co_return base::fail(base::Kind::unavailable, "no answer");
        co_return base::Result<void>{};
    }
    async::Task<void> close(async::Call&) override {
        ++backend.closes;
        co_return;
    }

    FakeBackend& backend;
    backend::Context names;
    std::atomic<bool> good;
    std::atomic<bool> several;
    bool keep = false;
};

inline async::Task<base::Result<std::unique_ptr<backend::Session>>> FakeBackend::login(async::Call& call,
                                                                                       backend::Context context,
                                                                                       backend::Identity identity) {
    ++logins;
    if (!identity.is_own()) last_identity = std::move(identity);
    if (gate) {
        const auto reason = co_await gate->wait(call);
        if (reason != async::StopReason::none) co_return base::fail(call.stopped_error(base::Stage::login));
    }
    if (!failures.empty()) {
        base::Error error = failures.front();
        failures.pop_front();
        co_return base::fail(std::move(error));
    }
    co_return std::make_unique<FakeSession>(*this, std::move(context));
}

}  // namespace backend_test
