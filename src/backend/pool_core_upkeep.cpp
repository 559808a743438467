// What falls due with time: ends, successors, retirement, signs of life, the minimum.
#include <algorithm>
#include <vector>

#include "backend/pool_core_parts.hpp"

namespace backend {

void PoolCore::tick(base::TimePoint now, Steps& steps) {
    due_.reset();
    for (auto& [identity, partition] : partitions_) {
        for (Session* session : std::vector{partition->idle}) look_after(now, *session, steps);  // longest unused first
        for (Session* session : std::vector{partition->sessions}) {
            if (session->state != Session::State::lent) continue;
            if (end_of(*session) <= now) session->leaving = true;
            prepare_successor(now, *session, steps);
        }
    }
    after_event(now, steps);
    forget_partitions(now);
    for (const auto& [identity, partition] : partitions_)
        for (const Session* session : partition->sessions) note_dues_of(now, *session);
}

/// An idle one.
void PoolCore::look_after(base::TimePoint now, Session& session, Steps& steps) {
    if (end_of(session) <= now || is_retired(now, session)) return close(session, steps);
    if (session.shared && now - session.last_used >= settings_.sharing_timeout) unshare(session);
    prepare_successor(now, session, steps);
    if (session.state != Session::State::idle) return;
    if (now - std::max(session.last_used, session.last_checked) < settings_.health_check_interval) return;
    leave_idle(session);
    session.state = Session::State::checking;
    ++session.partition->checking;
    steps.push_back({.kind = Step::Kind::check, .session = session.id});
}

bool PoolCore::is_retired(base::TimePoint now, const Session& session) const {
    const int minimum = session.partition->identity.is_own() ? settings_.min_size : 0;
    return session.partition->standing() > minimum && now - session.last_used >= settings_.max_inactive;
}

// ---- Logins that nobody waits for

bool PoolCore::may_log_in_unasked(base::TimePoint now, const Partition& partition) const {
    return partition.identity.is_own() && !stopped_ && !paused_ && !interactive_ &&
           partition.breaker.state() == Breaker::State::closed && now >= partition.no_login_before &&
           login_slots(partition) > 0;
}

base::TimePoint PoolCore::successor_due(const Session& session) const {
    const base::TimePoint end = end_of(session);
    return end - std::min<base::Clock::duration>(longest_lead, (end - session.born) / 10);
}

/// A session in use is followed by one that is logged in before it ends. Where the pool is full, an idle one makes room
/// for it, one at a time.
void PoolCore::prepare_successor(base::TimePoint now, Session& session, Steps& steps) {
    Partition& partition = *session.partition;
    if (session.followed || session.leaving || now < successor_due(session)) return;
    const bool in_use = session.lendings > 0 || now - session.last_used < longest_lead;
    if (!in_use && partition.standing() > settings_.min_size) return;
    if (!may_log_in_unasked(now, partition)) return;
    if (total() < settings_.max_size) {
        session.followed = true;
        logins_.at(begin_login(now, partition, Ticket{}, steps)).follows = session.id;
    } else if (session.state == Session::State::idle && partition.sessions.size() > 1 && closing_ == 0 &&
               partition.logins == 0 && partition.waiters.empty()) {
        owes_successor_ = true;
        close(session, steps);
    }
}

void PoolCore::fill_minimum(base::TimePoint now, Steps& steps) {
    Partition& own = *partitions_.at(Identity{});
    const int minimum = keeps_minimum_ ? std::min(settings_.min_size, settings_.max_size) : 0;
    if (closing_ == 0 && total() >= settings_.max_size) owes_successor_ = false;  // a waiter's login took the room
    if (own.standing() >= minimum && !owes_successor_) return;
    if (now < own.no_login_before) note_due(now, own.no_login_before);
    while ((own.standing() < minimum || owes_successor_) && total() < settings_.max_size &&
           may_log_in_unasked(now, own)) {
        owes_successor_ = false;
        begin_login(now, own, Ticket{}, steps);
    }
}

// ---- Remembering

void PoolCore::forget_partitions(base::TimePoint now) {
    std::erase_if(partitions_, [&](const auto& entry) {
        const Partition& partition = *entry.second;
        if (entry.first.is_own() || partition.standing() > 0 || !partition.waiters.empty()) return false;
        if (partition.breaker.would_admit(now)) return true;
        if (const auto at = partition.breaker.probe_at()) note_due(now, *at);
        return false;
    });
}

void PoolCore::note_dues_of(base::TimePoint now, const Session& session) {
    note_due(now, end_of(session));
    if (!session.followed) note_due(now, successor_due(session));
    if (session.state != Session::State::idle) return;
    note_due(now, session.last_used + settings_.max_inactive);
    note_due(now, std::max(session.last_used, session.last_checked) + settings_.health_check_interval);
    if (session.shared) note_due(now, session.last_used + settings_.sharing_timeout);
}

/// Only what lies ahead: what is due and could not be done waits for an event.
void PoolCore::note_due(base::TimePoint now, base::TimePoint at) {
    if (at > now && (!due_ || at < *due_)) due_ = at;
}

}  // namespace backend
