/// One request on its way through the house: who, until when, and whether it still matters.
///
/// First argument, by reference, of everything that may wait. Floors narrow it (`Call child{parent, deadline}`), never
/// widen it. It belongs to one worker; another worker stops it by posting there. Nothing is armed until something
/// waits: a call that is answered at once costs no timer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "async/deadline_wheel.hpp"
#include "async/worker.hpp"
#include "base/error.hpp"
#include "base/principal.hpp"

namespace async {

enum class StopReason : std::uint8_t {
    none,
    client,    // the client left or cancelled
    deadline,  // its own deadline ran out
    drain,     // the server is going down
};

/// What `Call::stopped_error` says for a reason.
base::Kind kind_of(StopReason reason);

/// W3C trace context as MCP's `_meta` and HTTP's `traceparent` carry it. Empty `trace_id`: none.
struct TraceContext {
    std::string trace_id;   ///< 32 lower-case hex digits
    std::string parent_id;  ///< 16
    bool sampled = false;
    std::string state;  ///< tracestate, bounded to 512 bytes
};

struct Progress {
    double progress = 0;
    std::optional<double> total;
    std::string message;
};

class Call;

/// Runs once when its call stops (at once, when it already has). Lives in the waiter's frame; destruction disarms it.
/// `on_stop` runs on the call's worker and must destroy neither this call nor another one.
class StopHook {
public:
    StopHook(Call& call, std::function<void(StopReason)> on_stop);
    StopHook(const StopHook&) = delete;
    StopHook& operator=(const StopHook&) = delete;
    ~StopHook();

private:
    friend class Call;
    Call* call_;
    std::function<void(StopReason)> on_stop_;
    StopHook* next_ = nullptr;
    StopHook* previous_ = nullptr;
};

class Call {
public:
    using ProgressSink = std::function<void(const Progress&)>;

    struct Parts {
        std::string request_id;
        base::PrincipalPtr principal;
        base::TimePoint deadline;
        TraceContext trace;
        ProgressSink progress;  ///< may be empty: nobody asked
    };

    Call(Worker& worker, Parts parts);
    /// A narrower one: deadline is the earlier of both; stops when the parent stops. The parent must outlive it.
    Call(Call& parent, base::TimePoint deadline);
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call();

    Worker& worker() const { return worker_; }
    const base::Principal& principal() const { return *root().parts_.principal; }
    const base::PrincipalPtr& principal_ptr() const { return root().parts_.principal; }
    const std::string& request_id() const { return root().parts_.request_id; }
    const TraceContext& trace() const { return root().parts_.trace; }
    base::TimePoint deadline() const { return parts_.deadline; }
    std::chrono::milliseconds left() const;  ///< until the deadline; never negative

    /// Looks at the deadline too, so that a computation without waits can ask.
    StopReason stop_reason();
    bool stopped() { return stop_reason() != StopReason::none; }
    /// On its own worker. The first reason stays.
    void stop(StopReason reason);
    /// The error for a stop at `stage`: "the query did not end within 300 s", "the client cancelled the request", …
    base::Error stopped_error(base::Stage stage);

    bool wants_progress() const { return static_cast<bool>(root().parts_.progress); }
    void report(const Progress& progress);

private:
    friend class StopHook;
    const Call& root() const { return parent_ ? parent_->root() : *this; }
    Call& root() { return parent_ ? parent_->root() : *this; }
    void arm();  // deadline entry and parent's hook, on the first hook
    void unlink(StopHook& hook);

    Worker& worker_;
    Call* parent_ = nullptr;
    Parts parts_;
    base::TimePoint started_;
    StopReason reason_ = StopReason::none;
    StopHook* hooks_ = nullptr;
    DeadlineWheel::Entry entry_;
    bool armed_ = false;
    std::optional<StopHook> parent_hook_;  // last: it goes first
};

}  // namespace async
