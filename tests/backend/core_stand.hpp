/// A pool's core, told what happens in words; what it says to do next is kept as words, too.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backend/pool_core.hpp"

namespace backend_test {

using backend::Context;
using backend::Identity;
using backend::PoolCore;
using backend::PoolSettings;
using Use = PoolCore::Use;

class CoreStand {
public:
    explicit CoreStand(PoolSettings settings) : core{settings} {}

    /// What was said to be done since the last time.
    std::vector<std::string> done() {
        std::vector<std::string> words;
        for (const PoolCore::Step& step : std::exchange(steps, {})) words.push_back(to_string(step));
        return words;
    }
    const PoolCore::Step& last() const { return steps.back(); }

    std::uint64_t arrive(Context context = {}, Use use = Use::exclusive, std::string identity = {}) {
        return number(core.arrive(now, {std::move(context), Identity{std::move(identity)}, use}, steps));
    }
    void leave(std::uint64_t caller) { core.leave(now, PoolCore::Ticket{caller}, steps); }
    void give_back(std::uint64_t session, PoolCore::Seen seen = {}) {
        core.give_back(now, PoolCore::SessionId{session}, seen, steps);
    }
    std::uint64_t logged_in(std::uint64_t login, PoolCore::Seen seen = {}) {
        return number(core.logged_in(now, PoolCore::LoginId{login}, seen, steps));
    }
    void login_failed(std::uint64_t login, const base::Error& error, double jitter = 0) {
        core.login_failed(now, PoolCore::LoginId{login}, error, jitter, steps);
    }
    void checked(std::uint64_t session, bool alive, PoolCore::Seen seen = {}) {
        core.checked(now, PoolCore::SessionId{session}, alive, seen, steps);
    }
    void closed(std::uint64_t session) { core.closed(now, PoolCore::SessionId{session}, steps); }
    void tick() { core.tick(now, steps); }
    void after(base::Clock::duration time) {
        now += time;
        tick();
    }
    PoolCore::Figures figures() const { return core.figures(now); }

    /// `count` sessions stand idle, 1 to `count`, in `context`; nothing of that is left in `done`.
    void open_sessions(int count, Context context = {}, bool carries_several = false) {
        for (int i = 0; i < count; ++i) arrive();
        for (int open = 0; open < count;) {
            std::vector<std::uint64_t> logins;
            for (const PoolCore::Step& step : std::exchange(steps, {}))
                if (step.kind == PoolCore::Step::Kind::log_in) logins.push_back(number(step.login));
            for (const std::uint64_t login : logins) {
                logged_in(login, {.context = context, .carries_several = carries_several});
                ++open;
            }
        }
        for (int session = 1; session <= count; ++session)
            give_back(static_cast<std::uint64_t>(session), {.context = context, .carries_several = carries_several});
        steps.clear();
    }

    template <class Id>
    static std::uint64_t number(Id id) {
        return static_cast<std::uint64_t>(id);
    }

    base::TimePoint now = base::TimePoint{} + std::chrono::hours{1};
    PoolCore core;
    PoolCore::Steps steps;
};

}  // namespace backend_test
