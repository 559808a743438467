/// The load engine: one thread that keeps many callers busy, each with one request at a time.
///
/// Place: as many as `--threads` says, each with its part of the callers. `HttpLoop` gives each caller a connection,
/// `StdioLoop` lets them share the pipes of one server or gives each its own. Nothing is allocated for a request.
///
/// Closed loop: a caller asks again when its answer has come. Open loop: requests are due at fixed times, whatever the
/// server does; one that finds no free caller waits its turn, and its latency counts from when it was *due*: so a stall
/// is measured by all who would have met it (no coordinated omission). Threads: its own; `stop` is any's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.hpp"
#include "capacity/bench/answer_check.hpp"
#include "capacity/bench/recorder.hpp"
#include "capacity/bench/request_text.hpp"
#include "capacity/bench/workload.hpp"
#include "capacity/bench/zipf.hpp"

namespace capacity::bench {

/// A workload that was rendered for a target; shared by all loops, read only.
struct RenderedWorkload {
    const Workload* workload = nullptr;
    std::vector<RequestText> texts;
    std::vector<std::optional<Zipf>> keys;
    std::vector<double> shares;  ///< cumulative weights, the last is 1

    static base::Result<RenderedWorkload> make(const Workload& workload, const Dialect& dialect,
                                               const std::vector<ToolFacts>& tools);
    std::size_t draw(Random& random) const;
};

struct LoadPlan {
    const RenderedWorkload* requests = nullptr;
    Window window;
    TimePoint begin;  ///< warm-up starts
    std::chrono::nanoseconds timeout{std::chrono::seconds{30}};
    double rate = 0;  ///< requests per second of all loops together; 0: closed loop
    bool poisson = false;
    std::uint32_t callers = 1;  ///< of all loops together
    std::uint32_t loops = 1;
    std::optional<std::uint64_t> fixed_id;
    std::uint64_t seed = 1;
    const std::atomic<bool>* stop = nullptr;
    std::atomic<std::uint64_t>* answers = nullptr;  ///< correct ones so far, for a progress line
};

class LoadLoop {
public:
    LoadLoop(const LoadPlan& plan, std::uint32_t index);
    virtual ~LoadLoop() = default;
    LoadLoop(const LoadLoop&) = delete;
    LoadLoop& operator=(const LoadLoop&) = delete;

    /// Until the window has passed and every request that was due in it has ended, or has timed out, or `stop`.
    void run();
    const Recorder& recorder() const { return recorder_; }
    bool was_stopped() const { return stopped_; }

protected:
    struct Caller {
        TimePoint began;    // of the request: when it was due, or sent
        TimePoint started;  // when it was given to the connection
        TimePoint rests;    // not before
        std::uint64_t id = 0;
        std::uint64_t round = 0;  // how many ids it has used
        std::uint32_t request = 0;
        bool busy = false;
        bool resting = false;
    };

    /// Sends the caller's request; may end in `fail`.
    virtual void send(std::uint32_t caller, std::uint64_t rank) = 0;
    /// The caller's request is given up: what it sent must not meet a later one.
    virtual void abandon(std::uint32_t caller) = 0;
    /// Every 20 ms.
    virtual void look_after(TimePoint) {}
    virtual void on_event(std::uint64_t tag, std::uint32_t events) = 0;

    void answered(std::uint32_t caller, TimePoint at);
    void answered(std::uint32_t caller, TimePoint at, const Verdict& verdict);
    /// No answer: the caller rests for a moment before it asks again.
    void fail(std::uint32_t caller, std::string kind, std::string example);

    std::uint32_t size() const { return static_cast<std::uint32_t>(callers_.size()); }
    Caller& caller(std::uint32_t index) { return callers_[index]; }
    /// The caller that an id belongs to, if it is one of ours and waits for just that.
    std::optional<std::uint32_t> caller_of(std::uint64_t id) const;
    const RenderedWorkload& requests() const { return *plan_.requests; }
    AnswerCheck& check() { return check_; }
    Recorder& record() { return recorder_; }
    const LoadPlan& plan() const { return plan_; }
    int poller() const { return epoll_.get(); }
    void watch(int fd, std::uint64_t tag, std::uint32_t events, bool first);

private:
    void begin(std::uint32_t caller, TimePoint due, TimePoint now);
    void next(std::uint32_t caller, TimePoint now);
    void dispatch(TimePoint now);
    void sweep(TimePoint now);
    void give_up();
    bool is_over(TimePoint now) const;
    TimePoint due_time(std::uint64_t count);
    void wait(TimePoint until);

    LoadPlan plan_;
    std::uint32_t index_;
    Recorder recorder_;
    AnswerCheck check_;
    Random random_;
    base::Fd epoll_;
    std::vector<Caller> callers_;
    std::vector<std::uint32_t> idle_;  // open loop: free callers, the last used first
    std::deque<TimePoint> backlog_;    // open loop: due, not sent
    std::uint64_t due_count_ = 0;
    TimePoint next_due_;
    std::uint32_t busy_ = 0;
    std::uint64_t id_rounds_ = 1;
    bool stopped_ = false;
};

}  // namespace capacity::bench
