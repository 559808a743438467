/// How many outbound connections the process may have open: CLIENT_POOL_SIZE for statements and results, others apart.
///
/// Place: one for the process, in `Outbound`; the pools of all workers ask it before they open a connection. A `Permit`
/// stands for an open connection, used or idle. Who waits is served first come, first served over all workers: by a
/// connection of the same origin that falls idle anywhere, or by the permit of one that closes; a worker with idle
/// connections is asked to give one up. Threads: any. Lifetime: longer than its permits.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/wait_queue.hpp"
#include "base/mutex.hpp"
#include "net/client/failure.hpp"
#include "net/client/request.hpp"

namespace net::client {

class Connection;

class ConnectionBudget {
public:
    struct Limits {
        std::size_t size = 50;
        std::size_t control = 64;
        std::chrono::milliseconds wait{30'000};
    };

    enum class Share : std::uint8_t { work, control };
    static Share share_of(Lane lane) { return lane == Lane::control ? Share::control : Share::work; }

    class Permit {
    public:
        Permit() = default;
        Permit(Permit&& other) noexcept : budget_{std::exchange(other.budget_, nullptr)}, share_{other.share_} {}
        Permit& operator=(Permit&& other) noexcept {
            std::swap(budget_, other.budget_);
            std::swap(share_, other.share_);
            return *this;
        }
        ~Permit() {
            if (budget_ != nullptr) budget_->release(share_);
        }
        explicit operator bool() const { return budget_ != nullptr; }

    private:
        friend class ConnectionBudget;
        Permit(ConnectionBudget& budget, Share share) : budget_{&budget}, share_{share} {}
        ConnectionBudget* budget_ = nullptr;
        Share share_ = Share::work;
    };

    /// A permit to open a connection, or one that is open already (with its permit in it).
    struct Grant {
        Permit permit;
        std::unique_ptr<Connection> connection;
        ~Grant();
        Grant();
        Grant(Grant&&) noexcept;
        Grant& operator=(Grant&&) noexcept;
    };

    /// A worker's pool as others see it.
    struct Member {
        std::array<std::atomic<std::size_t>, 2> idle{};  ///< by share
        std::function<void(Share)> give_up_one;          ///< any thread: posts to the pool's worker
    };

    explicit ConnectionBudget(Limits limits) : limits_{limits} {}

    void join(const std::shared_ptr<Member>& member);
    void leave(const std::shared_ptr<Member>& member);

    /// At once, if there is one to spare and nobody waits.
    Permit try_acquire(Share share);
    /// Waits at most CLIENT_POOL_TIMEOUT. `origin`: what a handed-over connection must lead to. Errors: `Cause::pool`,
    /// `stopped`.
    async::Task<Outcome<Grant>> acquire(async::Call& call, Share share, std::string origin);

    bool has_waiters(Share share) const { return shares_[index(share)].waiting.load() > 0; }
    /// An idle connection that a pool holds, already off its worker's poller: goes to the longest waiter, as it is or
    /// (of another origin) closed, for its permit. Null then; given back when nobody waits.
    std::unique_ptr<Connection> hand_over(std::unique_ptr<Connection> connection, Share share);

    std::size_t open(Share share) const { return shares_[index(share)].open.load(std::memory_order_relaxed); }
    std::size_t waiting(Share share) const { return shares_[index(share)].waiting.load(std::memory_order_relaxed); }
    std::size_t limit(Share share) const { return share == Share::work ? limits_.size : limits_.control; }

private:
    struct ByShare {
        std::atomic<std::size_t> open = 0;
        std::atomic<std::size_t> waiting = 0;
        async::WaitQueue queue;
    };
    struct Waiting;
    static std::size_t index(Share share) { return static_cast<std::size_t>(share); }
    void release(Share share);
    base::Error exhausted(Share share) const;
    void ask_for_idle(Share share) BASE_REQUIRES(mutex_);
    std::shared_ptr<Waiting> pop(Share share, std::shared_ptr<Grant> grant) BASE_REQUIRES(mutex_);

    const Limits limits_;
    base::Mutex mutex_;
    std::array<ByShare, 2> shares_;  // queues: guarded by `mutex_`
    std::vector<std::shared_ptr<Member>> members_ BASE_GUARDED_BY(mutex_);
};

}  // namespace net::client
