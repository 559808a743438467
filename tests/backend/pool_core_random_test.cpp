// Tens of thousands of random events, always the same: what must hold after each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "backend/core_stand.hpp"
#include "backend/pool_core.hpp"

namespace backend_test {
namespace {

using namespace std::chrono_literals;

/// The world around a core: callers, logins, sessions; it does what it is told, some time.
class World {
public:
    World(PoolSettings settings, std::uint32_t seed, int identities)
        : settings_{settings}, core_{settings}, random_{seed}, identities_{identities} {}

    void step() {
        switch (number(12)) {
            case 0:
            case 1:
            case 2: arrive(); break;
            case 3: leave(); break;
            case 4:
            case 5:
            case 6:
            case 7: give_back(); break;
            case 8: login_ends(); break;
            case 9: finish_closing(); break;
            case 10: finish_check(); break;
            case 11: pass_time(); break;
        }
        obey();
        check();
    }

    /// Everybody goes home; nothing more is asked for.
    void settle() {
        while (!waiting_.empty() || !lent_.empty() || !logins_.empty() || !closing_.empty() || !checking_.empty()) {
            while (!waiting_.empty() && lent_.empty() && logins_.empty() && closing_.empty() && checking_.empty())
                pass_time(), obey();
            if (!lent_.empty()) give_back();
            if (!logins_.empty()) login_ends();
            finish_closing();
            finish_check();
            obey();
            check();
            if (HasFatalFailure()) return;
        }
    }

    PoolCore::Figures figures() const { return core_.figures(now_); }
    std::uint64_t served() const { return served_; }
    int most_overtaken() const { return most_overtaken_; }
    static bool HasFatalFailure() { return testing::Test::HasFatalFailure(); }

private:
    struct Caller {
        std::string identity;
        Use use;
        int overtaken = 0;
    };
    struct Session {
        std::string identity;
        Context context;
        bool carries_several;
        bool idle = true;
    };
    struct Lending {
        PoolCore::SessionId session;
        Use use;
        Context context;
    };

    int number(int below) { return static_cast<int>(random_() % static_cast<std::uint32_t>(below)); }
    template <class Container>
    auto any(Container& of) {
        return std::next(of.begin(), number(static_cast<int>(of.size())));
    }

    void arrive() {
        const std::string identity = std::string(static_cast<std::size_t>(number(identities_)), 'i');
        const Use use = number(3) == 0 ? Use::exclusive : Use::shared_read;
        const Context context{.database = std::string{"D"} + std::to_string(number(3)), .schema = "S"};
        const auto ticket = core_.arrive(now_, {context, Identity{identity}, use}, steps_);
        waiting_.emplace(ticket, Caller{identity, use});
        wanted_.emplace(ticket, context);
    }
    void leave() {
        if (waiting_.empty()) return;
        const auto who = any(waiting_);
        core_.leave(now_, who->first, steps_);
        wanted_.erase(who->first);
        waiting_.erase(who);
    }
    PoolCore::Seen seen(PoolCore::SessionId id, const Context& context) {
        Session& session = sessions_.at(id);
        session.carries_several = session.carries_several && number(200) > 0;
        return {.usable = number(50) > 0,
                .context = number(20) > 0 ? std::optional{context} : std::nullopt,
                .carries_several = session.carries_several,
                .ends_at = number(5) == 0 ? std::optional{now_ + std::chrono::minutes{number(600)}} : std::nullopt};
    }
    void give_back() {
        if (lent_.empty()) return;
        const auto which = any(lent_);
        const Lending lending = *which;
        lent_.erase(which);
        const auto same = [&](const Lending& other) { return other.session == lending.session; };
        const bool last = std::ranges::none_of(lent_, same);
        EXPECT_EQ(core_.is_last_lending(lending.session), last);
        sessions_.at(lending.session).idle = last;
        sessions_.at(lending.session).context = lending.context;
        core_.give_back(now_, lending.session, seen(lending.session, lending.context), steps_);
    }
    void login_ends() {
        if (logins_.empty()) return;
        const auto which = any(logins_);
        const auto [id, identity] = *which;
        logins_.erase(which);
        const int luck = number(20);
        if (luck == 0) {
            core_.login_failed(now_, id, base::Error{base::Kind::unavailable, "no route"}, 0.5, steps_);
        } else if (luck == 1) {
            core_.login_failed(now_, id, base::Error{base::Kind::credentials, "locked"}, 0.5, steps_);
        } else if (luck == 2) {
            core_.login_abandoned(now_, id, steps_);
        } else {
            const bool several = number(3) > 0;
            const Context own{.database = "D0", .schema = "S"};
            const auto session = core_.logged_in(now_, id, {.context = own, .carries_several = several}, steps_);
            sessions_.emplace(session, Session{identity, own, several});
        }
    }
    void finish_closing() {
        if (closing_.empty()) return;
        const auto id = *closing_.begin();
        closing_.erase(closing_.begin());
        core_.closed(now_, id, steps_);
    }
    void finish_check() {
        if (checking_.empty()) return;
        const auto id = *checking_.begin();
        checking_.erase(checking_.begin());
        sessions_.at(id).idle = true;
        core_.checked(now_, id, number(10) > 0, seen(id, sessions_.at(id).context), steps_);
    }
    void pass_time() {
        now_ += std::chrono::seconds{number(number(10) == 0 ? 600 : 20)};
        core_.tick(now_, steps_);
    }

    void obey() {
        for (const PoolCore::Step& step : std::exchange(steps_, {})) {
            switch (step.kind) {
                case PoolCore::Step::Kind::grant: lend(step); break;
                case PoolCore::Step::Kind::refuse:
                    ASSERT_EQ(waiting_.erase(step.ticket), 1u);
                    wanted_.erase(step.ticket);
                    break;
                case PoolCore::Step::Kind::log_in:
                    ASSERT_TRUE(logins_.emplace(step.login, step.identity.name).second);
                    break;
                case PoolCore::Step::Kind::check:
                    ASSERT_TRUE(sessions_.at(step.session).idle);
                    sessions_.at(step.session).idle = false;
                    checking_.insert(step.session);
                    break;
                case PoolCore::Step::Kind::close:
                    ASSERT_TRUE(sessions_.at(step.session).idle) << "nobody may be on it";
                    sessions_.erase(step.session);
                    closing_.insert(step.session);
                    break;
            }
        }
    }
    void lend(const PoolCore::Step& step) {
        const auto who = waiting_.find(step.ticket);
        ASSERT_NE(who, waiting_.end()) << "granted twice, or to somebody who left";
        Session& session = sessions_.at(step.session);
        ASSERT_EQ(session.identity, who->second.identity);
        const Context wanted = wanted_.at(step.ticket);
        if (step.shared) {
            ASSERT_TRUE(session.carries_several);
            for (const Lending& other : lent_) {
                if (other.session != step.session) continue;
                ASSERT_EQ(other.use, Use::shared_read);
                ASSERT_EQ(who->second.use, Use::shared_read);
                ASSERT_EQ(other.context, wanted) << "a session that carries statements is never switched";
            }
        } else {
            ASSERT_TRUE(session.idle);
        }
        session.idle = false;
        lent_.push_back({step.session, who->second.use, wanted});
        for (auto earlier = waiting_.begin(); earlier != who; ++earlier) {
            if (earlier->second.identity != who->second.identity) continue;
            most_overtaken_ = std::max(most_overtaken_, ++earlier->second.overtaken);
        }
        wanted_.erase(step.ticket);
        waiting_.erase(who);
        ++served_;
    }

    void check() {
        const PoolCore::Figures figures = core_.figures(now_);
        ASSERT_LE(sessions_.size() + logins_.size() + closing_.size(), static_cast<std::size_t>(settings_.max_size));
        ASSERT_LE(logins_.size(), static_cast<std::size_t>(PoolCore::max_logins_at_once));
        ASSERT_LE(figures.shared, settings_.max_shared);
        ASSERT_LE(most_overtaken_, PoolCore::max_overtakes);
        ASSERT_EQ(figures.lendings, static_cast<int>(lent_.size())) << "a permit was lost or made";
        ASSERT_EQ(figures.waiting, static_cast<int>(waiting_.size()));
        ASSERT_EQ(figures.active + figures.idle, static_cast<int>(sessions_.size()));
        ASSERT_EQ(figures.closing, static_cast<int>(closing_.size()));
        for (const auto& [ticket, caller] : waiting_) {
            const bool idle_one = std::ranges::any_of(sessions_, [&](const auto& entry) {
                return entry.second.idle && entry.second.identity == caller.identity;
            });
            ASSERT_FALSE(idle_one) << "nobody waits while a session of its identity is idle";
        }
    }

    const PoolSettings settings_;
    PoolCore core_;
    std::mt19937 random_;
    const int identities_;
    base::TimePoint now_ = base::TimePoint{} + 1h;
    PoolCore::Steps steps_;
    std::map<PoolCore::Ticket, Caller> waiting_;
    std::map<PoolCore::Ticket, Context> wanted_;
    std::map<PoolCore::SessionId, Session> sessions_;
    std::map<PoolCore::LoginId, std::string> logins_;
    std::set<PoolCore::SessionId> closing_;
    std::set<PoolCore::SessionId> checking_;
    std::vector<Lending> lent_;
    std::uint64_t served_ = 0;
    int most_overtaken_ = 0;
};

class PoolCoreRandom : public testing::TestWithParam<std::uint32_t> {};

TEST_P(PoolCoreRandom, loses_no_permit_keeps_the_maximum_and_overtakes_at_most_ten_times) {
    World world{{.min_size = 2, .max_size = 6, .max_shared = 3}, GetParam(), 1};
    for (int i = 0; i < 20'000 && !HasFatalFailure(); ++i) world.step();
    EXPECT_GT(world.served(), 1'000u);
    EXPECT_GT(world.most_overtaken(), 3) << "the rule was never near its limit";
    world.settle();
    EXPECT_EQ(world.figures().lendings, 0);
    EXPECT_EQ(world.figures().waiting, 0);
}

TEST_P(PoolCoreRandom, serves_all_identities_within_one_maximum) {
    World world{{.min_size = 1, .max_size = 4, .max_shared = 2}, GetParam(), 6};
    for (int i = 0; i < 20'000 && !HasFatalFailure(); ++i) world.step();
    EXPECT_GT(world.served(), 500u);
    world.settle();
    EXPECT_EQ(world.figures().lendings, 0);
    EXPECT_EQ(world.figures().waiting, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PoolCoreRandom, testing::Range(1u, 9u));

}  // namespace
}  // namespace backend_test
