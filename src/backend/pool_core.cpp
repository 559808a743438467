#include "backend/pool_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/pool_core_parts.hpp"

namespace backend {
namespace {

/// Doubles with each step, bounded; the second half is chance, so that replicas do not come back together.
std::chrono::milliseconds backoff(int step, double jitter) {
    const auto delay = std::min(PoolCore::longest_delay, PoolCore::first_delay * (1 << std::clamp(step, 0, 16)));
    const auto half = delay / 2;
    return half + std::chrono::milliseconds{static_cast<std::int64_t>(jitter * static_cast<double>(half.count()))};
}

bool may_pass_by_itself(base::Kind kind) {
    return kind == base::Kind::unavailable || kind == base::Kind::timeout || kind == base::Kind::overloaded ||
           kind == base::Kind::cancelled;
}

template <class T>
void erase_one(std::vector<T*>& from, const T* which) {
    if (const auto at = std::ranges::find(from, which); at != from.end()) from.erase(at);
}

}  // namespace

PoolCore::PoolCore(const PoolSettings& settings) : settings_{settings} { partition_of(Identity{}); }

PoolCore::~PoolCore() = default;

// ---- Callers

PoolCore::Ticket PoolCore::arrive(base::TimePoint now, Wanted wanted, Steps& steps) {
    const Ticket ticket{++last_ticket_};
    if (stopped_) {
        steps.push_back({.kind = Step::Kind::refuse, .ticket = ticket, .error = stopped_});
        return ticket;
    }
    Partition& partition = partition_of(wanted.identity);
    const auto place = partition.waiters.insert(partition.waiters.end(),
                                                Waiter{.ticket = ticket, .wanted = std::move(wanted), .since = now});
    waiters_.emplace(ticket, place);
    serve(now, steps);
    return ticket;
}

void PoolCore::leave(base::TimePoint now, Ticket ticket, Steps& steps) {
    const auto known = waiters_.find(ticket);
    if (known == waiters_.end()) return;
    const Waiters::iterator place = known->second;
    waiters_.erase(known);
    partition_of(place->wanted.identity).waiters.erase(place);
    serve(now, steps);  // it may have been first, and others are easier to serve
}

void PoolCore::give_back(base::TimePoint now, SessionId id, const Seen& seen, Steps& steps) {
    Session& session = session_of(id);
    --session.lendings;
    session.last_used = now;
    if (session.carries_several && !seen.carries_several && seen.usable) refused_several_ = true;
    session.carries_several = session.carries_several && seen.carries_several;
    session.ends_at = seen.ends_at;
    session.leaving = session.leaving || !seen.usable;
    if (session.lendings == 0) {
        session.context = seen.context;
        session.takes_reads = false;
        come_home(now, session, steps);
    }
    after_event(now, steps);
}

bool PoolCore::is_last_lending(SessionId id) const { return session_of(id).lendings == 1; }

// ---- Sessions

void PoolCore::come_home(base::TimePoint now, Session& session, Steps& steps) {
    if (stopped_ || session.leaving || end_of(session) <= now) {
        close(session, steps);
        return;
    }
    become_idle(now, session);
    prepare_successor(now, session, steps);
}

void PoolCore::become_idle(base::TimePoint now, Session& session) {
    session.state = Session::State::idle;
    auto& idle = session.partition->idle;
    const auto later = std::ranges::find_if(idle, [&](Session* other) { return other->last_used > session.last_used; });
    idle.insert(later, &session);
    note_dues_of(now, session);
}

void PoolCore::leave_idle(Session& session) { erase_one(session.partition->idle, &session); }

void PoolCore::unshare(Session& session) {
    if (std::exchange(session.shared, false)) --shared_;
}

void PoolCore::close(Session& session, Steps& steps) {
    leave_idle(session);
    unshare(session);
    erase_one(session.partition->sessions, &session);
    session.state = Session::State::closing;
    session.partition = nullptr;
    ++closing_;
    steps.push_back({.kind = Step::Kind::close, .session = session.id});
}

void PoolCore::closed(base::TimePoint now, SessionId id, Steps& steps) {
    sessions_.erase(id);
    --closing_;
    after_event(now, steps);
}

void PoolCore::checked(base::TimePoint now, SessionId id, bool alive, const Seen& seen, Steps& steps) {
    Session& session = session_of(id);
    --session.partition->checking;
    session.last_checked = now;
    session.carries_several = session.carries_several && seen.carries_several;
    session.ends_at = seen.ends_at;
    session.leaving = session.leaving || !alive || !seen.usable;
    if (!alive) ++failed_checks_;
    come_home(now, session, steps);
    after_event(now, steps);
}

// ---- Logins

PoolCore::Login PoolCore::take_login(LoginId id) {
    const auto known = logins_.find(id);
    const Login login = known->second;
    logins_.erase(known);
    --login.partition->logins;
    return login;
}

PoolCore::SessionId PoolCore::logged_in(base::TimePoint now, LoginId id, const Seen& seen, Steps& steps) {
    const Login login = take_login(id);
    Partition& partition = *login.partition;
    ++logged_in_;
    partition.breaker.succeeded();
    partition.failures_in_a_row = 0;
    partition.no_login_before = {};
    partition.last_failure.reset();

    // An end that has passed already (a clock that jumped) would mean login after login.
    const auto ends_at = seen.ends_at && *seen.ends_at > now ? seen.ends_at : std::nullopt;
    const SessionId session_id{++last_session_};
    auto& session = *(sessions_[session_id] = std::make_unique<Session>(Session{.id = session_id,
                                                                                .partition = &partition,
                                                                                .own = seen.context.value_or(Context{}),
                                                                                .context = seen.context,
                                                                                .born = now,
                                                                                .last_used = now,
                                                                                .last_checked = now,
                                                                                .ends_at = ends_at,
                                                                                .carries_several = seen.carries_several,
                                                                                .leaving = !seen.usable}));
    partition.sessions.push_back(&session);
    come_home(now, session, steps);
    if (login.follows) {
        const auto old = sessions_.find(*login.follows);
        if (old != sessions_.end() && old->second->state == Session::State::idle) close(*old->second, steps);
        if (old != sessions_.end()) old->second->leaving = true;
    }
    // More stand now: others may be above the minimum.
    for (const Session* idle : partition.idle)
        note_due(now, std::max(idle->last_used + settings_.max_inactive, now + std::chrono::seconds{1}));
    after_event(now, steps);
    return session_id;
}

void PoolCore::login_failed(base::TimePoint now, LoginId id, const base::Error& error, double jitter, Steps& steps) {
    const Login login = take_login(id);
    Partition& partition = *login.partition;
    ++failures_;
    partition.last_failure = error;
    if (!may_pass_by_itself(error.kind())) {
        partition.breaker.failed_for_good(now);
    } else if (login.began >= partition.counted_failure || partition.breaker.state() == Breaker::State::half_open) {
        // Else one trouble hit logins that ran side by side.
        partition.breaker.failed(now);
        partition.counted_failure = now;
        const auto wait = backoff(partition.failures_in_a_row++, jitter);
        partition.no_login_before = now + (error.retry_after() ? std::max(wait, *error.retry_after()) : wait);
    }
    after_event(now, steps);
}

void PoolCore::login_abandoned(base::TimePoint now, LoginId id, Steps& steps) {
    take_login(id).partition->breaker.abandoned();
    after_event(now, steps);
}

// ---- The operator

void PoolCore::keep_minimum(base::TimePoint now, Steps& steps) {
    keeps_minimum_ = true;
    fill_minimum(now, steps);
}

void PoolCore::resume(base::TimePoint now, Steps& steps) {
    paused_ = false;
    for (auto& [identity, partition] : partitions_) {
        if (partition->breaker.state() == Breaker::State::open) partition->breaker.succeeded();
        partition->failures_in_a_row = 0;
        partition->no_login_before = {};
    }
    after_event(now, steps);
}

void PoolCore::drain(base::TimePoint now, Steps& steps) {
    for (auto& [identity, partition] : partitions_) {
        for (Session* session : std::vector{partition->sessions}) {
            session->leaving = true;
            if (session->state == Session::State::idle) close(*session, steps);
        }
    }
    after_event(now, steps);
}

void PoolCore::stop(base::TimePoint now, const base::Error& error, Steps& steps) {
    stopped_ = error;
    for (auto& [identity, partition] : partitions_) refuse_all(*partition, error, steps);
    drain(now, steps);
}

// ---- Questions and small things

PoolCore::Figures PoolCore::figures(base::TimePoint now) const {
    const auto ms = [](auto time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time); };
    Figures all{.waiting = static_cast<int>(waiters_.size()),
                .logging_in = static_cast<int>(logins_.size()),
                .closing = closing_,
                .shared = shared_,
                .logins = logged_in_,
                .failures = failures_,
                .context_switches = switches_,
                .overtakes = overtakes_,
                .most_overtaken = most_overtaken_,
                .failed_checks = failed_checks_,
                .paused = paused_,
                .refused_several = refused_several_};
    for (const auto& [id, session] : sessions_) {
        if (session->state == Session::State::closing) continue;
        ++(session->state == Session::State::lent ? all.active : all.idle);
        if (session->state == Session::State::checking) ++all.checking;
        all.lendings += session->lendings;
        all.oldest = std::max(all.oldest, ms(now - session->born));
    }
    for (const auto& [identity, partition] : partitions_) {
        if (!partition->waiters.empty())
            all.longest_wait = std::max(all.longest_wait, ms(now - partition->waiters.front().since));
        if (partition->standing() > 0 || !partition->waiters.empty()) ++all.identities;
        if (!identity.is_own()) continue;
        all.breaker = partition->breaker.state();
        if (partition->last_failure) all.last_failure = partition->last_failure->message();
    }
    return all;
}

PoolCore::Partition& PoolCore::partition_of(const Identity& identity) {
    const auto known = partitions_.find(identity);
    if (known != partitions_.end()) return *known->second;
    const Breaker::Limits limits{.failures_to_open = settings_.retry_attempts + 1};
    return *partitions_.emplace(identity, std::make_unique<Partition>(identity, limits)).first->second;
}

PoolCore::Session& PoolCore::session_of(SessionId id) const { return *sessions_.at(id); }

base::TimePoint PoolCore::end_of(const Session& session) const {
    const base::TimePoint by_age = session.born + settings_.refresh;
    return session.ends_at ? std::min(by_age, *session.ends_at) : by_age;
}

/// What may have become possible by an event: waiters are served, and the pool is kept as large as it should be.
void PoolCore::after_event(base::TimePoint now, Steps& steps) {
    serve(now, steps);
    fill_minimum(now, steps);
}

std::string to_string(const PoolCore::Step& step) {
    const auto number = [](auto id) { return static_cast<std::uint64_t>(id); };
    switch (step.kind) {
        case PoolCore::Step::Kind::grant:
            return fmt::format("lend session {} to caller {}{}{}", number(step.session), number(step.ticket),
                               step.needs_switch ? " (switch)" : "", step.shared ? " (shared)" : "");
        case PoolCore::Step::Kind::refuse:
            return fmt::format("refuse caller {}: {}", number(step.ticket), step.error ? step.error->message() : "");
        case PoolCore::Step::Kind::log_in:
            return fmt::format("log in {} as '{}' for caller {}", number(step.login), step.identity.name,
                               number(step.ticket));
        case PoolCore::Step::Kind::check: return fmt::format("check session {}", number(step.session));
        case PoolCore::Step::Kind::close: return fmt::format("close session {}", number(step.session));
    }
    return "";
}

}  // namespace backend
