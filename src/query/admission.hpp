/// The door of the pipeline: at most so many statements run, so many wait, principals take turns (DESIGN.md section 7,
/// "Admit").
///
/// Place: one per pipeline, shared by all workers. Threads: any; a permit may be given back on any worker. Lifetime:
/// must outlive its permits.
#pragma once

#include "query/namespace.hpp"

#include <map>
#include <memory>
#include <optional>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/wait_queue.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "query/admission_core.hpp"

namespace query {

class Admission;

/// The right to run one statement; given back on destruction, to whoever is next. Movable.
class Permit {
public:
    Permit(Permit&& other) noexcept : admission_{std::exchange(other.admission_, nullptr)} {}
    Permit& operator=(Permit&& other) noexcept;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { release(); }

    void release();

private:
    friend class Admission;
    explicit Permit(Admission& admission) : admission_{&admission} {}
    Admission* admission_;
};

class Admission {
public:
    explicit Admission(AdmissionCore::Limits limits) : core_{limits} {}

    /// Waits for its turn. Errors at stage `queue`: `overloaded` with a hint when to come back where the queue is full
    /// (REQUEST_QUEUE_SIZE), or the call's stop.
    async::Task<base::Result<Permit>> enter(async::Call& call);
    /// Without waiting: a permit where one is free and nobody waits.
    std::optional<Permit> try_enter(const base::Principal& principal);

    /// From now on at most `limit` run; for a limit that turned out to be lower.
    void limit_running(std::size_t limit) BASE_EXCLUDES(mutex_);

    struct Figures {
        std::size_t running = 0;
        std::size_t waiting = 0;
        AdmissionCore::Limits limits;
    };
    Figures figures() const;

private:
    friend class Permit;
    struct Asked {
        AdmissionCore::Verdict verdict;
        AdmissionCore::Ticket ticket;
        async::WaiterPtr waiter;  // where the verdict is `wait`
    };
    Asked ask(async::Call& call) BASE_EXCLUDES(mutex_);
    bool leave(const Asked& asked) BASE_EXCLUDES(mutex_);
    void give_back() BASE_EXCLUDES(mutex_);

    mutable base::Mutex mutex_;
    AdmissionCore core_ BASE_GUARDED_BY(mutex_);
    async::WaitQueue queue_ BASE_GUARDED_BY(mutex_);
    std::map<AdmissionCore::Ticket, async::WaiterPtr> waiters_ BASE_GUARDED_BY(mutex_);
    AdmissionCore::Ticket next_ticket_ BASE_GUARDED_BY(mutex_) = 1;
};

}  // namespace query
