/// Coalescing: identical reads that are in flight at the same time run once (DESIGN.md section 7, "Coalesce").
///
/// Who asks first starts a flight, a task of its own: it outlives any single caller, and is stopped when the last one
/// has left. Each caller waits with its own deadline and stop. The flight's error goes to all who wait, but for a
/// deadline, a stop or an overload: those belong to the flight's starter, the others start another one.
///
/// Place: one a pipeline, between the cache and admission. Threads: any worker; one mutex, never held across a wait.
/// Lifetime: `stop` and `join` before destruction.
#pragma once

#include "query/namespace.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/task_group.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "query/cache/key.hpp"
#include "query/rendered.hpp"

namespace query {

/// What a flight brings to all who wait for it.
struct Landed {
    Rendered rendered = {};
    CacheUse cache = {};        ///< where it came from
    std::string query_id = {};  ///< not empty: there are no rows yet, the query goes on by itself
    bool shared = false;        ///< several callers waited for it
};

class Flights {
public:
    /// What the flight does, with a call of its own; runs on the starter's worker.
    using Run = std::function<async::Task<base::Result<Landed>>(async::Call&)>;

    struct Figures {
        std::size_t in_flight = 0;
        std::uint64_t started = 0;
        std::uint64_t joined = 0;  ///< callers that found a flight
    };

    Flights() = default;
    Flights(const Flights&) = delete;
    Flights& operator=(const Flights&) = delete;

    /// The answer of the flight with this key, which is started where there is none. `run` is used only then.
    /// `stage`: which wait the flight is in, kept by `run`; a caller whose time is over is told. Null: `query`.
    async::Task<base::Result<Landed>> fly(async::Call& call, cache::Digest key, Run run,
                                          std::shared_ptr<const std::atomic<base::Stage>> stage = {});

    Figures figures() const;
    /// No new flights; those in the air are stopped.
    void stop(async::StopReason reason) { tasks_.stop(reason); }
    /// Blocks (never a worker). True: all have ended.
    bool join(std::chrono::milliseconds at_most) { return tasks_.join(at_most); }

private:
    struct Flight;
    struct Seat;
    using FlightPtr = std::shared_ptr<Flight>;
    using SeatPtr = std::shared_ptr<Seat>;

    using StagePtr = std::shared_ptr<const std::atomic<base::Stage>>;
    FlightPtr take_seat(const SeatPtr& seat, const cache::Digest& key, const StagePtr& stage, bool& first)
        BASE_EXCLUDES(mutex_);
    bool leave(const FlightPtr& flight, const SeatPtr& seat) BASE_EXCLUDES(mutex_);
    void land(const FlightPtr& flight, base::Result<Landed> answer) BASE_EXCLUDES(mutex_);
    bool start(async::Call& call, const FlightPtr& flight, Run run);
    void tell(const FlightPtr& flight, const async::Progress& progress) BASE_EXCLUDES(mutex_);

    mutable base::Mutex mutex_;
    std::unordered_map<cache::Digest, FlightPtr, cache::DigestHash> flights_ BASE_GUARDED_BY(mutex_);
    std::uint64_t started_ BASE_GUARDED_BY(mutex_) = 0;
    std::uint64_t joined_ BASE_GUARDED_BY(mutex_) = 0;
    async::TaskGroup tasks_;  // last: its tasks use the above
};

}  // namespace query
