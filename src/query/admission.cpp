#include "query/admission.hpp"

#include <fmt/format.h>

#include <chrono>

namespace query {

namespace {

constexpr std::chrono::milliseconds try_again{1'000};  // where nothing is known of the pace

std::chrono::milliseconds hint(std::chrono::nanoseconds expected) {
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(expected);
    return rounded > std::chrono::milliseconds{0} ? rounded : try_again;
}

}  // namespace

Permit::Permit(Admission& admission, async::Worker& worker)
    : admission_{&admission}, worker_{&worker}, begun_{worker.now()} {}

Permit::Permit(Permit&& other) noexcept
    : admission_{std::exchange(other.admission_, nullptr)},
      worker_{other.worker_},
      begun_{other.begun_},
      carried_{other.carried_},
      outcome_{other.outcome_} {}

Permit& Permit::operator=(Permit&& other) noexcept {
    if (this != &other) {
        release();
        admission_ = std::exchange(other.admission_, nullptr);
        worker_ = other.worker_;
        begun_ = other.begun_;
        carried_ = other.carried_;
        outcome_ = other.outcome_;
    }
    return *this;
}

void Permit::release() {
    auto* admission = std::exchange(admission_, nullptr);
    if (admission == nullptr) return;
    const bool several = carried_ > 1 && outcome_ == AdaptiveLimit::Outcome::good;
    admission->give_back({.begun = begun_,
                          .now = worker_->now(),
                          .outcome = several ? AdaptiveLimit::Outcome::several : outcome_,
                          .statements = carried_});
}

Admission::Admission(Options options) : core_{options.limits} {
    if (options.adaptive) adaptive_.emplace(AdaptiveLimit::Bounds{.least = 1, .most = options.limits.running});
    if (options.batches) batches_.emplace(*options.batches);
}

base::Error Admission::refusal(const AdmissionCore::Answer& answer) const {
    const Figures now = figures();
    auto words = answer.verdict == AdmissionCore::Verdict::full
                     ? fmt::format(
                           "{} statements run and {} wait, which is all that REQUEST_QUEUE_SIZE allows: try "
                           "again in a moment",
                           now.running, now.waiting)
                     : fmt::format("{} statements run and {} wait: this one's time would be over before its turn",
                                   now.running, now.waiting);
    return base::Error{base::Kind::overloaded, std::move(words)}
        .at(base::Stage::queue)
        .retry_after(hint(answer.expected));
}

async::Task<base::Result<Permit>> Admission::enter(async::Call& call, Urgency urgency) {
    return enter(call, How{.urgency = urgency});
}

async::Task<base::Result<Permit>> Admission::enter_again(async::Call& call) {
    return enter(call, How{.urgency = Urgency::quick, .again = true});
}

async::Task<base::Result<Admission::Turn>> Admission::enter(async::Call& call, Traveller traveller) {
    const Asked asked = ask(call, {.traveller = &traveller});
    if (asked.answer.verdict == AdmissionCore::Verdict::go) co_return Turn{.permit = Permit{*this, call.worker()}};
    if (asked.answer.verdict != AdmissionCore::Verdict::wait) co_return base::fail(refusal(asked.answer));
    const async::StopReason reason = co_await asked.waiter->wait(call);
    if (reason != async::StopReason::none && leave(asked)) {
        co_return base::fail(call.stopped_error(base::Stage::queue));
    }
    const auto departure = std::static_pointer_cast<Departure>(asked.waiter->grant());
    if (departure && !departure->leads) co_return Turn{};
    Turn turn{.permit = Permit{*this, call.worker()}};
    if (departure) {
        turn.batch = std::move(departure->luggage);
    } else if (call.stopped()) {
        co_return base::fail(call.stopped_error(base::Stage::queue));
    }
    co_return turn;
}

async::Task<base::Result<Permit>> Admission::enter(async::Call& call, How how) {
    const Asked asked = ask(call, how);
    if (asked.answer.verdict == AdmissionCore::Verdict::go) co_return Permit{*this, call.worker()};
    if (asked.answer.verdict != AdmissionCore::Verdict::wait) co_return base::fail(refusal(asked.answer));
    const async::StopReason reason = co_await asked.waiter->wait(call);
    if (reason != async::StopReason::none && leave(asked)) {
        co_return base::fail(call.stopped_error(base::Stage::queue));
    }
    // Granted, maybe in the moment of leaving: then the permit is handed on at once.
    Permit permit{*this, call.worker()};
    if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::queue));
    co_return permit;
}

void Admission::limit_running(std::size_t limit) {
    std::vector<async::WaiterPtr> begins;
    {
        base::MutexLock lock{mutex_};
        if (adaptive_) {
            adaptive_->bound({.least = 1, .most = limit});
            limit = adaptive_->limit();
        }
        core_.limit_running(limit);
        begins = begin_next(core_.next());
    }
    for (const auto& waiter : begins) async::Waiter::wake(waiter);
}

Admission::Figures Admission::figures() const {
    base::MutexLock lock{mutex_};
    return {.running = core_.running(), .waiting = core_.waiting(), .limits = core_.limits(), .pace = core_.pace()};
}

Admission::Asked Admission::ask(async::Call& call, How how) {
    const auto now = call.worker().now();
    const auto left = call.deadline() == base::TimePoint::max() ? AdmissionCore::Time::max() : call.deadline() - now;
    base::MutexLock lock{mutex_};
    Asked asked{.answer = {}, .ticket = next_ticket_++, .waiter = {}};
    asked.answer = core_.ask({.principal = call.principal().id,
                              .ticket = asked.ticket,
                              .urgency = how.urgency,
                              .left = left,
                              .again = how.again});
    if (asked.answer.verdict != AdmissionCore::Verdict::wait) return asked;
    asked.waiter = std::make_shared<async::Waiter>(call.worker());
    queue_.push(asked.waiter);
    waiters_.emplace(asked.ticket, asked.waiter);
    if (batches_ && how.traveller != nullptr) {
        batches_->join(now, how.traveller->kind, asked.ticket);
        luggage_.emplace(asked.ticket, how.traveller->luggage);
    }
    return asked;
}

bool Admission::leave(const Asked& asked) {
    base::MutexLock lock{mutex_};
    if (!queue_.leave(*asked.waiter)) return false;
    core_.leave(asked.ticket);
    waiters_.erase(asked.ticket);
    if (batches_ && batches_->leave(asked.ticket)) luggage_.erase(asked.ticket);
    return true;
}

async::WaiterPtr Admission::grant(AdmissionCore::Ticket ticket, std::shared_ptr<void> what) {
    const auto place = waiters_.find(ticket);
    auto waiter = std::move(place->second);
    waiters_.erase(place);
    queue_.grant(waiter, std::move(what));
    return waiter;
}

/// Whoever is in the batch of `ticket` leaves the queue with it. Null: it goes alone.
std::shared_ptr<Admission::Departure> Admission::depart(AdmissionCore::Ticket ticket,
                                                        std::vector<async::WaiterPtr>& riders) {
    if (!batches_) return nullptr;
    const auto tickets = batches_->depart(ticket);
    std::vector<std::shared_ptr<void>> luggage;
    for (const auto one : tickets) luggage.push_back(std::move(luggage_.extract(one).mapped()));
    if (tickets.size() < 2) return nullptr;
    for (const auto one : tickets) {
        if (one == ticket) continue;
        core_.leave(one);
        riders.push_back(grant(one, std::make_shared<Departure>()));
    }
    return std::make_shared<Departure>(Departure{.leads = true, .luggage = std::move(luggage)});
}

/// Those whose turn it is, granted; to be woken behind the lock.
std::vector<async::WaiterPtr> Admission::begin_next(std::optional<AdmissionCore::Ticket> first) {
    std::vector<async::WaiterPtr> begins;
    for (auto ticket = first; ticket; ticket = core_.next()) {
        std::vector<async::WaiterPtr> riders;
        auto departure = depart(*ticket, riders);
        begins.push_back(grant(*ticket, std::move(departure)));
        begins.insert(begins.end(), riders.begin(), riders.end());
    }
    return begins;
}

void Admission::give_back(const Ended& ended) {
    const auto took = ended.now - ended.begun;
    std::vector<async::WaiterPtr> begins;
    {
        base::MutexLock lock{mutex_};
        if (adaptive_) core_.limit_running(adaptive_->ended(ended.now, took, ended.outcome, core_.running() - 1));
        // What one statement takes of a place, so that who waits can be told when it is served.
        begins = begin_next(core_.done(took / static_cast<std::int64_t>(ended.statements)));
    }
    for (const auto& waiter : begins) async::Waiter::wake(waiter);
}

}  // namespace query
