/// Batching: reads that wait for a session travel as one request (DESIGN.md section 7, "Batch").
///
/// A read whose turn comes at once goes alone. One that must wait gathers with others of its kind in admission's queue;
/// when the turn of one comes, a task of the batch's own borrows a session, sends all of them, and tells each what came
/// of it: that it has rows (whoever asked reads them by himself, on his own worker, within his own limits), its error,
/// or that it is to run alone. The session and the permit are given back before rows are read: nothing runs any more.
///
/// A caller that leaves is left out of the batch, or detached from it; the last one stops it.
///
/// Place: one a pipeline, between admission and the pool. Threads: any worker; one mutex, never held across a wait.
/// Lifetime: `stop` and `join` before destruction; admission and pool outlive it.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/task_group.hpp"
#include "backend/pool.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/mutex.hpp"
#include "query/admission.hpp"
#include "query/batching/arrival.hpp"

namespace query {

class Batches {
public:
    struct Parts {
        Admission& admission;
        backend::Pool& pool;
        std::chrono::nanoseconds query_timeout;
        base::Metrics& metrics;
        base::Labels labels = {};
        /// A session turned out to carry one statement only.
        std::function<void()> on_busy = [] {};
    };
    explicit Batches(Parts parts);
    Batches(const Batches&) = delete;
    Batches& operator=(const Batches&) = delete;
    ~Batches();

    /// A read that may be a part of a request of several.
    struct Read {
        std::string part;          ///< from `batch_part`
        backend::Context context;  ///< as asked for
        backend::Context full;     ///< completed by the connection's own: what reads of one batch have in common
        backend::Identity identity;
        std::string tool;
    };
    struct Turn {
        std::optional<Permit> permit;    ///< it goes alone
        std::optional<Arrival> arrival;  ///< it went with others; exactly one of the two is there
    };
    /// Errors: as of `Admission::enter`; the call's stop while the batch is away.
    async::Task<base::Result<Turn>> take_turn(async::Call& call, Read read);

    /// What came of a read that went with others.
    enum class Fate : std::uint8_t {
        answered,  // it has its rows
        failed,    // it has its error
        alone,     // it has to run once more
        left,      // nobody wants to know
    };
    void count(Fate fate);

    void stop(async::StopReason reason) { tasks_.stop(reason); }
    /// Blocks (never a worker). True: all have ended.
    bool join(std::chrono::milliseconds at_most) { return tasks_.join(at_most); }

private:
    struct Seat;
    struct Trip;
    struct Meters;
    using SeatPtr = std::shared_ptr<Seat>;
    using TripPtr = std::shared_ptr<Trip>;

    TripPtr board(async::Call& call, const std::vector<std::shared_ptr<void>>& luggage) BASE_EXCLUDES(mutex_);
    void depart(async::Call& call, const TripPtr& trip, Permit permit);
    async::Task<base::Result<std::vector<backend::ReadInOne>>> send(async::Call& call, Trip& trip);
    static async::Task<void> travel(Batches& batches, TripPtr trip, std::shared_ptr<Permit> permit, async::Call& own);
    void land(const TripPtr& trip, std::vector<Arrival> arrivals) BASE_EXCLUDES(mutex_);
    bool leave(const SeatPtr& seat) BASE_EXCLUDES(mutex_);
    void tell(const TripPtr& trip, const async::Progress& progress) BASE_EXCLUDES(mutex_);

    Parts parts_;
    std::unique_ptr<Meters> meters_;
    mutable base::Mutex mutex_;
    async::TaskGroup tasks_;  // last: its tasks use the above
};

}  // namespace query
