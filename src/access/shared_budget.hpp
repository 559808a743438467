/// Token buckets and daily counters that all replicas share, in Redis or a cluster of it.
///
/// Each request is one script about keys of one slot (`{<CACHE_KEY_PREFIX>:limits}`), so it is atomic in a cluster too;
/// time is Redis' own, so that replicas' clocks do not matter. Keys name principals by hash. A Redis that does not
/// answer costs one wait (REDIS_TIMEOUT_MS); until a probe says that it does again nobody asks it, and `Limits` and
/// `Quotas` count in this process alone. Threads: any worker. Lifetime: `stop` and `join` before destruction, while the
/// workers run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/quota_book.hpp"
#include "access/token_slices.hpp"
#include "async/call.hpp"
#include "async/task.hpp"
#include "async/task_group.hpp"
#include "base/mutex.hpp"
#include "net/redis/clients.hpp"

namespace access_control {

/// Asked at once, or not for a while: from the first failure on, with one probe at a time, at growing intervals. Core;
/// threads: any.
class ProbeClock {
public:
    static constexpr std::chrono::milliseconds first_pause{100};
    static constexpr std::chrono::milliseconds longest_pause{2'000};
    /// A probe that does not report is given up.
    static constexpr std::chrono::seconds probe_patience{2};

    bool may_ask(base::TimePoint now);
    void note(bool answered, base::TimePoint now);
    bool is_open() const;

private:
    mutable base::Mutex mutex_;
    bool failing_ BASE_GUARDED_BY(mutex_) = false;
    bool probing_ BASE_GUARDED_BY(mutex_) = false;
    base::TimePoint next_ BASE_GUARDED_BY(mutex_){};
    std::chrono::milliseconds pause_ BASE_GUARDED_BY(mutex_) = first_pause;
};

class SharedBudget {
public:
    SharedBudget(async::Workers& workers, net::redis::Settings redis, std::string_view key_prefix);
    SharedBudget(const SharedBudget&) = delete;
    SharedBudget& operator=(const SharedBudget&) = delete;
    ~SharedBudget();

    /// False: it did not answer of late; do not ask now. A yes may be the probe: ask and it will be noted.
    bool may_ask(base::TimePoint now) { return clock_.may_ask(now); }
    /// For metrics.
    bool answers() const { return !clock_.is_open(); }

    /// All parts, or none. Absent: no answer.
    async::Task<std::optional<TokenSlices::Given>> take(async::Call& call, std::vector<TokenSlices::Part> parts);

    struct Counted {
        QuotaBook::Part refused = QuotaBook::Part::none;
        Usage total;
    };
    /// Adds what was used; with a quota it then takes one statement more, unless a part of it is reached. Absent: no
    /// answer.
    async::Task<std::optional<Counted>> count(async::Call& call, std::string id, QuotaBook::Day day, Usage used,
                                              std::optional<Usage> quota);

    /// A task of its own, which nobody waits for. False: going down.
    bool spawn(async::Worker& worker, std::function<async::Task<void>(async::Call&)> task);

    void stop();
    bool join(std::chrono::milliseconds at_most);

private:
    async::Task<std::optional<std::vector<std::int64_t>>> run(async::Call& call, std::string key,
                                                              net::redis::Line::Command command, std::size_t numbers);
    std::string name_of(std::string_view kind, std::string_view id) const;

    const std::string tag_;
    net::redis::Clients clients_;
    ProbeClock clock_;
    async::TaskGroup tasks_;
};

}  // namespace access_control
