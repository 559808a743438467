/// A pipeline over a scripted backend, on one worker whose clock the test moves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "async/blocking_pool.hpp"
#include "async/manual_worker.hpp"
#include "async/task_group.hpp"
#include "query/pipeline.hpp"
#include "query/scripted_backend.hpp"

namespace query_test {

/// One call and what became of it. May end before the call does: then nobody is told.
template <class T>
class Asked {
public:
    Asked() = default;
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked() { *here_ = nullptr; }

    std::optional<base::Result<T>> answer;
    async::Call* call = nullptr;  ///< while it runs
    bool done() const { return answer.has_value(); }
    /// Null once this one has ended.
    std::shared_ptr<Asked*> here() const { return here_; }

private:
    std::shared_ptr<Asked*> here_ = std::make_shared<Asked*>(this);
};

class Stand {
public:
    /// `cache`: absent, and the stage is not there; `coalesce` in it says whether identical reads run once.
    explicit Stand(query::Settings settings = {}, backend::Pool::Settings pool = {}, sql::Policy policy = {},
                   std::optional<query::cache::Settings> cache = {},
                   std::unique_ptr<query::cache::SharedStore> shared = {}, query::BatchSettings batching = {},
                   bool several_in_one = true, query::Meter* meter = nullptr)
        : backend{several_in_one},
          cache_{cache && cache->enabled
                     ? std::make_unique<query::cache::ResultCache>(
                           *cache, query::cache::ResultCache::Parts{.metrics = metrics,
                                                                    .sealer = sealer,
                                                                    .shared = std::move(shared),
                                                                    .wall_now = [this] { return wall_now; }})
                     : nullptr},
          pool_{backend, pool, [this] { return worker.now(); }},
          pipeline{query::Pipeline::Services{.backend = backend,
                                             .pool = pool_,
                                             .memory = memory,
                                             .sealer = sealer,
                                             .metrics = metrics,
                                             .cache = cache_.get(),
                                             .coalesce = cache && cache->coalesce,
                                             .batching = batching,
                                             .meter = meter,
                                             .judges = &judges,
                                             .connection = "scripted",
                                             .wall_now = [this] { return wall_now; }},
                   query::GuardStage{std::move(policy)}, settings} {}
    ~Stand() {
        calls.stop(async::StopReason::drain);
        pipeline.stop(async::StopReason::drain);
        worker.settle();
        pool_.stop(async::StopReason::drain);
        worker.settle();
        pool_.join(std::chrono::milliseconds{0});
    }

    base::PrincipalPtr principal(std::string id) {
        auto made = std::make_shared<base::Principal>();
        made->id = std::move(id);
        return made;
    }

    /// Starts `task(call)`.
    template <class T, class F>
    void start(Asked<T>& asked, F task, std::string who = "os:test",
               std::chrono::milliseconds left = std::chrono::hours{1}, async::Call::ProgressSink progress = {}) {
        async::Call::Parts parts{.request_id = "r-1",
                                 .principal = principal(std::move(who)),
                                 .deadline = worker.now() + left,
                                 .trace = {},
                                 .progress = std::move(progress)};
        calls.spawn(*worker, std::move(parts),
                    [asked = asked.here(), task](async::Call& call) { return keep<T, F>(call, asked, task); });
        worker.settle();
    }

    /// Until the call has ended, whichever thread it waits for.
    template <class T>
    void finish(const Asked<T>& asked) {
        while (!asked.done()) {
            std::this_thread::yield();
            worker.settle();
        }
    }

    /// The whole way of a request, to its end.
    base::Result<query::Answer> ask(query::Request request, std::string who = "os:test") {
        Asked<query::Answer> asked;
        start(asked, [this, request](async::Call& call) { return pipeline.run(call, request); }, std::move(who));
        finish(asked);
        return std::move(asked.answer.value());
    }

    async_test::ManualWorker worker;
    base::WallTime wall_now = base::WallTime{} + std::chrono::hours{1'000};
    base::MemoryBudget memory{base::MemoryBudget::Limits{}};
    base::TokenSealer sealer = base::TokenSealer::with_random_key();
    base::Metrics metrics;
    async::BlockingPool judges{{.threads = 1}};
    ScriptedBackend backend;
    async::TaskGroup calls;

private:
    template <class T, class F>
    static async::Task<void> keep(async::Call& call, std::shared_ptr<Asked<T>*> asked, F task) {
        if (*asked) (*asked)->call = &call;
        auto answer = co_await task(call);
        if (!*asked) co_return;
        (*asked)->answer.emplace(std::move(answer));
        (*asked)->call = nullptr;
    }

    std::unique_ptr<query::cache::ResultCache> cache_;
    backend::Pool pool_;

public:
    query::cache::ResultCache& cache() { return *cache_; }
    query::Pipeline pipeline;
};

}  // namespace query_test
