/// The door of the pipeline: at most so many statements run, so many wait, principals take turns (DESIGN.md section 7,
/// "Admit").
///
/// Place: one per pipeline, shared by all workers. Threads: any; a permit may be given back on any worker. Lifetime:
/// must outlive its permits.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/wait_queue.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "query/adaptive_limit.hpp"
#include "query/admission_core.hpp"
#include "query/batching/batch_core.hpp"

namespace query {

class Admission;

/// The right to run one statement, or one request of several; given back on destruction, to whoever is next. Movable.
class Permit {
public:
    Permit() = default;  ///< none: for what has run in somebody else's request
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { release(); }

    /// The backend said that it is overloaded, or did not answer in time: counts for ADAPTIVE_CONCURRENCY.
    void was_overloaded() { outcome_ = AdaptiveLimit::Outcome::overloaded; }
    /// So many statements ran by it, one after the other.
    void carried(std::size_t statements) { carried_ = statements; }
    void release();

private:
    friend class Admission;
    Permit(Admission& admission, async::Worker& worker);
    Admission* admission_ = nullptr;
    async::Worker* worker_ = nullptr;
    base::TimePoint begun_{};
    std::size_t carried_ = 1;
    AdaptiveLimit::Outcome outcome_ = AdaptiveLimit::Outcome::good;
};

class Admission {
public:
    using Urgency = AdmissionCore::Urgency;
    struct Options {
        AdmissionCore::Limits limits;
        bool adaptive = false;                          ///< ADAPTIVE_CONCURRENCY: `limits.running` is the upper bound
        std::optional<BatchCore::Limits> batches = {};  ///< ENABLE_QUERY_BATCHING
    };

    explicit Admission(Options options);

    /// Waits for its turn. Errors at stage `queue`: `overloaded` with a hint when to come back where the queue is full
    /// (REQUEST_QUEUE_SIZE) or the call's deadline would come first, or the call's stop.
    async::Task<base::Result<Permit>> enter(async::Call& call, Urgency urgency = Urgency::normal);

    /// One that had its turn, to no avail that was its own fault, and needs another one: never refused, before others.
    async::Task<base::Result<Permit>> enter_again(async::Call& call);

    /// Who waits may travel with others of its kind: when the turn of one comes, all of its batch have theirs with it,
    /// by one permit.
    struct Traveller {
        std::string kind;
        std::shared_ptr<void> luggage;  ///< what the one with the permit is to know of it
    };
    struct Turn {
        std::optional<Permit> permit;  ///< absent: somebody else of its batch has it
        /// With a permit: of all of its batch, its own included, in the order in which they came; they are that one's
        /// to care for, even where its own call has stopped. Empty: it goes alone.
        std::vector<std::shared_ptr<void>> batch;
    };
    async::Task<base::Result<Turn>> enter(async::Call& call, Traveller traveller);

    /// From now on at most `limit` run; for a limit that turned out to be another.
    void limit_running(std::size_t limit) BASE_EXCLUDES(mutex_);

    struct Figures {
        std::size_t running = 0;
        std::size_t waiting = 0;
        AdmissionCore::Limits limits;
        std::chrono::nanoseconds pace{0};  ///< how long one runs, on average of late
    };
    Figures figures() const;

private:
    friend class Permit;
    struct Asked {
        AdmissionCore::Answer answer;
        AdmissionCore::Ticket ticket;
        async::WaiterPtr waiter;  // where the verdict is `wait`
    };
    /// What a traveller is granted.
    struct Departure {
        bool leads = false;
        std::vector<std::shared_ptr<void>> luggage;  // of all, where it leads
    };
    struct How {
        Urgency urgency = Urgency::normal;
        bool again = false;
        const Traveller* traveller = nullptr;
    };
    Asked ask(async::Call& call, How how) BASE_EXCLUDES(mutex_);
    async::Task<base::Result<Permit>> enter(async::Call& call, How how);
    bool leave(const Asked& asked) BASE_EXCLUDES(mutex_);
    base::Error refusal(const AdmissionCore::Answer& answer) const;
    struct Ended {
        base::TimePoint begun;
        base::TimePoint now;
        AdaptiveLimit::Outcome outcome;
        std::size_t statements;
    };
    void give_back(const Ended& ended) BASE_EXCLUDES(mutex_);
    std::vector<async::WaiterPtr> begin_next(std::optional<AdmissionCore::Ticket> first) BASE_REQUIRES(mutex_);
    std::shared_ptr<Departure> depart(AdmissionCore::Ticket ticket, std::vector<async::WaiterPtr>& riders)
        BASE_REQUIRES(mutex_);
    async::WaiterPtr grant(AdmissionCore::Ticket ticket, std::shared_ptr<void> what) BASE_REQUIRES(mutex_);

    mutable base::Mutex mutex_;
    AdmissionCore core_ BASE_GUARDED_BY(mutex_);
    std::optional<AdaptiveLimit> adaptive_ BASE_GUARDED_BY(mutex_);
    async::WaitQueue queue_ BASE_GUARDED_BY(mutex_);
    std::map<AdmissionCore::Ticket, async::WaiterPtr> waiters_ BASE_GUARDED_BY(mutex_);
    std::optional<BatchCore> batches_ BASE_GUARDED_BY(mutex_);
    std::map<AdmissionCore::Ticket, std::shared_ptr<void>> luggage_ BASE_GUARDED_BY(mutex_);  // of `batches_`
    AdmissionCore::Ticket next_ticket_ BASE_GUARDED_BY(mutex_) = 1;
};

}  // namespace query
