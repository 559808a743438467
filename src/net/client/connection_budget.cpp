#include "net/client/connection_budget.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/client/connection.hpp"

namespace net::client {

struct ConnectionBudget::Waiting : async::Waiter {
    Waiting(async::Worker& worker, std::string wanted) : Waiter{worker}, origin{std::move(wanted)} {}
    const std::string origin;
};

ConnectionBudget::Grant::Grant() = default;
ConnectionBudget::Grant::Grant(Grant&&) noexcept = default;
ConnectionBudget::Grant& ConnectionBudget::Grant::operator=(Grant&&) noexcept = default;
ConnectionBudget::Grant::~Grant() = default;

void ConnectionBudget::join(const std::shared_ptr<Member>& member) {
    const base::MutexLock lock{mutex_};
    members_.push_back(member);
}

void ConnectionBudget::leave(const std::shared_ptr<Member>& member) {
    const base::MutexLock lock{mutex_};
    std::erase(members_, member);
}

ConnectionBudget::Permit ConnectionBudget::try_acquire(Share share) {
    const base::MutexLock lock{mutex_};
    auto& own = shares_[index(share)];
    if (own.open.load(std::memory_order_relaxed) >= limit(share) || !own.queue.empty()) return {};
    own.open.fetch_add(1, std::memory_order_relaxed);
    return Permit{*this, share};
}

/// The longest waiter out of the queue, granted.
std::shared_ptr<ConnectionBudget::Waiting> ConnectionBudget::pop(Share share, std::shared_ptr<Grant> grant) {
    auto& own = shares_[index(share)];
    const auto waiter = own.queue.grant_next(std::move(grant));
    own.waiting.store(own.queue.size());
    return std::static_pointer_cast<Waiting>(waiter);
}

void ConnectionBudget::release(Share share) {
    std::shared_ptr<Waiting> next;
    {
        const base::MutexLock lock{mutex_};
        auto& own = shares_[index(share)];
        if (own.queue.empty()) {
            own.open.fetch_sub(1, std::memory_order_relaxed);
            return;
        }
        auto grant = std::make_shared<Grant>();
        grant->permit = Permit{*this, share};  // the count goes over
        next = pop(share, std::move(grant));
    }
    async::Waiter::wake(next);
}

std::unique_ptr<Connection> ConnectionBudget::hand_over(std::unique_ptr<Connection> connection, Share share) {
    std::shared_ptr<Waiting> next;
    std::unique_ptr<Connection> closed;  // outside the lock
    {
        const base::MutexLock lock{mutex_};
        auto& own = shares_[index(share)];
        if (own.queue.empty()) return connection;
        auto grant = std::make_shared<Grant>();
        const auto& first = static_cast<const Waiting&>(*own.queue.waiters().front());
        if (first.origin == connection->origin()) {
            grant->connection = std::move(connection);
        } else {
            grant->permit = connection->take_permit();
            closed = std::move(connection);
        }
        next = pop(share, std::move(grant));
    }
    async::Waiter::wake(next);
    return nullptr;
}

/// Some pool with an idle connection gives it up; when it finds none any more, the connection is in use and will be
/// handed over afterwards.
void ConnectionBudget::ask_for_idle(Share share) {
    for (const auto& member : members_) {
        if (member->idle[index(share)].load() > 0) return member->give_up_one(share);
    }
}

base::Error ConnectionBudget::exhausted(Share share) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.wait).count();
    const std::string_view whose = share == Share::work ? "(CLIENT_POOL_SIZE)" : "for log-in, renewal and cancellation";
    return base::Error{
        base::Kind::overloaded,
        fmt::format("no outbound connection became free within {} s (CLIENT_POOL_TIMEOUT): all {} {} are "
                    "in use",
                    seconds, limit(share), whose)}
        .at(base::Stage::queue)
        .about(share == Share::work ? "CLIENT_POOL_SIZE" : "CLIENT_POOL_TIMEOUT")
        .retry_after(std::chrono::milliseconds{1000});
}

async::Task<Outcome<ConnectionBudget::Grant>> ConnectionBudget::acquire(async::Call& call, Share share,
                                                                        std::string origin) {
    auto& own = shares_[index(share)];
    const auto waiter = std::make_shared<Waiting>(call.worker(), std::move(origin));
    {
        const base::MutexLock lock{mutex_};
        if (own.open.load(std::memory_order_relaxed) < limit(share) && own.queue.empty()) {
            own.open.fetch_add(1, std::memory_order_relaxed);
            Grant grant;
            grant.permit = Permit{*this, share};
            co_return grant;
        }
        own.queue.push(waiter);
        own.waiting.store(own.queue.size());
        ask_for_idle(share);
    }
    async::Call bounded{call, call.worker().now() + limits_.wait};
    const auto reason = co_await waiter->wait(bounded);
    if (reason != async::StopReason::none) {
        bool left = false;
        {
            const base::MutexLock lock{mutex_};
            left = own.queue.leave(*waiter);
            own.waiting.store(own.queue.size());
        }
        if (left && call.stopped()) {
            co_return fail({.error = call.stopped_error(base::Stage::queue), .cause = Cause::stopped});
        }
        if (left) {
            co_return fail({.error = exhausted(share), .cause = Cause::pool});
        }
    }
    const auto grant = std::static_pointer_cast<Grant>(waiter->grant());
    co_return std::move(*grant);
}

}  // namespace net::client
