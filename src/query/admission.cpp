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
      outcome_{other.outcome_} {}

Permit& Permit::operator=(Permit&& other) noexcept {
    if (this != &other) {
        release();
        admission_ = std::exchange(other.admission_, nullptr);
        worker_ = other.worker_;
        begun_ = other.begun_;
        outcome_ = other.outcome_;
    }
    return *this;
}

void Permit::release() {
    if (auto* admission = std::exchange(admission_, nullptr)) admission->give_back(begun_, worker_->now(), outcome_);
}

Admission::Admission(Options options) : core_{options.limits} {
    if (options.adaptive) adaptive_.emplace(AdaptiveLimit::Bounds{.least = 1, .most = options.limits.running});
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
    const Asked asked = ask(call, urgency);
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

Admission::Asked Admission::ask(async::Call& call, Urgency urgency) {
    const auto now = call.worker().now();
    const auto left = call.deadline() == base::TimePoint::max() ? AdmissionCore::Time::max() : call.deadline() - now;
    base::MutexLock lock{mutex_};
    Asked asked{.answer = {}, .ticket = next_ticket_++, .waiter = {}};
    asked.answer =
        core_.ask({.principal = call.principal().id, .ticket = asked.ticket, .urgency = urgency, .left = left});
    if (asked.answer.verdict == AdmissionCore::Verdict::wait) {
        asked.waiter = std::make_shared<async::Waiter>(call.worker());
        queue_.push(asked.waiter);
        waiters_.emplace(asked.ticket, asked.waiter);
    }
    return asked;
}

bool Admission::leave(const Asked& asked) {
    base::MutexLock lock{mutex_};
    if (!queue_.leave(*asked.waiter)) return false;
    core_.leave(asked.ticket);
    waiters_.erase(asked.ticket);
    return true;
}

/// Those whose turn it is, granted; to be woken behind the lock.
std::vector<async::WaiterPtr> Admission::begin_next(std::optional<AdmissionCore::Ticket> first) {
    std::vector<async::WaiterPtr> begins;
    for (auto ticket = first; ticket; ticket = core_.next()) {
        const auto waiter = waiters_.find(*ticket);
        queue_.grant(waiter->second);
        begins.push_back(std::move(waiter->second));
        waiters_.erase(waiter);
    }
    return begins;
}

void Admission::give_back(base::TimePoint begun, base::TimePoint now, AdaptiveLimit::Outcome outcome) {
    std::vector<async::WaiterPtr> begins;
    {
        base::MutexLock lock{mutex_};
        if (adaptive_) core_.limit_running(adaptive_->ended(now, now - begun, outcome, core_.running() - 1));
        begins = begin_next(core_.done(now - begun));
    }
    for (const auto& waiter : begins) async::Waiter::wake(waiter);
}

}  // namespace query
