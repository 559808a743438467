#include "async/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace async {

base::Kind kind_of(StopReason reason) {
    switch (reason) {
        case StopReason::none: return base::Kind::internal;
        case StopReason::client: return base::Kind::cancelled;
        case StopReason::deadline: return base::Kind::timeout;
        case StopReason::drain: return base::Kind::cancelled;
    }
    return base::Kind::internal;
}

namespace {

/// What a deadline cut short, by the place where it was waited for.
std::string_view unfinished(base::Stage stage) {
    switch (stage) {
        case base::Stage::queue: return "the request waited in the queue and did not get its turn";
        case base::Stage::pool: return "no session of the pool became free";
        case base::Stage::login: return "the login did not end";
        case base::Stage::query: return "the query did not end";
        case base::Stage::result:
        case base::Stage::render: return "the result was not read to its end";
        default: return "the request did not end";
    }
}

std::string seconds_text(base::Clock::duration duration) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return milliseconds % 1000 == 0 ? fmt::format("{} s", milliseconds / 1000)
                                    : fmt::format("{:.3g} s", static_cast<double>(milliseconds) / 1000);
}

}  // namespace

StopHook::StopHook(Call& call, std::function<void(StopReason)> on_stop) : call_{&call}, on_stop_{std::move(on_stop)} {
    if (const StopReason reason = call.stop_reason(); reason != StopReason::none) {
        call_ = nullptr;
        on_stop_(reason);
        return;
    }
    next_ = call.hooks_;
    if (next_ != nullptr) {
        next_->previous_ = this;
    }
    call.hooks_ = this;
    call.arm();
}

StopHook::~StopHook() {
    if (call_ != nullptr) {
        call_->unlink(*this);
    }
}

Call::Call(Worker& worker, Parts parts)
    : worker_{worker},
      parts_{std::move(parts)},
      started_{worker.now()},
      entry_{[this] { stop(StopReason::deadline); }} {}

Call::Call(Call& parent, base::TimePoint deadline)
    : worker_{parent.worker_},
      parent_{&parent},
      started_{worker_.now()},
      entry_{[this] { stop(StopReason::deadline); }} {
    parts_.deadline = std::min(deadline, parent.deadline());
}

Call::~Call() {
    assert(hooks_ == nullptr && "who waits for a call must end before it");
    while (hooks_ != nullptr) {
        unlink(*hooks_);
    }
}

std::chrono::milliseconds Call::left() const {
    const base::TimePoint now = worker_.now();
    if (parts_.deadline <= now) {
        return std::chrono::milliseconds::zero();
    }
    return std::chrono::ceil<std::chrono::milliseconds>(parts_.deadline - now);
}

StopReason Call::stop_reason() {
    if (reason_ == StopReason::none && parent_ != nullptr) {
        if (const StopReason of_parent = parent_->stop_reason(); of_parent != StopReason::none) {
            stop(of_parent);
        }
    }
    if (reason_ == StopReason::none && worker_.now() >= parts_.deadline) {
        stop(StopReason::deadline);
    }
    return reason_;
}

void Call::stop(StopReason reason) {
    if (reason_ != StopReason::none || reason == StopReason::none) {
        return;
    }
    reason_ = reason;
    entry_.cancel();
    while (hooks_ != nullptr) {  // one at a time: a hook may take others out, or let its own frame go on and end
        StopHook& hook = *hooks_;
        unlink(hook);
        const auto on_stop = std::move(hook.on_stop_);
        on_stop(reason);
    }
}

void Call::unlink(StopHook& hook) {
    (hook.previous_ != nullptr ? hook.previous_->next_ : hooks_) = hook.next_;
    if (hook.next_ != nullptr) {
        hook.next_->previous_ = hook.previous_;
    }
    hook.next_ = nullptr;
    hook.previous_ = nullptr;
    hook.call_ = nullptr;
}

base::Error Call::stopped_error(base::Stage stage) {
    const StopReason reason = stop_reason();
    base::Error error{kind_of(reason), ""};
    switch (reason) {
        case StopReason::none: error = {base::Kind::internal, "the request was not stopped"}; break;
        case StopReason::client: error = {base::Kind::cancelled, "the client cancelled the request"}; break;
        case StopReason::deadline:
            error = {base::Kind::timeout,
                     fmt::format("{} within {}", unfinished(stage), seconds_text(parts_.deadline - started_))};
            break;
        case StopReason::drain:
            error = {base::Kind::cancelled, "the server is shutting down: send the request again"};
            break;
    }
    return std::move(error).at(stage);
}

void Call::report(const Progress& progress) {
    if (const ProgressSink& sink = root().parts_.progress) {
        sink(progress);
    }
}

/// Once, when something begins to wait: until then a call costs no timer.
void Call::arm() {
    if (armed_) {
        return;
    }
    armed_ = true;
    const bool earlier_than_parent = parent_ == nullptr || parts_.deadline < parent_->deadline();
    if (earlier_than_parent && parts_.deadline != base::TimePoint::max()) {
        worker_.wheel().arm(entry_, parts_.deadline);
    }
    if (parent_ != nullptr) {
        parent_hook_.emplace(*parent_, [this](StopReason reason) { stop(reason); });
    }
}

}  // namespace async
