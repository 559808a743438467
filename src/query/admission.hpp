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
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/wait_queue.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "query/adaptive_limit.hpp"
#include "query/admission_core.hpp"

namespace query {

class Admission;

/// The right to run one statement; given back on destruction, to whoever is next. Movable.
class Permit {
public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { release(); }

    /// The backend said that it is overloaded, or did not answer in time: counts for ADAPTIVE_CONCURRENCY.
    void was_overloaded() { outcome_ = AdaptiveLimit::Outcome::overloaded; }
    void release();

private:
    friend class Admission;
    Permit(Admission& admission, async::Worker& worker);
    Admission* admission_;
    async::Worker* worker_;
    base::TimePoint begun_;
    AdaptiveLimit::Outcome outcome_ = AdaptiveLimit::Outcome::good;
};

class Admission {
public:
    using Urgency = AdmissionCore::Urgency;
    struct Options {
        AdmissionCore::Limits limits;
        bool adaptive = false;  ///< ADAPTIVE_CONCURRENCY: `limits.running` is the upper bound
    };

    explicit Admission(Options options);

    /// Waits for its turn. Errors at stage `queue`: `overloaded` with a hint when to come back where the queue is full
    /// (REQUEST_QUEUE_SIZE) or the call's deadline would come first, or the call's stop.
    async::Task<base::Result<Permit>> enter(async::Call& call, Urgency urgency = Urgency::normal);

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
    Asked ask(async::Call& call, Urgency urgency) BASE_EXCLUDES(mutex_);
    bool leave(const Asked& asked) BASE_EXCLUDES(mutex_);
    base::Error refusal(const AdmissionCore::Answer& answer) const;
    void give_back(base::TimePoint begun, base::TimePoint now, AdaptiveLimit::Outcome outcome) BASE_EXCLUDES(mutex_);
    std::vector<async::WaiterPtr> begin_next(std::optional<AdmissionCore::Ticket> first) BASE_REQUIRES(mutex_);

    mutable base::Mutex mutex_;
    AdmissionCore core_ BASE_GUARDED_BY(mutex_);
    std::optional<AdaptiveLimit> adaptive_ BASE_GUARDED_BY(mutex_);
    async::WaitQueue queue_ BASE_GUARDED_BY(mutex_);
    std::map<AdmissionCore::Ticket, async::WaiterPtr> waiters_ BASE_GUARDED_BY(mutex_);
    AdmissionCore::Ticket next_ticket_ BASE_GUARDED_BY(mutex_) = 1;
};

}  // namespace query
