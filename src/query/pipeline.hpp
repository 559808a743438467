/// The way of a statement: guard ▶ admit ▶ pool ▶ session ▶ render (DESIGN.md section 1).
///
/// Place: one per connection, shared by all workers; tools call it and see no session. Threads: any worker; each call
/// stays on its own. Lifetime: made before the workers start; what it refers to must outlive it.
///
/// Text that the guard refuses never gets further. Later stages (cache, coalescing) stand between `start`, which
/// answers what needs no waiting, and `run`, which waits.
#pragma once

#include "query/namespace.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/pool.hpp"
#include "base/audit.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"
#include "base/metrics.hpp"
#include "base/probe.hpp"
#include "base/sealed_token.hpp"
#include "query/admission.hpp"
#include "query/answer.hpp"
#include "query/batching/batches.hpp"
#include "query/batching/settings.hpp"
#include "query/cache/result_cache.hpp"
#include "query/flights.hpp"
#include "query/guard_stage.hpp"
#include "query/meter.hpp"
#include "query/rows.hpp"
#include "query/selection.hpp"
#include "query/settings.hpp"

namespace query {

/// A statement that was judged and may run, or that `run` will judge first. Made by `Pipeline::start`.
struct Plan {
    Request request;
    std::string text;          ///< what is judged, and runs
    bool is_judged = false;    ///< false: it is long, and judging it would keep the worker
    bool is_metered = false;   ///< false: whether its caller may have one more takes a wait
    std::uint64_t offset = 0;  ///< rows before the answer's first, by the cursor
    std::string query_id;      ///< whose result the cursor goes on in; empty: the statement runs
    std::size_t limit = 0;
    std::size_t max_bytes = 0;
    bool is_read = false;           ///< changes nothing, so far as the guard can see
    bool is_metadata = false;       ///< SHOW or DESCRIBE
    std::optional<cache::Key> key;  ///< where the answer may be shared with others
    std::chrono::seconds ttl{0};    ///< how long it may be kept
    /// In a flight: which wait it is in, for whoever leaves.
    std::shared_ptr<std::atomic<base::Stage>> stage = {};
    void waits_in(base::Stage now) const {
        if (stage) stage->store(now, std::memory_order_relaxed);
    }
};

/// Either an answer already, or a plan to run.
struct Started {
    std::optional<base::Result<Answer>> answer;
    std::optional<Plan> plan;  ///< exactly where there is no answer
};

class Pipeline {
public:
    struct Services {
        backend::Backend& backend;
        backend::Pool& pool;
        base::MemoryBudget& memory;
        const base::TokenSealer& sealer;
        base::Metrics& metrics;
        cache::ResultCache* cache = nullptr;  ///< null: nothing is kept
        bool coalesce = false;
        BatchSettings batching = {};
        base::Audit* audit = nullptr;  ///< null: nobody keeps one
        Meter* meter = nullptr;        ///< null: nobody counts
        /// Where long texts are judged; null: on their worker. Not where statements run: a judgement must not wait for
        /// them.
        async::BlockingPool* judges = nullptr;
        std::string connection;    ///< name of the configured account; cursors are bound to it
        base::Labels labels = {};  ///< of its metrics, where there are several pipelines
        std::function<base::WallTime()> wall_now = base::WallClock::now;
    };

    Pipeline(Services services, GuardStage guard, Settings settings);
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    ~Pipeline();

    /// Without waiting: refusals, wrong cursors. Errors: `denied` at stage `guard`, `bad_argument` about the cursor,
    /// `overloaded` at stage `access` where the caller's quota is used up.
    Started start(async::Call& call, Request request);
    /// Errors: those of `start` for a text that it left to be judged; at stage `queue`, `pool` or `query` by what was
    /// waited for; `sql` in the backend's own words; `overloaded` where memory is short.
    async::Task<base::Result<Answer>> run(async::Call& call, Plan plan);
    /// Both.
    async::Task<base::Result<Answer>> run(async::Call& call, Request request);
    /// The picked columns as texts, for the server itself; `limit` bounds the rows, `format` and `cursor` mean nothing.
    async::Task<base::Result<Rows>> rows(async::Call& call, Request request, Rows::Limits limits = {});

    /// For statements that go on without their caller: the judged text with its tag, for who submits it
    /// (MAX_BYTES_SCANNED was looked at); their turn; and the answer of rows that somebody else has got. `request.text`
    /// of `show` names the result (its query id): cursors belong to it.
    base::Result<Plan> judge(async::Call& call, Request request) { return plan(call, std::move(request)); }
    async::Task<base::Result<backend::Statement>> statement(async::Call& call, Plan plan);
    async::Task<base::Result<Permit>> admit(async::Call& call) { return admission_.enter(call); }
    async::Task<base::Result<Answer>> show(async::Call& call, Request request,
                                           std::unique_ptr<backend::ResultSet> result);
    /// The same of a query by its id, from the cursor's place on.
    async::Task<base::Result<Answer>> show(async::Call& call, Request request, std::string query_id);

    /// A submitted read shares its answer as others do: what a store outside the process has of it (memory was looked
    /// into by `start`); its rows, rendered and kept; one caller's answer. Who was told that it leads says so where
    /// nothing comes of it (`ResultCache::Looked`).
    struct Kept {
        std::optional<Landed> landed;
        bool leads = false;
    };
    async::Task<Kept> find_kept(async::Call& call, std::shared_ptr<const Plan> plan);
    void gave_up(const Plan& plan);
    async::Task<base::Result<Landed>> land(async::Call& call, std::shared_ptr<const Plan> plan,
                                           std::unique_ptr<backend::ResultSet> result);
    Answer answer(async::Call& call, const Plan& plan, const Landed& landed);
    /// May this statement run once for all who ask for it at the same time?
    bool coalesces(const Plan& plan) const { return services_.coalesce && plan.key && !plan.request.fresh; }

    /// A statement that writes was sent or has ended: what is kept may not be true any more.
    void forget_answers() {
        if (services_.cache != nullptr) services_.cache->clear();
    }

    /// Counts a statement where `start` could not without a wait; for who shares runs by other means than `run`. Error:
    /// its caller may not have one more.
    async::Task<base::Result<void>> meter(async::Call& call, Plan& plan);
    /// For how long the warehouse worked on a statement that was run elsewhere (`statement`).
    void ran(async::Call& call, std::chrono::nanoseconds time) {
        if (services_.meter != nullptr) services_.meter->ran(call, time);
    }

    /// How many bytes a statement would scan; absent: nobody can say. For MAX_BYTES_SCANNED. Set once, before anybody
    /// asks.
    using Estimate =
        std::function<async::Task<base::Result<std::optional<std::uint64_t>>>(async::Call&, backend::Statement)>;
    void estimate_scans(Estimate estimate) { estimate_ = std::move(estimate); }

    /// The rows of a query that has ended, by its id, from any replica. Where it is set, cursors go on in the very
    /// result that they come from (query/cursor.hpp). Set once, before anybody asks.
    using Reread = std::function<async::Task<base::Result<std::unique_ptr<backend::ResultSet>>>(
        async::Call&, std::string query_id, backend::RowRange range)>;
    void reread_by(Reread reread);

    /// What names resolve in when a request names nothing.
    backend::Context default_context() const { return services_.backend.default_context(); }
    /// No new flights, those in the air are stopped; `join` blocks (never a worker) until all have ended.
    void stop(async::StopReason reason);
    bool join(std::chrono::milliseconds at_most);
    /// Does the guard let nothing through but reads?
    bool is_read_only() const { return guard_.allows_only_reads(); }
    const Settings& settings() const { return settings_; }
    /// How long an answer of SHOW or DESCRIBE is kept; 0: nothing is.
    std::chrono::seconds metadata_ttl() const {
        return services_.cache == nullptr ? std::chrono::seconds{0} : services_.cache->settings().metadata_ttl;
    }
    /// The configured account that it stands for.
    const std::string& connection() const { return services_.connection; }
    Admission::Figures figures() const { return admission_.figures(); }
    base::Probe probe();

private:
    struct Meters;
    struct Running;
    /// Rows, written; more of them may be left.
    struct Got {
        ResultWriter writer;
        Facts facts;
        bool more = false;
    };
    using Use = backend::Pool::Use;

    base::Result<Plan> plan(async::Call& call, Request request);
    bool keeps(const Plan& plan) const;
    base::Result<Plan> judged(async::Call& call, Plan plan, base::Result<Judgement> verdict);
    void consider_sharing(Plan& plan, const Judgement& judgement);
    std::optional<base::Error> meter_now(async::Call& call, Plan& plan);
    std::optional<Answer> cached(async::Call& call, const Plan& plan);
    async::Task<base::Result<Answer>> run_within(async::Call& call, Plan plan);
    async::Task<base::Result<Answer>> run_judged(async::Call& call, Plan plan);
    async::Task<base::Result<Landed>> find_or_render(async::Call& call, std::shared_ptr<const Plan> plan);
    async::Task<base::Result<Plan>> judge_elsewhere(async::Call& call, Plan plan);
    async::Task<base::Result<std::unique_ptr<Running>>> open(async::Call& call, const Plan& plan);
    async::Task<base::Result<std::unique_ptr<Running>>> take_turn(async::Call& call, const Plan& plan);
    async::Task<base::Result<void>> run_alone(async::Call& call, const Plan& plan, Running& running);
    std::optional<Batches::Read> batched_read(const Plan& plan) const;
    async::Task<base::Result<void>> arrive(async::Call& call, const Plan& plan, Running& running, Arrival arrival);
    void open_batches();
    void fit_to_pool();
    async::Task<base::Result<void>> check_scan(async::Call& call, const Plan& plan);
    async::Task<base::Result<void>> execute(async::Call& call, const Plan& plan, Running& running, Use use);
    async::Task<base::Result<void>> reread(async::Call& call, const Plan& plan, Running& running);
    async::Task<base::Result<Rendered>> render(async::Call& call, const Plan& plan);
    async::Task<base::Result<Got>> read(async::Call& call, const Plan& plan, backend::ResultSet& result,
                                        Selection& selection);
    async::Task<base::Result<Answer>> show_rows(async::Call& call, const Plan& plan, backend::ResultSet& result);
    backend::RowRange range_of(const Plan& plan) const;
    bool goes_on_by_id(const Request& request, const std::string& query_id) const;
    base::Result<Plan> sized(async::Call& call, Request request);
    backend::Statement statement_of(const async::Call& call, const Plan& plan) const;
    async::Task<base::Result<Rows>> collect(async::Call& call, Plan plan, Rows::Limits limits);
    Rendered rendered(const Plan& plan, Got got);
    Answer closed(async::Call& call, const Request& request, const Rendered& rendered);
    void count(const base::Error* error, std::chrono::nanoseconds elapsed);

    Services services_;
    GuardStage guard_;
    Settings settings_;
    Admission admission_;
    std::unique_ptr<Meters> meters_;
    Estimate estimate_;
    Reread reread_;
    std::string cursor_connection_;     // cursors are bound to it
    std::unique_ptr<Batches> batches_;  // null: each statement goes alone
    Flights flights_;                   // last: they use the above
};

}  // namespace query
