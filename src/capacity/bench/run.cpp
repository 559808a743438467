#include "capacity/bench/run.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "base/cgroup.hpp"
#include "capacity/bench/advice.hpp"
#include "capacity/bench/load_loop.hpp"
#include "capacity/bench/sampler.hpp"
#include "capacity/bench/target.hpp"

namespace capacity::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick{250};

std::string now_text() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", now);
}

/// One step of the ladder over all rounds.
struct Rung {
    int clients = 1;
    std::optional<double> rate;
    Step step = {};
    scaling::LatencyHistogram ok{};
    scaling::LatencyHistogram refused{};
    scaling::LatencyHistogram lag{scaling::LatencyHistogram::Precision::coarse};
    int measured_rounds = 0;
};

void add(std::optional<double>& sum, const std::optional<double>& more, int before) {
    if (!more) return;
    sum = sum ? (*sum * before + *more) / (before + 1) : *more;
}

void raise(std::optional<double>& most, const std::optional<double>& more) {
    if (more) most = std::max(most.value_or(*more), *more);
}

/// Adds what one round measured.
void add_round(Rung& rung, const Recorder& recorder, const Step& round) {
    Step& step = rung.step;
    step.seconds += round.seconds;
    step.requests += round.requests;
    step.ok += round.ok;
    step.refused += round.refused;
    step.failed += round.failed;
    step.connections_opened += round.connections_opened;
    step.connections_lost += round.connections_lost;
    step.intervals.insert(step.intervals.end(), round.intervals.begin(), round.intervals.end());
    for (const ErrorCount& error : round.errors) {
        const auto known = std::ranges::find(step.errors, error.kind, &ErrorCount::kind);
        if (known == step.errors.end()) {
            step.errors.push_back(error);
        } else {
            known->count += error.count;
        }
    }
    const int before = rung.measured_rounds++;
    add(step.cpu_usage, round.cpu_usage, before);
    add(step.memory_mb, round.memory_mb, before);
    add(step.pool_active, round.pool_active, before);
    add(step.queue_length, round.queue_length, before);
    if (round.cpu_seconds) step.cpu_seconds = step.cpu_seconds.value_or(0) + *round.cpu_seconds;
    raise(step.memory_usage, round.memory_usage);
    raise(step.memory_max_mb, round.memory_max_mb);
    raise(step.pool_max, round.pool_max);
    raise(step.queue_max, round.queue_max);
    rung.ok.merge(recorder.latencies());
    rung.refused.merge(recorder.refused_latencies());
    rung.lag.merge(recorder.lags());
}

double milliseconds_of(std::chrono::nanoseconds value) {
    return std::chrono::duration<double, std::milli>(value).count();
}

/// Rates and percentiles out of what was added up.
void conclude_step(Rung& rung) {
    Step& step = rung.step;
    step.concurrent_clients = rung.clients;
    step.target_rate = rung.rate;
    std::uint64_t ok = 0;
    std::uint64_t ended = 0;
    for (const Interval& interval : step.intervals) {
        ok += interval.ok;
        ended += interval.ok + interval.refused + interval.failed;
    }
    if (step.seconds > 0) {
        step.requests_per_second = static_cast<double>(ok) / step.seconds;
        step.attempts_per_second = static_cast<double>(ended) / step.seconds;
    }
    if (step.requests > 0) {
        step.error_rate = 100.0 * static_cast<double>(step.refused + step.failed) / static_cast<double>(step.requests);
    }
    step.latency_ms = latency_of(rung.ok);
    if (rung.refused.count() > 0) step.refused_latency_ms = latency_of(rung.refused);
    step.generator_lag_ms = milliseconds_of(rung.lag.at(0.99));
    step.histogram.clear();
    rung.ok.each([&step](std::chrono::nanoseconds middle, std::uint64_t count) {
        step.histogram.push_back({milliseconds_of(middle), count});
    });
    std::ranges::sort(step.errors, std::ranges::greater{}, &ErrorCount::count);
}

class Run {
public:
    Run(const BenchOptions& options, const BenchCalls& calls, Server& server, const RenderedWorkload& requests)
        : options_{options}, calls_{calls}, server_{server}, requests_{requests} {}

    BenchResult go(BenchResult head);

private:
    /// False: the run ends here, and `why_` says why.
    bool measure(Rung& rung, int round);
    Recorder load(const Rung& rung, Window window, TimePoint begin);
    void publish();

    const BenchOptions& options_;
    const BenchCalls& calls_;
    Server& server_;
    const RenderedWorkload& requests_;
    BenchResult result_;
    std::vector<Rung> rungs_;
    std::unique_ptr<Sampler> sampler_;
    std::string why_;
    int step_ = 0;
    std::atomic<bool> stop_ = false;
    bool interrupted_ = false;
};

Recorder Run::load(const Rung& rung, Window window, TimePoint begin) {
    std::atomic<std::uint64_t> answers = 0;
    LoadPlan plan;
    plan.requests = &requests_;
    plan.window = window;
    plan.begin = begin;
    plan.timeout = options_.timeout;
    plan.rate = rung.rate.value_or(0);
    plan.poisson = options_.poisson;
    plan.callers = static_cast<std::uint32_t>(rung.clients);
    plan.loops = server_.loops(plan.callers);
    plan.fixed_id = options_.fixed_id;
    plan.seed = options_.seed + static_cast<std::uint64_t>(step_) * 7919;
    plan.stop = &stop_;
    plan.answers = &answers;
    std::vector<std::unique_ptr<LoadLoop>> loops;
    for (std::uint32_t i = 0; i < plan.loops; ++i) loops.push_back(server_.make_loop(plan, i));
    std::atomic<std::uint32_t> running = plan.loops;
    std::vector<std::thread> threads;
    for (const auto& loop : loops) {
        threads.emplace_back([&running, &loop] {
            loop->run();
            running.fetch_sub(1);
        });
    }
    TimePoint next_tick = Clock::now();
    while (running.load() > 0) {
        const TimePoint now = Clock::now();
        if (now >= next_tick) {
            next_tick = now + tick;
            Progress progress{.step = step_, .steps = static_cast<int>(rungs_.size()) * options_.rounds};
            progress.clients = rung.clients;
            progress.rate = rung.rate;
            progress.warming_up = now < window.begin;
            progress.seconds = std::max(0.0, std::chrono::duration<double>(now - window.begin).count());
            progress.of_seconds = window.seconds();
            progress.answers = answers.load(std::memory_order_relaxed);
            if (calls_.on_tick && !calls_.on_tick(progress)) {
                interrupted_ = true;
                stop_ = true;
            }
        } else {
            std::this_thread::sleep_for(std::min<Clock::duration>(next_tick - now, milliseconds{10}));
        }
    }
    for (std::thread& thread : threads) thread.join();
    Recorder all{window};
    for (const auto& loop : loops) all.merge(loop->recorder());
    if (interrupted_) all.cut(Clock::now());
    return all;
}

bool Run::measure(Rung& rung, int round) {
    ++step_;
    if (auto prepared = server_.prepare(static_cast<std::uint32_t>(rung.clients)); !prepared) {
        why_ = fmt::format("at {} clients: {}", rung.clients, prepared.error().message());
        return false;
    }
    Window window;
    const TimePoint begin = Clock::now() + milliseconds{5};
    window.begin = begin + options_.warmup;
    window.end = window.begin + options_.duration;
    window.interval =
        std::clamp<std::chrono::nanoseconds>(options_.duration / 30, milliseconds{100}, milliseconds{1000});
    const Recorder recorder = load(rung, window, begin);
    Step measured = recorder.step(round);
    if (sampler_) fill(measured, round, recorder.window(), sampler_->samples());
    add_round(rung, recorder, measured);
    rung.step.complete = !interrupted_ && rung.measured_rounds == options_.rounds;
    conclude_step(rung);
    if (interrupted_) {
        why_ = "stopped by a signal";
        return false;
    }
    if (measured.ok == 0) {
        const std::string why = measured.errors.empty() ? std::string{"no request ended"}
                                                        : fmt::format("{}: {}", measured.errors.front().kind,
                                                                      measured.errors.front().example);
        why_ = fmt::format("no correct answer at {} clients ({})", rung.clients, why);
        return false;
    }
    return true;
}

void Run::publish() {
    result_.steps.clear();
    for (const Rung& rung : rungs_) {
        if (rung.measured_rounds > 0) result_.steps.push_back(rung.step);
    }
    conclude(result_);
    if (calls_.on_step) calls_.on_step(result_);
}

BenchResult Run::go(BenchResult head) {
    result_ = std::move(head);
    result_.complete = false;
    result_.why_partial = "";
    std::string remark;
    if (auto take = server_.figures(remark)) {
        const auto every = std::clamp<milliseconds>(options_.duration / 20, milliseconds{100}, milliseconds{1000});
        const auto first = take();
        if (first) result_.target.cpu_cores = first->cpu_cores.value_or(base::cpu_limit_cores());
        sampler_ = std::make_unique<Sampler>(std::move(take), every);
        sampler_->start();
    }
    if (calls_.on_note && !remark.empty()) calls_.on_note(remark);
    if (options_.rates.empty()) {
        for (const int clients : options_.clients) rungs_.push_back({clients, std::nullopt});
    } else {
        for (const double rate : options_.rates) rungs_.push_back({options_.clients.back(), rate});
    }
    bool goes_on = true;
    for (int round = 0; round < options_.rounds && goes_on; ++round) {
        for (Rung& rung : rungs_) {
            goes_on = measure(rung, round);
            const bool last = round + 1 == options_.rounds && &rung == &rungs_.back();
            result_.complete = goes_on && last;
            result_.why_partial = !goes_on ? why_ : last ? "" : "the run had not ended when this was written";
            publish();
            if (!goes_on) break;
        }
    }
    if (sampler_) sampler_->stop();
    return std::move(result_);
}

}  // namespace

base::Result<BenchResult> run_bench(const BenchOptions& options, const BenchCalls& calls) {
    auto server = Server::meet(options);
    if (!server) {
        return base::fail(std::move(server.error()));
    }
    const Workload workload = options.workload ? *options.workload : built_in_workload((*server)->survey().tools);
    if (auto known = check_tools(workload, (*server)->survey().tools); !known) {
        return base::fail(std::move(known.error()));
    }
    auto requests = RenderedWorkload::make(workload, (*server)->survey().dialect, (*server)->survey().tools);
    if (!requests) {
        return base::fail(std::move(requests.error()));
    }
    BenchResult head;
    head.started_at = now_text();
    head.generator = options.generator;
    head.target = (*server)->describe();
    head.workload_name = workload.name;
    for (const WorkloadRequest& request : workload.requests) head.workload_requests.push_back(request.name());
    head.open_loop = !options.rates.empty();
    head.duration_seconds = std::chrono::duration<double>(options.duration).count();
    head.warmup_seconds = std::chrono::duration<double>(options.warmup).count();
    head.timeout_seconds = std::chrono::duration<double>(options.timeout).count();
    head.rounds = options.rounds;
    Run run{options, calls, **server, *requests};
    return run.go(std::move(head));
}

}  // namespace capacity::bench
