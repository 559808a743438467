#include "query/batching/batches.hpp"

#include <fmt/format.h>

#include <atomic>
#include <list>
#include <utility>

#include "async/wait_queue.hpp"
#include "query/batching/batch_tag.hpp"
#include "query/batching/batch_text.hpp"

namespace query {

/// One caller's place. `call` is its worker's alone: null once the caller has left. `trip` and `has_left` are under the
/// mutex of `Batches`; the rest does not change.
struct Batches::Seat {
    Seat(async::Call& given, Read what)
        : call{&given},
          worker{given.worker()},
          wants_progress{given.wants_progress()},
          waiter{std::make_shared<async::Waiter>(given.worker())},
          read{std::move(what)},
          rider{.principal = given.principal().id, .tool = read.tool, .request = given.request_id()} {}
    async::Call* call;
    async::Worker& worker;
    const bool wants_progress;
    const async::WaiterPtr waiter;
    const Read read;
    const BatchRider rider;
    TripPtr trip;           // since the turn of its batch has come
    std::size_t place = 0;  // in the request
    bool has_left = false;  // before that
};

/// A batch whose turn has come.
struct Batches::Trip {
    explicit Trip(async::Worker& on) : worker{on} {}
    async::Worker& worker;
    // Does not change once it has begun. By place: also of those who leave before it begins.
    std::vector<std::string> parts;
    std::vector<BatchRider> riders;
    backend::Pool::Wanted wanted;
    backend::ReadsInOne reads;
    // Under the mutex of `Batches`.
    async::WaitQueue queue;
    std::list<SeatPtr> seats;
    // Its worker's.
    async::Call* call = nullptr;
    bool abandoned = false;  // the last one left before it had begun
    std::chrono::nanoseconds worked{0};
    // Any thread's.
    std::atomic<base::Stage> stage = base::Stage::pool;  // what it waits for
};

struct Batches::Meters {
    base::Counter ran;
    base::Counter partly;
    base::Counter failed;
    base::Counter answered_reads;
    base::Counter failed_reads;
    base::Counter alone_reads;
    base::Counter left_reads;
    base::Histogram size;
};

namespace {

base::Labels with(base::Labels labels, const char* name, const char* value) {
    labels.emplace_back(name, value);
    return labels;
}

/// Reads with the same text of this may travel together. Length first, so that no part can run into the next.
std::string kind_of(const Batches::Read& read) {
    std::string kind;
    for (const std::string& part : {read.identity.name, read.full.role, read.full.secondary_roles, read.full.warehouse,
                                    read.full.database, read.full.schema}) {
        kind += fmt::format("{}:{}", part.size(), part);
    }
    return kind;
}

}  // namespace

Batches::Batches(Parts parts) : parts_{std::move(parts)} {
    auto& metrics = parts_.metrics;
    const auto batches = [&](const char* outcome) {
        return metrics.counter("mcp_batches_total", "Requests of several statements, by what came of them",
                               with(parts_.labels, "outcome", outcome));
    };
    const auto reads = [&](const char* outcome) {
        return metrics.counter("mcp_batched_queries_total", "Statements that went in a request of several",
                               with(parts_.labels, "outcome", outcome));
    };
    meters_ = std::make_unique<Meters>(Meters{.ran = batches("ran"),
                                              .partly = batches("partly"),
                                              .failed = batches("failed"),
                                              .answered_reads = reads("answered"),
                                              .failed_reads = reads("failed"),
                                              .alone_reads = reads("alone"),
                                              .left_reads = reads("left"),
                                              .size = metrics.histogram("mcp_batch_size", "Statements in one request",
                                                                        parts_.labels, {2, 3, 5, 8, 10, 20, 50, 100})});
}

Batches::~Batches() = default;

async::Task<base::Result<Batches::Turn>> Batches::take_turn(async::Call& call, Read read) {
    const auto seat = std::make_shared<Seat>(call, std::move(read));
    auto entered =
        co_await parts_.admission.enter(call, Admission::Traveller{.kind = kind_of(seat->read), .luggage = seat});
    if (!entered) co_return base::fail(std::move(entered.error()));
    if (entered->permit) {
        const TripPtr trip = board(call, entered->batch);
        if (trip == nullptr) {
            if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::queue));
            co_return Turn{.permit = std::move(entered->permit), .arrival = {}};
        }
        depart(call, trip, std::move(*entered->permit));
    }
    const auto reason = co_await seat->waiter->wait(call);
    seat->call = nullptr;
    if (reason != async::StopReason::none && leave(seat)) {
        count(Fate::left);
        co_return base::fail(call.stopped_error(seat->trip ? seat->trip->stage.load() : base::Stage::queue));
    }
    co_return Turn{.permit = {}, .arrival = *std::static_pointer_cast<Arrival>(seat->waiter->grant())};
}

/// Whoever is still there gets a place. Null: nobody but the one that asks.
Batches::TripPtr Batches::board(async::Call& call, const std::vector<std::shared_ptr<void>>& luggage) {
    std::vector<SeatPtr> seats;
    const base::MutexLock lock{mutex_};
    for (const auto& one : luggage) {
        auto seat = std::static_pointer_cast<Seat>(one);
        if (!seat->has_left) seats.push_back(std::move(seat));
    }
    if (seats.size() < 2) return nullptr;
    auto trip = std::make_shared<Trip>(call.worker());
    for (const SeatPtr& seat : seats) {
        seat->trip = trip;
        seat->place = trip->parts.size();
        trip->parts.push_back(seat->read.part);
        trip->riders.push_back(seat->rider);
        trip->queue.push(seat->waiter);
        trip->seats.push_back(seat);
    }
    const Read& first = seats.front()->read;
    trip->wanted = {.context = first.context, .identity = first.identity, .use = backend::Pool::Use::shared_read};
    return trip;
}

void Batches::depart(async::Call& call, const TripPtr& trip, Permit permit) {
    trip->reads = {.text = compose(trip->parts),
                   .count = trip->parts.size(),
                   .context = trip->wanted.context,
                   .tag = batch_tag(trip->riders)};
    permit.carried(trip->parts.size());
    meters_->size.observe(static_cast<double>(trip->parts.size()));

    async::Call::Parts own;
    own.request_id = call.request_id();
    own.principal = call.principal_ptr();
    own.deadline = base::TimePoint::max();  // those who wait have deadlines, and the last one stops it
    own.trace = call.trace();
    own.progress = [this, trip](const async::Progress& progress) { tell(trip, progress); };
    const auto shared = std::make_shared<Permit>(std::move(permit));
    const bool begins = tasks_.spawn(call.worker(), std::move(own), [this, trip, shared](async::Call& task) {
        return travel(*this, trip, shared, task);
    });
    if (!begins) {
        land(trip, arrivals(base::fail(base::Kind::cancelled, "the server is going down"), trip->reads.count));
    }
}

async::Task<void> Batches::travel(Batches& batches, TripPtr trip, std::shared_ptr<Permit> permit, async::Call& own) {
    trip->call = &own;
    if (trip->abandoned) own.stop(async::StopReason::client);
    auto reads = co_await batches.send(own, *trip);
    trip->call = nullptr;
    if (!reads) {
        const auto kind = reads.error().kind();
        if (kind == base::Kind::overloaded || kind == base::Kind::timeout) permit->was_overloaded();
    }
    permit->release();
    auto all = arrivals(std::move(reads), trip->reads.count);
    for (Arrival& one : all) one.worked_time = trip->worked / static_cast<std::int64_t>(all.size());
    batches.land(trip, std::move(all));
}

/// On a session of the pool, which is home again when this ends.
async::Task<base::Result<std::vector<backend::ReadInOne>>> Batches::send(async::Call& call, Trip& trip) {
    for (;;) {
        auto session = co_await parts_.pool.acquire(call, trip.wanted);
        if (!session) {
            auto error = std::move(session.error());
            if (error.stage() == base::Stage::none) error = std::move(error).at(base::Stage::pool);
            // Whatever it is, it is the same for each of them.
            std::vector<backend::ReadInOne> none(trip.reads.count);
            for (auto& one : none) {
                one.state = backend::ReadInOne::State::failed;
                one.error = base::Error{error};
            }
            co_return none;
        }
        trip.stage = base::Stage::query;
        async::Call timed{call, call.worker().now() + parts_.query_timeout};
        const auto begun = call.worker().now();
        auto reads = co_await (*session)->execute_all(timed, backend::ReadsInOne{trip.reads});
        trip.worked = call.worker().now() - begun;
        const bool was_busy = !reads && backend::is_busy_error(reads.error());
        if (!was_busy || trip.wanted.use == backend::Pool::Use::exclusive) co_return reads;
        // The backend carries one statement a session after all. Nothing has run: once more, on one of its own.
        parts_.on_busy();
        trip.wanted.use = backend::Pool::Use::exclusive;
        trip.stage = base::Stage::pool;
    }
}

/// False: what came of it was told already.
bool Batches::leave(const SeatPtr& seat) {
    TripPtr trip;
    {
        const base::MutexLock lock{mutex_};
        trip = seat->trip;
        if (trip == nullptr) {
            seat->has_left = true;
            return true;
        }
        if (!trip->queue.leave(*seat->waiter)) return false;
        trip->seats.remove(seat);
        if (!trip->queue.empty()) return true;
    }
    trip->worker.post([trip] {
        trip->abandoned = true;
        if (trip->call != nullptr) trip->call->stop(async::StopReason::client);
    });
    return true;
}

void Batches::land(const TripPtr& trip, std::vector<Arrival> arrivals) {
    std::size_t have_rows = 0;
    for (const Arrival& one : arrivals) have_rows += one.read ? 1 : 0;
    (have_rows == arrivals.size() ? meters_->ran : have_rows > 0 ? meters_->partly : meters_->failed).add();
    std::vector<async::WaiterPtr> waiters;
    {
        const base::MutexLock lock{mutex_};
        for (const SeatPtr& seat : trip->seats) {
            trip->queue.grant(seat->waiter, std::make_shared<Arrival>(std::move(arrivals[seat->place])));
            waiters.push_back(seat->waiter);
        }
        trip->seats.clear();
    }
    for (const auto& waiter : waiters) async::Waiter::wake(waiter);
}

void Batches::tell(const TripPtr& trip, const async::Progress& progress) {
    const base::MutexLock lock{mutex_};
    for (const SeatPtr& seat : trip->seats) {
        if (!seat->wants_progress) continue;
        seat->worker.post([seat, progress] {
            if (seat->call != nullptr) seat->call->report(progress);
        });
    }
}

void Batches::count(Fate fate) {
    switch (fate) {
        case Fate::answered: meters_->answered_reads.add(); break;
        case Fate::failed: meters_->failed_reads.add(); break;
        case Fate::alone: meters_->alone_reads.add(); break;
        case Fate::left: meters_->left_reads.add(); break;
    }
}

}  // namespace query
