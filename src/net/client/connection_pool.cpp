#include "net/client/connection_pool.hpp"

#include <algorithm>
#include <utility>

namespace net::client {
namespace {

constexpr std::size_t max_routes = 256;
constexpr std::size_t max_idle_control = 4;
constexpr std::chrono::seconds before_the_server{1};  // we close first

}  // namespace

ConnectionPool::ConnectionPool(async::Worker& worker, std::shared_ptr<Outbound> outbound)
    : worker_{worker},
      outbound_{std::move(outbound)},
      loop_{std::make_shared<SocketLoop>(worker)},
      tally_{parts().probe.new_tally()},
      member_{std::make_shared<ConnectionBudget::Member>()},
      sweeper_{[this] { sweep(); }} {}

ConnectionPool::~ConnectionPool() { close(); }

void ConnectionPool::start() {
    member_->give_up_one = [weak = weak_from_this(), &worker = worker_](Share share) {
        worker.post([weak, share] {
            if (const auto pool = weak.lock()) pool->give_up_one(share);
        });
    };
    parts().budget.join(member_);
}

void ConnectionPool::close() {
    if (std::exchange(closed_, true)) return;
    parts().budget.leave(member_);
    sweeper_.cancel();
    for (const auto share : {Share::work, Share::control}) {
        while (remove_oldest(share)) {
        }
    }
}

RoutePtr ConnectionPool::route_to(const Url& url) {
    if (last_route_ && last_route_->port == url.port && last_route_->scheme == url.scheme &&
        last_route_->host == url.host) {
        return last_route_;
    }
    if (routes_.size() >= max_routes) routes_.clear();
    auto& route = routes_[{url.scheme, url.host, url.port}];
    if (!route) {
        Route made{.scheme = url.scheme, .host = url.host, .port = url.port, .proxy = parts().proxies.proxy_for(url)};
        made.name = url.host_and_port();
        made.origin = url.origin();
        if (made.proxy) {
            // Plain requests to any server share the connections to their proxy.
            const auto via = made.proxy->address.origin();
            made.origin = url.secure() ? made.origin + " by " + via : "proxy " + via;
        }
        route = std::make_shared<const Route>(std::move(made));
    }
    last_route_ = route;
    return route;
}

ConnectionPtr ConnectionPool::remove(std::size_t share, std::size_t at) {
    auto connection = std::move(idle_[share][at]);
    idle_[share].erase(idle_[share].begin() + static_cast<std::ptrdiff_t>(at));
    connection->set_keeper(nullptr);
    member_->idle[share].fetch_sub(1);
    parts().probe.closed_idle();
    return connection;
}

ConnectionPtr ConnectionPool::remove_oldest(Share share) {
    if (idle_[index(share)].empty()) return nullptr;
    return remove(index(share), 0);
}

ConnectionPtr ConnectionPool::take(const Route& route, Share share) {
    const auto& kept = idle_[index(share)];
    for (std::size_t at = kept.size(); at-- > 0;) {
        if (kept[at]->origin() != route.origin) continue;
        auto connection = remove(index(share), at);
        if (connection->is_quiet()) return connection;
    }
    return nullptr;
}

void ConnectionPool::put_back(ConnectionPtr connection, Share share, std::optional<std::chrono::seconds> idle_timeout) {
    std::chrono::seconds keep = parts().settings.keep_alive;
    if (idle_timeout) keep = std::min(keep, *idle_timeout - before_the_server);
    if (closed_ || keep.count() <= 0 || connection->has_ended() || !connection->input().empty()) return;
    connection->input().reset();
    connection->used = true;
    connection->expires = worker_.now() + keep;
    const auto expires = connection->expires;
    connection->set_keeper(this);
    idle_[index(share)].push_back(std::move(connection));
    parts().probe.opened_idle();
    // First counted, then looked: who begins to wait in this moment looks at the count after it has queued.
    member_->idle[index(share)].fetch_add(1);
    if (parts().budget.has_waiters(share)) return give_up_one(share);
    if (share == Share::control && idle_[index(share)].size() > max_idle_control) remove_oldest(share);
    if (!sweeper_.armed() || sweeper_.at() > expires) worker_.wheel().arm(sweeper_, expires);
}

/// To whom waits for a connection: of its origin, if the longest waiter wants it, else as a permit.
void ConnectionPool::give_up_one(Share share) {
    auto connection = remove_oldest(share);
    if (!connection) return;
    connection->detach();
    connection = parts().budget.hand_over(std::move(connection), share);
    if (!connection || !connection->attach(loop_)) return;  // dropped: nobody can use it
    connection->set_keeper(this);
    idle_[index(share)].insert(idle_[index(share)].begin(), std::move(connection));
    parts().probe.opened_idle();
    member_->idle[index(share)].fetch_add(1);
    if (parts().budget.has_waiters(share))
        worker_.post([weak = weak_from_this(), share] {
            if (const auto pool = weak.lock()) pool->give_up_one(share);
        });
}

async::Task<Outcome<ConnectionBudget::Grant>> ConnectionPool::acquire(async::Call& call, RoutePtr route, Share share) {
    if (auto permit = parts().budget.try_acquire(share)) {
        ConnectionBudget::Grant grant;
        grant.permit = std::move(permit);
        co_return grant;
    }
    // One of our own that leads elsewhere is of no use now.
    if (auto other = remove_oldest(share); other && !parts().budget.has_waiters(share)) {
        ConnectionBudget::Grant grant;
        grant.permit = other->take_permit();
        co_return grant;
    }
    tally_->waits.add();
    auto granted = co_await parts().budget.acquire(call, share, route->origin);
    if (granted && granted->connection && !granted->connection->attach(loop_)) {
        granted->permit = granted->connection->take_permit();
        granted->connection.reset();
    }
    co_return granted;
}

/// Data on an idle connection can only be its end (or TLS's own talk).
void ConnectionPool::on_idle_edge(Connection& connection) {
    if (connection.is_quiet()) return;
    for (std::size_t share = 0; share < idle_.size(); ++share) {
        for (std::size_t at = 0; at < idle_[share].size(); ++at) {
            if (idle_[share][at].get() == &connection) {
                remove(share, at);
                return;
            }
        }
    }
}

void ConnectionPool::sweep() {
    const auto now = worker_.now();
    std::optional<base::TimePoint> next;
    for (std::size_t share = 0; share < idle_.size(); ++share) {
        for (std::size_t at = idle_[share].size(); at-- > 0;) {
            const auto expires = idle_[share][at]->expires;
            if (expires <= now) {
                remove(share, at);
            } else if (!next || expires < *next) {
                next = expires;
            }
        }
    }
    if (next) worker_.wheel().arm(sweeper_, *next);
}

}  // namespace net::client
