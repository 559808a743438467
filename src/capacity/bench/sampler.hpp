/// What the server itself says while it is loaded: CPU, memory, pool and queue from its /metrics, or CPU and memory of
/// a process and its children from /proc.
///
/// Place: one thread beside the load loops. Samples are kept for the whole run; `fill` picks those of a step. Threads:
/// `start` and `stop` by one, samples under a lock.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "capacity/bench/conversation.hpp"
#include "capacity/bench/recorder.hpp"

namespace capacity::bench {

struct Sample {
    TimePoint at;
    std::optional<double> cpu_seconds = {};  ///< so far
    std::optional<double> cpu_cores = {};    ///< what it may use
    std::optional<double> memory_mb = {};
    std::optional<double> memory_limit_mb = {};
    std::optional<double> pool_active = {};
    std::optional<double> pool_max = {};
    std::optional<double> queue_length = {};
};

/// Of a Prometheus text; several time series of one name are added up. Nothing that is known: no CPU and no memory.
Sample read_metrics(std::string_view text, TimePoint at);
/// Of a process and all its descendants; nothing when it is gone. `root` is where /proc is.
Sample read_processes(pid_t pid, TimePoint at, const std::string& root = "/proc");
/// The process that listens on this TCP port of this machine, if that can be seen.
std::optional<pid_t> listener_of(std::uint16_t port, const std::string& root = "/proc");

/// Puts what `samples` say of `window` into the step and its intervals (those of `round`). CPU is a difference, the
/// others are means and largest values.
void fill(Step& step, int round, const Window& window, const std::vector<Sample>& samples);

class Sampler {
public:
    using Take = std::function<std::optional<Sample>()>;
    Sampler(Take take, std::chrono::milliseconds every) : take_{std::move(take)}, every_{every} {}
    ~Sampler() { stop(); }
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    void start();
    void stop();
    std::vector<Sample> samples() const;

    /// GET of `endpoint`, which outlives it; nothing when it does not answer or is no metrics page. `headers`: the
    /// user's.
    static Take from_metrics(const Endpoint& endpoint, const std::vector<std::pair<std::string, std::string>>& headers);
    static Take from_process(pid_t pid);

private:
    void run();
    Take take_;
    std::chrono::milliseconds every_;
    std::atomic<bool> ends_ = false;
    std::thread thread_;
    mutable base::Mutex mutex_;
    std::vector<Sample> samples_ BASE_GUARDED_BY(mutex_);
};

}  // namespace capacity::bench
