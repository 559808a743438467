#include "backend/pool_core.hpp"

#include <algorithm>

namespace backend {
namespace {

/// Empty parts of what is asked for mean "whatever the session has".
bool fits(const Context& session, const Context& wanted) {
    const auto same = [](const std::string& has, const std::string& wants) { return wants.empty() || has == wants; };
    return same(session.role, wanted.role) && same(session.secondary_roles, wanted.secondary_roles) &&
           same(session.warehouse, wanted.warehouse) && same(session.database, wanted.database) &&
           same(session.schema, wanted.schema);
}

/// Doubles with each step, bounded; the second half is chance, so that replicas do not come back together.
std::chrono::milliseconds backoff(int step, double jitter) {
    const auto delay = std::min(PoolCore::longest_delay, PoolCore::first_delay * (1 << std::clamp(step, 0, 16)));
    const auto half = delay / 2;
    return half + std::chrono::milliseconds{static_cast<std::int64_t>(jitter * static_cast<double>(half.count()))};
}

bool worth_another_try(base::Kind kind) {
    return kind == base::Kind::unavailable || kind == base::Kind::timeout || kind == base::Kind::overloaded;
}

}  // namespace

PoolCore::Key PoolCore::lend(const Context& context) {
    if (idle_.empty()) return nullptr;
    auto chosen = std::ranges::find_if(idle_, [&](const Entry& entry) { return fits(entry.context, context); });
    if (chosen == idle_.end()) chosen = idle_.begin();
    const Key key = chosen->key;
    born_[key] = chosen->born;
    idle_.erase(chosen);
    ++active_;
    return key;
}

PoolCore::Home PoolCore::give_back(base::TimePoint now, Key key, Context context, bool usable, bool someone_waits) {
    --active_;
    const auto known = born_.find(key);
    const base::TimePoint born = known->second;
    born_.erase(known);
    if (!usable) return Home::closed;
    return place(now, {key, std::move(context), born, now}, someone_waits);
}

PoolCore::Home PoolCore::place(base::TimePoint now, Entry entry, bool someone_waits) {
    if (too_old(entry, now)) return Home::closed;
    if (someone_waits) {
        born_[entry.key] = entry.born;
        ++active_;
        return Home::waiter;
    }
    idle_.push_front(std::move(entry));
    return Home::idle;
}

int PoolCore::start_logins(base::TimePoint now, std::size_t waiting) {
    if (now < no_login_before_) return 0;
    const int wanted = static_cast<int>(std::min<std::size_t>(waiting, static_cast<std::size_t>(settings_.max_size)));
    const int count =
        std::min({wanted - logins_running_, settings_.max_size - total(), max_logins_at_once - logins_running_});
    if (count <= 0) return 0;
    logins_running_ += count;
    return count;
}

int PoolCore::start_logins_to_minimum(base::TimePoint now) {
    const int missing = std::min(settings_.min_size, settings_.max_size) - total();
    return missing <= 0 ? 0 : start_logins(now, static_cast<std::size_t>(missing + logins_running_));
}

PoolCore::Home PoolCore::login_succeeded(base::TimePoint now, Key key, Context context, bool someone_waits) {
    --logins_running_;
    ++logins_;
    failures_in_a_row_ = 0;
    no_login_before_ = {};
    return place(now, {key, std::move(context), now, now}, someone_waits);
}

PoolCore::AfterFailure PoolCore::login_failed(base::TimePoint now, const base::Error& error, int attempt,
                                              double jitter) {
    ++failures_;
    if (worth_another_try(error.kind()) && attempt < settings_.retry_attempts) {
        const auto wait = backoff(attempt - 1, jitter);
        return {.retry_in = error.retry_after() ? std::max(wait, *error.retry_after()) : wait};
    }
    --logins_running_;
    no_login_before_ = now + backoff(failures_in_a_row_++, jitter);
    return {.hopeless = total() == 0};
}

std::chrono::milliseconds PoolCore::cooling_down(base::TimePoint now) const {
    if (now >= no_login_before_) return std::chrono::milliseconds{0};
    return std::chrono::ceil<std::chrono::milliseconds>(no_login_before_ - now);
}

std::vector<PoolCore::Key> PoolCore::sweep(base::TimePoint now) {
    std::vector<Key> closed;
    std::erase_if(idle_, [&](const Entry& entry) {
        if (!too_old(entry, now)) return false;
        closed.push_back(entry.key);
        return true;
    });
    while (!idle_.empty() && total() > settings_.min_size && now - idle_.back().last_used >= settings_.max_inactive) {
        closed.push_back(idle_.back().key);
        idle_.pop_back();
    }
    return closed;
}

std::optional<base::TimePoint> PoolCore::next_sweep() const {
    std::optional<base::TimePoint> next;
    for (const Entry& entry : idle_) {
        const base::TimePoint due = entry.born + settings_.refresh;
        if (!next || due < *next) next = due;
    }
    if (!idle_.empty() && total() > settings_.min_size) {
        const base::TimePoint due = idle_.back().last_used + settings_.max_inactive;
        next = std::min(*next, due);
    }
    return next;
}

std::vector<PoolCore::Key> PoolCore::take_all_idle() {
    std::vector<Key> all;
    for (const Entry& entry : idle_) all.push_back(entry.key);
    idle_.clear();
    return all;
}

}  // namespace backend
