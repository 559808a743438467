/// The idle connections of one worker, and the way to more.
///
/// Place: one for each `HttpClient`; shared with answers that are still read. Threads: its worker's only.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "net/client/connection.hpp"
#include "net/client/outbound.hpp"

namespace net::client {

class ConnectionPool final : public Connection::Keeper, public std::enable_shared_from_this<ConnectionPool> {
public:
    using Share = ConnectionBudget::Share;

    ConnectionPool(async::Worker& worker, std::shared_ptr<Outbound> outbound);
    ~ConnectionPool();
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;

    void start();  ///< once, behind a shared_ptr
    /// Closes what is idle, and keeps nothing from now on.
    void close();

    RoutePtr route_to(const Url& url);
    /// An idle connection that nothing was heard of, or null.
    ConnectionPtr take(const Route& route, Share share);
    /// After an answer that left it in order.
    void put_back(ConnectionPtr connection, Share share, std::optional<std::chrono::seconds> idle_timeout);
    /// A permit or a connection; waits when all are in use.
    async::Task<Outcome<ConnectionBudget::Grant>> acquire(async::Call& call, RoutePtr route, Share share);

    void on_idle_edge(Connection& connection) override;

    std::size_t idle() const { return idle_[0].size() + idle_[1].size(); }
    const SocketLoopPtr& loop() const { return loop_; }
    async::Worker& worker() const { return worker_; }
    Outbound::Parts& parts() const { return outbound_->parts(); }
    ClientTally& tally() const { return *tally_; }

private:
    static std::size_t index(Share share) { return static_cast<std::size_t>(share); }
    ConnectionPtr remove(std::size_t share, std::size_t at);
    ConnectionPtr remove_oldest(Share share);
    void give_up_one(Share share);
    void sweep();

    async::Worker& worker_;
    const std::shared_ptr<Outbound> outbound_;  // first: it outlives the permits of what follows
    SocketLoopPtr loop_;
    std::shared_ptr<ClientTally> tally_;
    std::shared_ptr<ConnectionBudget::Member> member_;
    std::array<std::vector<ConnectionPtr>, 2> idle_;  // by share; the last was used last
    std::map<std::tuple<Scheme, std::string, std::uint16_t>, RoutePtr> routes_;
    RoutePtr last_route_;
    async::DeadlineWheel::Entry sweeper_;
    bool closed_ = false;
};

}  // namespace net::client
