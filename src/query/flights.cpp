#include "query/flights.hpp"

#include <list>
#include <utility>
#include <vector>

#include "async/wait_queue.hpp"

namespace query {

/// One caller's place. `call` is its worker's alone: null once the caller has left.
struct Flights::Seat {
    explicit Seat(async::Call& given)
        : call{&given},
          worker{given.worker()},
          wants_progress{given.wants_progress()},
          waiter{std::make_shared<async::Waiter>(given.worker())} {}
    async::Call* call;
    async::Worker& worker;
    const bool wants_progress;
    const async::WaiterPtr waiter;
};

/// Under the mutex of `Flights`, but for `call`, which is the flight's worker's.
struct Flights::Flight {
    Flight(const cache::Digest& given, async::Worker& on, StagePtr now_in)
        : key{given}, worker{on}, stage{std::move(now_in)} {}
    const cache::Digest key;
    async::Worker& worker;
    const StagePtr stage;
    async::WaitQueue queue;
    std::list<SeatPtr> seats;
    async::Call* call = nullptr;
    bool abandoned = false;  // the last one left before it had begun
};

namespace {

constexpr int most_flights = 3;  // of one caller, where others' deadlines and overloads end them

/// The starter's own: whoever else waits may have better luck.
bool is_own(const base::Error& error) {
    return error.kind() == base::Kind::timeout || error.kind() == base::Kind::cancelled ||
           error.kind() == base::Kind::overloaded;
}

}  // namespace

async::Task<base::Result<Landed>> Flights::fly(async::Call& call, cache::Digest key, Run run, StagePtr stage) {
    for (int attempt = 1;; ++attempt) {
        const auto seat = std::make_shared<Seat>(call);
        bool first = false;
        const auto flight = take_seat(seat, key, stage, first);
        if (first && !start(call, flight, run)) {
            land(flight, base::fail(base::Kind::cancelled, "the server is going down"));
        }
        const auto reason = co_await seat->waiter->wait(call);
        seat->call = nullptr;
        if (reason != async::StopReason::none && leave(flight, seat)) {
            co_return base::fail(call.stopped_error(flight->stage ? flight->stage->load() : base::Stage::query));
        }
        const auto answer = std::static_pointer_cast<base::Result<Landed>>(seat->waiter->grant());
        if (*answer || first || !is_own(answer->error()) || attempt == most_flights) co_return *answer;
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::query));
    }
}

/// In the flight of this key, or in a new one.
Flights::FlightPtr Flights::take_seat(const SeatPtr& seat, const cache::Digest& key, const StagePtr& stage,
                                      bool& first) {
    const base::MutexLock lock{mutex_};
    auto& flight = flights_[key];
    first = flight == nullptr;
    if (first) {
        flight = std::make_shared<Flight>(key, seat->worker, stage);
        ++started_;
    } else {
        ++joined_;
    }
    flight->queue.push(seat->waiter);
    flight->seats.push_back(seat);
    return flight;
}

bool Flights::start(async::Call& call, const FlightPtr& flight, Run run) {
    async::Call::Parts parts;
    parts.request_id = call.request_id();
    parts.principal = call.principal_ptr();
    parts.deadline = base::TimePoint::max();  // those who wait have deadlines, and the last one stops it
    parts.trace = call.trace();
    parts.progress = [this, flight](const async::Progress& progress) { tell(flight, progress); };
    struct Task {
        static async::Task<void> fly(Flights& flights, FlightPtr flight, Run run, async::Call& own) {
            flight->call = &own;
            if (flight->abandoned) own.stop(async::StopReason::client);
            auto answer = co_await run(own);
            flight->call = nullptr;
            flights.land(flight, std::move(answer));
        }
    };
    return tasks_.spawn(call.worker(), std::move(parts), [this, flight, run = std::move(run)](async::Call& own) {
        return Task::fly(*this, flight, run, own);
    });
}

/// False: the answer has come already.
bool Flights::leave(const FlightPtr& flight, const SeatPtr& seat) {
    bool last = false;
    {
        const base::MutexLock lock{mutex_};
        if (!flight->queue.leave(*seat->waiter)) return false;
        flight->seats.remove(seat);
        last = flight->queue.empty();
        if (last) {
            const auto found = flights_.find(flight->key);
            if (found != flights_.end() && found->second == flight) flights_.erase(found);
        }
    }
    if (last) {
        flight->worker.post([flight] {
            flight->abandoned = true;
            if (flight->call != nullptr) flight->call->stop(async::StopReason::client);
        });
    }
    return true;
}

void Flights::land(const FlightPtr& flight, base::Result<Landed> answer) {
    const auto shared = std::make_shared<base::Result<Landed>>(std::move(answer));
    std::vector<async::WaiterPtr> waiters;
    {
        const base::MutexLock lock{mutex_};
        const auto found = flights_.find(flight->key);
        if (found != flights_.end() && found->second == flight) flights_.erase(found);
        if (*shared) (*shared)->shared = flight->seats.size() > 1;
        while (auto waiter = flight->queue.grant_next(shared)) waiters.push_back(std::move(waiter));
        flight->seats.clear();
    }
    for (const auto& waiter : waiters) async::Waiter::wake(waiter);
}

void Flights::tell(const FlightPtr& flight, const async::Progress& progress) {
    const base::MutexLock lock{mutex_};
    for (const auto& seat : flight->seats) {
        if (!seat->wants_progress) continue;
        seat->worker.post([seat, progress] {
            if (seat->call != nullptr) seat->call->report(progress);
        });
    }
}

Flights::Figures Flights::figures() const {
    const base::MutexLock lock{mutex_};
    return {.in_flight = flights_.size(), .started = started_, .joined = joined_};
}

}  // namespace query
