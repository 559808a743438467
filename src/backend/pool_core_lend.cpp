// Who is lent what, and which logins waiters need.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/pool_core_parts.hpp"

namespace backend {
namespace {

constexpr std::size_t idle_looked_at = 8;  // most recently used ones

}  // namespace

void PoolCore::serve(base::TimePoint now, Steps& steps) {
    short_of_room_ = nullptr;
    if (stopped_ || paused_ || waiters_.empty()) return;
    for (Partition* partition : by_longest_waiter()) {
        while (!partition->waiters.empty()) {
            const auto chosen = pick(*partition, now);
            if (!chosen) break;
            grant(now, *partition, *chosen, steps);
        }
        if (partition->waiters.empty()) continue;
        start_logins(now, *partition, steps);
        if (is_hopeless(*partition, now)) refuse_all(*partition, refusal(*partition, now), steps);
    }
    short_of_room_ = nullptr;
}

std::vector<PoolCore::Partition*> PoolCore::by_longest_waiter() {
    std::vector<Partition*> waiting;
    for (auto& [identity, partition] : partitions_)
        if (!partition->waiters.empty()) waiting.push_back(partition.get());
    std::ranges::sort(waiting, {}, [](const Partition* partition) { return partition->waiters.front().ticket; });
    return waiting;
}

// ---- Choosing

std::optional<PoolCore::Pick> PoolCore::pick(Partition& partition, base::TimePoint now) {
    const auto longest = partition.waiters.begin();
    if (Session* session = fitting_idle(partition, *longest)) return Pick{.waiter = longest, .session = session};
    if (Session* session = session_to_share(partition, *longest, now); session && may_prolong(*longest))
        return Pick{.waiter = longest, .session = session, .shared = true};
    if (partition.idle.empty()) return pick_shared_for_later(partition, now);
    if (auto saved_switch = pick_for_affinity(partition)) return saved_switch;
    const auto ordinary = std::find_if(partition.idle.rbegin(), partition.idle.rend(),
                                       [](const Session* session) { return !session->shared; });
    Session* const switched = ordinary == partition.idle.rend() ? partition.idle.back() : *ordinary;
    return Pick{.waiter = longest, .session = switched, .needs_switch = true};
}

PoolCore::Session* PoolCore::fitting_idle(const Partition& partition, const Waiter& waiter) const {
    Session* fitting = nullptr;
    const bool wants_shared = waiter.wanted.use == Use::shared_read;
    for (auto at = partition.idle.rbegin(); at != partition.idle.rend(); ++at) {
        Session& session = **at;
        if (!session.context || !is_in(*session.context, waiter.wanted.context, session.own)) continue;
        if (session.shared == wants_shared) return &session;
        if (!fitting) fitting = &session;
    }
    return fitting;
}

PoolCore::Session* PoolCore::session_to_share(const Partition& partition, const Waiter& waiter,
                                              base::TimePoint now) const {
    if (!settings_.multiplexing || waiter.wanted.use != Use::shared_read) return nullptr;
    Session* chosen = nullptr;
    for (Session* session : partition.sessions) {
        if (session->state != Session::State::lent || !session->takes_reads || !session->carries_several) continue;
        if (session->leaving || session->lendings >= statements_at_once || end_of(*session) <= now) continue;
        if (!session->shared && shared_ >= settings_.max_shared) continue;
        if (chosen && chosen->lendings <= session->lendings) continue;
        if (is_in(*session->context, waiter.wanted.context, session->own)) chosen = session;
    }
    return chosen;
}

/// An idle session and the first waiter that needs no switch on it.
std::optional<PoolCore::Pick> PoolCore::pick_for_affinity(Partition& partition) {
    if (partition.waiters.front().overtaken >= max_overtakes) return std::nullopt;
    const std::size_t sessions = std::min(partition.idle.size(), idle_looked_at);
    for (std::size_t i = 1; i <= sessions; ++i) {
        Session& session = *partition.idle[partition.idle.size() - i];
        if (!session.context) continue;
        std::size_t looked_at = 1;
        for (auto at = std::next(partition.waiters.begin()); at != partition.waiters.end(); ++at) {
            if (++looked_at > look_ahead) break;
            if (is_in(*session.context, at->wanted.context, session.own))
                return Pick{.waiter = at, .session = &session};
        }
    }
    return std::nullopt;
}

/// Nothing is free for the longest waiter, but a later one may join a session that is shared.
std::optional<PoolCore::Pick> PoolCore::pick_shared_for_later(Partition& partition, base::TimePoint now) {
    if (!settings_.multiplexing || partition.waiters.front().overtaken >= max_overtakes) return std::nullopt;
    if (std::ranges::none_of(partition.sessions, &Session::takes_reads)) return std::nullopt;
    std::size_t looked_at = 1;
    for (auto at = std::next(partition.waiters.begin()); at != partition.waiters.end(); ++at) {
        if (++looked_at > look_ahead || !may_prolong(*at)) break;
        if (Session* session = session_to_share(partition, *at, now))
            return Pick{.waiter = at, .session = session, .shared = true};
    }
    return std::nullopt;
}

/// May `waiter` keep a shared session busy for longer, where an earlier one of another identity waits for its room?
bool PoolCore::may_prolong(const Waiter& waiter) const {
    return !short_of_room_ || short_of_room_->ticket > waiter.ticket || short_of_room_->overtaken < max_overtakes;
}

void PoolCore::grant(base::TimePoint now, Partition& partition, const Pick& pick, Steps& steps) {
    Session& session = *pick.session;
    const Waiter& waiter = *pick.waiter;
    if (pick.waiter != partition.waiters.begin()) ++overtakes_;
    for (auto earlier = partition.waiters.begin(); earlier != pick.waiter; ++earlier)
        most_overtaken_ = std::max(most_overtaken_, ++earlier->overtaken);
    if (pick.shared && short_of_room_ && short_of_room_->ticket < waiter.ticket) ++short_of_room_->overtaken;

    if (pick.shared) {
        if (!std::exchange(session.shared, true)) ++shared_;
    } else {
        leave_idle(session);
        session.state = Session::State::lent;
        session.takes_reads = waiter.wanted.use == Use::shared_read && !pick.needs_switch;
        if (!session.takes_reads) unshare(session);
    }
    ++session.lendings;
    session.last_used = now;
    if (pick.needs_switch) ++switches_;
    steps.push_back({.kind = Step::Kind::grant,
                     .ticket = waiter.ticket,
                     .session = session.id,
                     .needs_switch = pick.needs_switch,
                     .shared = pick.shared});
    waiters_.erase(waiter.ticket);
    partition.waiters.erase(pick.waiter);
}

// ---- Logins for waiters

/// How many may begin now.
int PoolCore::login_slots(const Partition& partition) const {
    const int slots = (interactive_ ? 1 : max_logins_at_once) - static_cast<int>(logins_.size());
    if (partition.failures_in_a_row == 0 && partition.breaker.state() == Breaker::State::closed) return slots;
    return std::min(slots, 1 - partition.logins);  // one finds out whether it works again
}

void PoolCore::start_logins(base::TimePoint now, Partition& partition, Steps& steps) {
    const auto missing = [&] {
        return static_cast<int>(partition.waiters.size()) - partition.logins - partition.checking;
    };
    while (missing() > 0) {
        if (now < partition.no_login_before) return note_due(now, partition.no_login_before);
        if (!partition.breaker.would_admit(now)) {
            if (const auto at = partition.breaker.probe_at()) note_due(now, *at);
            return;
        }
        if (login_slots(partition) <= 0) return;
        if (total() >= settings_.max_size) {
            if (!make_room(now, partition, steps)) short_of_room_ = &partition.waiters.front();
            return;
        }
        begin_login(now, partition, partition.waiters.front().ticket, steps);
    }
}

/// Closes idle sessions of other identities, longest unused first. True where room is on its way.
bool PoolCore::make_room(base::TimePoint, const Partition& partition, Steps& steps) {
    const int wanted = std::min(static_cast<int>(partition.waiters.size()) - partition.logins, login_slots(partition));
    while (closing_ < wanted) {
        Session* victim = nullptr;
        for (const auto& [identity, other] : partitions_) {
            if (other.get() == &partition || other->idle.empty()) continue;
            if (!victim || other->idle.front()->last_used < victim->last_used) victim = other->idle.front();
        }
        if (!victim) break;
        close(*victim, steps);
    }
    return closing_ > 0;
}

PoolCore::LoginId PoolCore::begin_login(base::TimePoint now, Partition& partition, Ticket ticket, Steps& steps) {
    (void)partition.breaker.admit(now);  // asked before: yes
    const LoginId id{++last_login_};
    logins_.emplace(id, Login{.partition = &partition, .began = now, .follows = {}});
    ++partition.logins;
    steps.push_back({.kind = Step::Kind::log_in, .ticket = ticket, .login = id, .identity = partition.identity});
    return id;
}

/// No session of its identity stands or is on its way, and none may be opened.
bool PoolCore::is_hopeless(const Partition& partition, base::TimePoint now) const {
    return partition.standing() == 0 && !partition.breaker.would_admit(now);
}

void PoolCore::refuse_all(Partition& partition, const base::Error& error, Steps& steps) {
    for (const Waiter& waiter : partition.waiters) {
        steps.push_back({.kind = Step::Kind::refuse, .ticket = waiter.ticket, .error = error});
        waiters_.erase(waiter.ticket);
    }
    partition.waiters.clear();
}

/// The last cause, and when another try makes sense.
base::Error PoolCore::refusal(const Partition& partition, base::TimePoint now) const {
    if (!partition.last_failure)
        return base::Error{base::Kind::unavailable, "no session can be opened"}.at(base::Stage::pool);
    const base::Error& cause = *partition.last_failure;
    auto wait = std::chrono::seconds{1};
    if (const auto at = partition.breaker.probe_at()) wait = std::chrono::ceil<std::chrono::seconds>(*at - now);
    auto error = base::Error{cause.kind(),
                             fmt::format("{} (the login is not tried again for {} s)", cause.message(), wait.count())}
                     .at(cause.stage() == base::Stage::none ? base::Stage::login : cause.stage())
                     .about(cause.argument())
                     .code(cause.code(), cause.sqlstate())
                     .query(cause.query_id())
                     .retry_after(wait);
    return error;
}

}  // namespace backend
