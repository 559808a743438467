#include "capacity/bench/load_loop.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>

namespace capacity::bench {
namespace {

constexpr auto sweep_every = std::chrono::milliseconds{20};
constexpr auto rest_after_failure = std::chrono::milliseconds{50};

}  // namespace

base::Result<RenderedWorkload> RenderedWorkload::make(const Workload& workload, const Dialect& dialect,
                                                      const std::vector<ToolFacts>& tools) {
    RenderedWorkload rendered;
    rendered.workload = &workload;
    double sum = 0;
    for (const WorkloadRequest& request : workload.requests) {
        auto text = RequestText::make(request, dialect, tools);
        if (!text) return base::fail(std::move(text.error()));
        rendered.texts.push_back(std::move(*text));
        const std::uint64_t keys = request.key_count();
        rendered.keys.push_back(keys == 0 ? std::nullopt : std::optional{Zipf{keys, request.zipf}});
        rendered.shares.push_back(sum += request.weight);
    }
    for (double& share : rendered.shares) share /= sum;
    return rendered;
}

std::size_t RenderedWorkload::draw(Random& random) const {
    if (shares.size() == 1) return 0;
    const auto at = std::ranges::upper_bound(shares, random.uniform());
    return std::min<std::size_t>(static_cast<std::size_t>(at - shares.begin()), shares.size() - 1);
}

LoadLoop::LoadLoop(const LoadPlan& plan, std::uint32_t index)
    : plan_{plan},
      index_{index},
      recorder_{plan.window},
      check_{*plan.requests->workload},
      random_{plan.seed * 1'000'003 + index},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    callers_.resize(plan.callers / plan.loops + (index < plan.callers % plan.loops ? 1 : 0));
    id_rounds_ = id_count / plan.callers;
    next_due_ = due_time(0);
}

void LoadLoop::watch(int fd, std::uint64_t tag, std::uint32_t events, bool first) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    ::epoll_ctl(epoll_.get(), first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

std::optional<std::uint32_t> LoadLoop::caller_of(std::uint64_t id) const {
    if (id < first_id) return std::nullopt;
    const auto global = static_cast<std::uint32_t>((id - first_id) % plan_.callers);
    const std::uint32_t local = global / plan_.loops;
    if (global % plan_.loops != index_ || local >= size()) return std::nullopt;
    const Caller& owner = callers_[local];
    return owner.busy && owner.id == id ? std::optional{local} : std::nullopt;
}

/// The time of the `count`-th request of this loop. Loops take turns.
TimePoint LoadLoop::due_time(std::uint64_t count) {
    if (plan_.rate <= 0) return TimePoint::max();
    const double gap = 1e9 / plan_.rate;
    if (plan_.poisson) {
        const TimePoint from = count == 0 ? plan_.begin : next_due_;
        const double wait = -std::log(1 - random_.uniform()) * gap * plan_.loops;
        return from + std::chrono::nanoseconds{std::llround(wait)};
    }
    const double after = gap * (static_cast<double>(count) * plan_.loops + index_);
    return plan_.begin + std::chrono::nanoseconds{std::llround(after)};
}

void LoadLoop::begin(std::uint32_t index, TimePoint due, TimePoint now) {
    Caller& caller = callers_[index];
    caller.began = due;
    caller.started = now;
    caller.busy = true;
    ++busy_;
    caller.request = static_cast<std::uint32_t>(plan_.requests->draw(random_));
    caller.id = plan_.fixed_id.value_or(first_id + caller.round * plan_.callers + index * plan_.loops + index_);
    caller.round = (caller.round + 1) % id_rounds_;
    const auto& keys = plan_.requests->keys[caller.request];
    send(index, keys ? keys->draw(random_) : 1);
}

void LoadLoop::next(std::uint32_t index, TimePoint now) {
    if (plan_.rate > 0) {
        if (backlog_.empty()) {
            idle_.push_back(index);
        } else {
            const TimePoint due = backlog_.front();
            backlog_.pop_front();
            begin(index, due, now);
        }
    } else if (now < plan_.window.end && !stopped_) {
        begin(index, now, now);
    }
}

void LoadLoop::answered(std::uint32_t index, TimePoint at) {
    Caller& caller = callers_[index];
    caller.busy = false;
    --busy_;
    recorder_.ok(caller.began, at);
    if (plan_.answers != nullptr) plan_.answers->fetch_add(1, std::memory_order_relaxed);
    next(index, at);
}

void LoadLoop::answered(std::uint32_t index, TimePoint at, const Verdict& verdict) {
    if (verdict.outcome == Outcome::ok) {
        answered(index, at);
        return;
    }
    Caller& caller = callers_[index];
    caller.busy = false;
    --busy_;
    recorder_.not_ok(caller.began, at, verdict);
    next(index, at);
}

void LoadLoop::fail(std::uint32_t index, std::string kind, std::string example) {
    Caller& caller = callers_[index];
    if (!caller.busy) return;
    const TimePoint now = Clock::now();
    caller.busy = false;
    --busy_;
    recorder_.not_ok(caller.began, now, {Outcome::failed, std::move(kind), std::move(example)});
    caller.resting = true;
    caller.rests = now + rest_after_failure;
}

void LoadLoop::dispatch(TimePoint now) {
    if (plan_.rate <= 0) return;
    while (next_due_ <= now && next_due_ < plan_.window.end) {
        if (idle_.empty()) {
            backlog_.push_back(next_due_);
        } else {
            const std::uint32_t index = idle_.back();
            idle_.pop_back();
            recorder_.late(now - next_due_);
            begin(index, next_due_, now);
        }
        next_due_ = due_time(++due_count_);
    }
}

void LoadLoop::sweep(TimePoint now) {
    for (std::uint32_t index = 0; index < size(); ++index) {
        Caller& caller = callers_[index];
        if (caller.busy && now - caller.started > plan_.timeout) {
            abandon(index);
            fail(index, "timeout", "no answer within --timeout");
        } else if (caller.resting && now >= caller.rests) {
            caller.resting = false;
            next(index, now);
        }
    }
    look_after(now);
}

bool LoadLoop::is_over(TimePoint now) const {
    if (now < plan_.window.end) return false;
    const bool all_sent = backlog_.empty() && (plan_.rate <= 0 || next_due_ >= plan_.window.end);
    return (all_sent && busy_ == 0) || now > plan_.window.end + plan_.timeout;
}

/// What never ended, or was never sent, counts as failed: leaving it out would make a stalled server look well.
void LoadLoop::give_up() {
    if (stopped_) return;
    const TimePoint now = Clock::now();
    for (std::uint32_t index = 0; index < size(); ++index) {
        if (!callers_[index].busy) continue;
        abandon(index);
        fail(index, "timeout", "no answer until --timeout after the end of the step");
    }
    for (const TimePoint due : backlog_) {
        recorder_.not_ok(due, now, {Outcome::failed, "never sent", "every client was still waiting for an answer"});
    }
}

void LoadLoop::wait(TimePoint until) {
    std::array<epoll_event, 256> events{};
    const auto left = std::max(std::chrono::nanoseconds{0}, until - Clock::now());
    const timespec patience{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    int count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(), &patience, nullptr);
    if (count < 0 && errno == ENOSYS) {
        count = ::epoll_wait(epoll_.get(), events.data(), events.size(),
                             static_cast<int>(std::chrono::floor<std::chrono::milliseconds>(left).count()));
    }
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        on_event(event.data.u64, event.events);
    }
}

void LoadLoop::run() {
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    for (std::uint32_t index = size(); index-- > 0;) {
        if (plan_.rate > 0) {
            idle_.push_back(index);
        } else {
            begin(index, Clock::now(), Clock::now());
        }
    }
    TimePoint now = Clock::now();
    TimePoint next_sweep = now + sweep_every;
    while (!is_over(now)) {
        if (plan_.stop != nullptr && plan_.stop->load(std::memory_order_relaxed)) {
            stopped_ = true;
            break;
        }
        wait(next_due_ < plan_.window.end ? std::min(next_sweep, next_due_) : next_sweep);
        now = Clock::now();
        dispatch(now);
        if (now >= next_sweep) {
            sweep(now);
            next_sweep = now + sweep_every;
        }
    }
    give_up();
}

}  // namespace capacity::bench
