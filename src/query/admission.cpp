#include "query/admission.hpp"

#include <fmt/format.h>

#include <chrono>

namespace query {

namespace {

constexpr std::chrono::milliseconds try_again{1'000};

}  // namespace

Permit& Permit::operator=(Permit&& other) noexcept {
    if (this != &other) {
        release();
        admission_ = std::exchange(other.admission_, nullptr);
    }
    return *this;
}

void Permit::release() {
    if (auto* admission = std::exchange(admission_, nullptr)) admission->give_back();
}

async::Task<base::Result<Permit>> Admission::enter(async::Call& call) {
    const Asked asked = ask(call);
    if (asked.verdict == AdmissionCore::Verdict::go) co_return Permit{*this};
    if (asked.verdict == AdmissionCore::Verdict::full) {
        const Figures now = figures();
        co_return base::fail(base::Error{
            base::Kind::overloaded, fmt::format("{} statements run and {} wait, which is all that REQUEST_QUEUE_SIZE "
                                                "allows: try again in a moment",
                                                now.running, now.waiting)}
                                 .at(base::Stage::queue)
                                 .retry_after(try_again));
    }
    const async::StopReason reason = co_await asked.waiter->wait(call);
    if (reason != async::StopReason::none && leave(asked)) {
        co_return base::fail(call.stopped_error(base::Stage::queue));
    }
    // Granted, maybe in the moment of leaving: then the permit is handed on at once.
    Permit permit{*this};
    if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::queue));
    co_return permit;
}

std::optional<Permit> Admission::try_enter(const base::Principal& principal) {
    base::MutexLock lock{mutex_};
    if (core_.waiting() > 0 || core_.running() >= core_.limits().running) return std::nullopt;
    core_.ask(principal.id, 0);
    return Permit{*this};
}

void Admission::limit_running(std::size_t limit) {
    base::MutexLock lock{mutex_};
    core_.limit_running(limit);
}

Admission::Figures Admission::figures() const {
    base::MutexLock lock{mutex_};
    return {.running = core_.running(), .waiting = core_.waiting(), .limits = core_.limits()};
}

Admission::Asked Admission::ask(async::Call& call) {
    base::MutexLock lock{mutex_};
    Asked asked{.verdict = {}, .ticket = next_ticket_++, .waiter = {}};
    asked.verdict = core_.ask(call.principal().id, asked.ticket);
    if (asked.verdict == AdmissionCore::Verdict::wait) {
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

void Admission::give_back() {
    async::WaiterPtr next;
    {
        base::MutexLock lock{mutex_};
        const auto ticket = core_.done();
        if (!ticket) return;
        const auto waiter = waiters_.find(*ticket);
        next = std::move(waiter->second);
        waiters_.erase(waiter);
        queue_.grant(next);
    }
    async::Waiter::wake(next);
}

}  // namespace query
