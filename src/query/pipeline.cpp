#include "query/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "query/cursor.hpp"
#include "query/note.hpp"
#include "query/pipeline_running.hpp"
#include "query/query_tag.hpp"
#include "query/render.hpp"
#include "query/selection.hpp"
#include "sql/normalize.hpp"

namespace query {

namespace {

/// A name for a statement that shows no literal.
std::string fingerprint(std::string_view text) {
    const auto hash = base::sha256(text);
    return base::hex({reinterpret_cast<const char*>(hash.data()), 8});
}

/// What else of a request decides how its answer looks.
std::string shape_of(const Request& request) {
    std::string shape;
    const auto add = [&](std::string_view part) { shape += fmt::format("{}:{}", part.size(), part); };
    for (const auto& pick : request.picks) {
        add(pick.source);
        add(pick.name);
        shape += pick.optional ? '?' : '!';
        if (pick.holds) shape += '=';
    }
    for (const auto& only : {request.only, request.except}) {
        shape += '|';
        if (!only) continue;
        add(only->source);
        add(only->value);
    }
    shape += fmt::format("|{}{}{}", request.add_limit_clause, request.count_all, request.pages);
    return shape;
}

std::size_t running_limit(const Settings& settings, const backend::Pool& pool) {
    const auto sessions = static_cast<std::size_t>(std::max(1, pool.figures().capacity));
    return std::min(settings.max_concurrent_requests, sessions);
}

/// A backend that stopped early, by our hint or our LIMIT, counts no further than that.
bool is_true_total(const Plan& plan, std::optional<std::uint64_t> total) {
    if (plan.request.count_all) return true;
    return total && !plan.request.add_limit_clause && *total > plan.offset + plan.limit + 1;
}

base::Error at_least_at(base::Error error, base::Stage stage) {
    return error.stage() == base::Stage::none ? std::move(error).at(stage) : std::move(error);
}

}  // namespace

struct Pipeline::Meters {
    base::Counter answered;
    base::Counter failed;
    base::Counter refused;
    base::Histogram duration;
};

Pipeline::Pipeline(Services services, GuardStage guard, Settings settings)
    : services_{std::move(services)},
      guard_{std::move(guard)},
      settings_{settings},
      admission_{
          {.limits = {.running = running_limit(settings, services_.pool), .waiting = settings.request_queue_size},
           .adaptive = settings.adaptive_concurrency,
           .batches = batch_limits(services_)}},
      cursor_connection_{services_.connection} {
    base::Metrics& metrics = services_.metrics;
    const char* help = "Statements by how they ended";
    const auto ended = [&](const char* status) {
        base::Labels labels = services_.labels;
        labels.emplace_back("status", status);
        return metrics.counter("mcp_queries_total", help, std::move(labels));
    };
    meters_ = std::make_unique<Meters>(Meters{
        .answered = ended("success"),
        .failed = ended("error"),
        .refused = ended("refused"),
        .duration =
            metrics.histogram("mcp_query_duration_seconds", "From the question to the whole answer", services_.labels),
    });
    open_batches();
    metrics.gauge_function("mcp_concurrent_requests", "Statements that run now", services_.labels,
                           [this] { return static_cast<double>(admission_.figures().running); });
    metrics.gauge_function("mcp_request_queue_length", "Statements that wait for their turn", services_.labels,
                           [this] { return static_cast<double>(admission_.figures().waiting); });
}

Pipeline::~Pipeline() = default;

base::Result<Plan> Pipeline::sized(async::Call& call, Request request) {
    Plan plan{.request = std::move(request), .text = {}};
    plan.limit = std::clamp<std::size_t>(plan.request.limit, 1, settings_.max_query_result_rows);
    plan.offset = plan.request.skip;
    plan.max_bytes = settings_.max_result_bytes;
    if (plan.request.max_bytes > 0) plan.max_bytes = std::min(plan.max_bytes, plan.request.max_bytes);
    if (!plan.request.cursor.empty()) {
        const CursorSubject subject{plan.request.text, plan.request.context, cursor_connection_};
        auto place =
            open_cursor(services_.sealer, call.principal(), subject, plan.request.cursor, services_.wall_now());
        if (!place) return base::fail(std::move(place.error()));
        plan.offset = place->offset;
        if (reread_) plan.query_id = std::move(place->query_id);
    }
    return plan;
}

base::Result<Plan> Pipeline::plan(async::Call& call, Request request) {
    auto made = sized(call, std::move(request));
    if (!made) return made;
    Plan& plan = *made;
    plan.text = plan.request.text;
    if (plan.request.add_limit_clause) plan.text += " LIMIT " + std::to_string(plan.offset + plan.limit + 1);
    if (services_.judges && plan.text.size() > LongJudgement::from_bytes) return made;
    auto verdict = guard_.judge(plan.text);
    return judged(call, std::move(plan), std::move(verdict));
}

/// A long text is judged on another thread, until the call's deadline; the copy that was judged is the one that runs.
async::Task<base::Result<Plan>> Pipeline::judge_elsewhere(async::Call& call, Plan plan) {
    const auto job = std::make_shared<LongJudgement>(guard_, std::move(plan.text));
    auto ran = co_await services_.judges->run(call, job);
    if (!ran) co_return base::fail(std::move(ran.error()));
    plan.text = job->take_text();
    co_return judged(call, std::move(plan), std::move(job->verdict()));
}

base::Result<Plan> Pipeline::judged(async::Call& call, Plan plan, base::Result<Judgement> verdict) {
    plan.is_judged = true;
    if (verdict) {
        plan.is_read = verdict->is_read;
        plan.is_metadata = verdict->is_metadata;
        if (verdict->is_cacheable) consider_sharing(plan, *verdict);
        return plan;
    }
    meters_->refused.add();
    if (services_.audit) {
        services_.audit->record(call.principal(), call.request_id(),
                                {.action = "refused",
                                 .target = plan.request.tool,
                                 .outcome = base::to_string(verdict.error().kind()),
                                 .detail = fingerprint(plan.text)});
    }
    return base::fail(at_least_at(std::move(verdict.error()), base::Stage::guard));
}

/// The answer does not change by itself: under which key, and for how long, may others have it?
void Pipeline::consider_sharing(Plan& plan, const Judgement& judgement) {
    if (services_.cache == nullptr && !services_.coalesce) return;
    // As sessions fill it up: a database without a schema brings its own one.
    const auto context = backend::completed(plan.request.context, services_.backend.default_context());
    const auto text = judgement.key_text.empty() ? sql::normalize(plan.text) : judgement.key_text;
    plan.key = cache::make_key({.text = text,
                                .bindings = {},
                                .connection = services_.connection,
                                .identity = {},
                                .context = context,
                                .parameters = services_.backend.answers_depend_on(),
                                .limit = plan.limit,
                                .max_bytes = plan.max_bytes,
                                .offset = plan.offset,
                                .format = plan.request.format,
                                .shape = shape_of(plan.request) + '|' + plan.query_id});
    if (services_.cache == nullptr) return;
    const auto& settings = services_.cache->settings();
    const bool brings_public = context.schema.empty() && !plan.request.context.database.empty();
    const std::string_view schema = brings_public ? std::string_view{"PUBLIC"} : std::string_view{context.schema};
    plan.ttl = judgement.is_metadata ? settings.metadata_ttl : cache::ttl_of(settings, context.database, schema);
}

/// Without waiting. Nothing: it is not kept, or the caller wants a fresh answer.
std::optional<Answer> Pipeline::cached(async::Call& call, const Plan& plan) {
    if (services_.cache == nullptr || !plan.key || plan.ttl == std::chrono::seconds{0}) return std::nullopt;
    if (plan.request.fresh) {
        services_.cache->passed_by();
        return std::nullopt;
    }
    const auto hit = services_.cache->find(*plan.key, call.worker().now());
    if (!hit) return std::nullopt;
    count(nullptr, std::chrono::nanoseconds{0});
    auto answer = closed(call, plan.request, hit->rendered);
    answer.cache = {.status = CacheUse::Status::hit, .age = hit->age};
    return answer;
}

Started Pipeline::start(async::Call& call, Request request) {
    auto made = plan(call, std::move(request));
    if (!made) return {.answer = base::fail(std::move(made.error())), .plan = {}};
    if (auto refused = meter_now(call, *made)) return {.answer = base::fail(std::move(*refused)), .plan = {}};
    if (made->is_metered) {
        if (auto answer = cached(call, *made)) return {.answer = std::move(*answer), .plan = {}};
    }
    return {.answer = {}, .plan = std::move(*made)};
}

/// Counts the statement where that takes no wait. An error: its caller may not have one more.
std::optional<base::Error> Pipeline::meter_now(async::Call& call, Plan& plan) {
    auto admitted = services_.meter ? services_.meter->admit_now(call) : base::Result<void>{};
    plan.is_metered = admitted.has_value();
    if (!admitted || *admitted) return std::nullopt;
    return std::move(admitted->error());
}

async::Task<base::Result<void>> Pipeline::meter(async::Call& call, Plan& plan) {
    if (plan.is_metered || services_.meter == nullptr) co_return base::Result<void>{};
    plan.is_metered = true;
    co_return co_await services_.meter->admit(call);
}

async::Task<base::Result<Answer>> Pipeline::run(async::Call& call, Request request) {
    auto started = start(call, std::move(request));
    if (started.answer) co_return std::move(*started.answer);
    co_return co_await run(call, std::move(*started.plan));
}

async::Task<base::Result<Answer>> Pipeline::run(async::Call& call, Plan plan) {
    if (plan.request.timeout <= std::chrono::seconds{0}) co_return co_await run_within(call, std::move(plan));
    async::Call narrowed{call, call.worker().now() + plan.request.timeout};
    co_return co_await run_within(narrowed, std::move(plan));
}

async::Task<base::Result<Answer>> Pipeline::run_within(async::Call& call, Plan plan) {
    if (!plan.is_metered) {
        auto metered = co_await meter(call, plan);
        if (!metered) co_return base::fail(std::move(metered.error()));
        if (auto answer = cached(call, plan)) co_return std::move(*answer);
    }
    if (!plan.is_judged) {
        auto judged = co_await judge_elsewhere(call, std::move(plan));
        if (!judged) co_return base::fail(std::move(judged.error()));
        plan = std::move(*judged);
        if (auto answer = cached(call, plan)) co_return std::move(*answer);
    }
    co_return co_await run_judged(call, std::move(plan));
}

async::Task<base::Result<Answer>> Pipeline::run_judged(async::Call& call, Plan given) {
    const auto started = call.worker().now();
    const bool flies = given.key && services_.coalesce && !given.request.fresh;
    if (flies) given.stage = std::make_shared<std::atomic<base::Stage>>(base::Stage::queue);
    const auto plan = std::make_shared<const Plan>(std::move(given));
    base::Result<Landed> landed;
    if (flies) {
        landed = co_await flights_.fly(
            call, plan->key->digest, [this, plan](async::Call& flight) { return find_or_render(flight, plan); },
            plan->stage);
    } else {
        landed = co_await find_or_render(call, plan);
    }
    count(landed ? nullptr : &landed.error(), call.worker().now() - started);
    if (!landed) co_return base::fail(std::move(landed.error()));
    auto answer = closed(call, plan->request, landed->rendered);
    answer.cache = landed->cache;
    co_return answer;
}

/// From the shared store, else from the backend; then it is kept.
async::Task<base::Result<Landed>> Pipeline::find_or_render(async::Call& call, std::shared_ptr<const Plan> plan) {
    auto* cache = services_.cache;
    const bool kept = cache != nullptr && plan->key && plan->ttl > std::chrono::seconds{0};
    bool leads = false;
    if (kept && cache->has_shared() && !plan->request.fresh) {
        auto looked = co_await cache->find_shared(call, *plan->key);
        if (auto& hit = looked.hit) {
            co_return Landed{std::move(hit->rendered), {.status = CacheUse::Status::hit, .age = hit->age}};
        }
        leads = looked.leads;
    }
    auto rendered = co_await render(call, *plan);
    // What was kept may not be true any more, also where the write's own end is not known.
    if (cache != nullptr && !kept && !plan->is_read) cache->clear();
    if (!rendered) {
        if (leads) cache->gave_up(*plan->key);
        co_return base::fail(std::move(rendered.error()));
    }
    Landed landed{std::move(*rendered), {}};
    if (kept) {
        cache->keep(*plan->key, landed.rendered, call.worker().now(), plan->ttl);
        landed.cache.status = plan->request.fresh ? CacheUse::Status::bypass : CacheUse::Status::miss;
    }
    co_return landed;
}

async::Task<base::Result<Rows>> Pipeline::rows(async::Call& call, Request request, Rows::Limits limits) {
    const auto started = call.worker().now();
    auto made = plan(call, std::move(request));
    if (made && !made->is_judged) made = co_await judge_elsewhere(call, std::move(*made));
    if (!made) co_return base::fail(std::move(made.error()));
    made->limit = limits.rows;
    auto collected = co_await collect(call, std::move(*made), limits);
    count(collected ? nullptr : &collected.error(), call.worker().now() - started);
    co_return collected;
}

async::Task<base::Result<std::unique_ptr<Pipeline::Running>>> Pipeline::open(async::Call& call, const Plan& plan) {
    auto turn = co_await take_turn(call, plan);
    if (!turn) co_return base::fail(std::move(turn.error()));
    auto running = std::move(*turn);
    if (running->result == nullptr) {
        auto runs = co_await run_alone(call, plan, *running);
        if (!runs) co_return base::fail(std::move(runs.error()));
    }
    auto selection = Selection::of(plan.request, running->result->columns());
    if (!selection) co_return base::fail(std::move(selection.error()));
    running->selection = std::move(*selection);
    co_return running;
}

void Pipeline::fit_to_pool() { admission_.limit_running(running_limit(settings_, services_.pool)); }

async::Task<base::Result<void>> Pipeline::run_alone(async::Call& call, const Plan& plan, Running& running) {
    auto memory = services_.memory.take(first_lease(settings_));
    if (!memory) co_return base::fail(at_least_at(std::move(memory.error()), base::Stage::render));
    running.memory = std::move(*memory);

    if (auto checked = co_await check_scan(call, plan); !checked) co_return base::fail(std::move(checked.error()));

    base::Result<void> executed;
    if (!plan.query_id.empty()) {
        executed = co_await reread(call, plan, running);
    } else {
        executed = co_await execute(call, plan, running, plan.is_read ? Use::shared_read : Use::exclusive);
    }
    if (!executed && running.session && backend::is_busy_error(executed.error())) {
        // The backend carries one statement a session after all. Nothing has run: once more, on one of its own.
        running.session.reset();
        fit_to_pool();
        executed = co_await execute(call, plan, running, Use::exclusive);
    }
    if (!executed) {
        const auto kind = executed.error().kind();
        if (kind == base::Kind::overloaded || kind == base::Kind::timeout) running.permit.was_overloaded();
        co_return base::fail(std::move(executed.error()));
    }
    co_return base::Result<void>{};
}

/// MAX_BYTES_SCANNED, before the statement runs. SHOW and DESCRIBE scan nothing.
async::Task<base::Result<void>> Pipeline::check_scan(async::Call& call, const Plan& plan) {
    if (settings_.max_bytes_scanned == 0 || !estimate_ || plan.is_metadata || !plan.is_read || !plan.query_id.empty())
        co_return base::Result<void>{};
    const auto bytes = co_await estimate_(call, statement_of(call, plan));
    if (!bytes) {
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::query));
        if (settings_.cost_guard_on_error == "run") co_return base::Result<void>{};
        co_return base::fail(base::Error{base::Kind::denied,
                                         "nobody could say how much this statement would scan (COST_GUARD_ON_ERROR is "
                                         "\"refuse\"): " +
                                             bytes.error().message()}
                                 .at(base::Stage::guard));
    }
    if (!*bytes || **bytes <= settings_.max_bytes_scanned) co_return base::Result<void>{};
    co_return base::fail(
        base::Error{base::Kind::denied,
                    fmt::format("the statement would scan {} bytes, above MAX_BYTES_SCANNED ({}): narrow it by a "
                                "condition on the columns the table is clustered by, or name fewer columns",
                                **bytes, settings_.max_bytes_scanned)}
            .at(base::Stage::guard));
}

backend::Statement Pipeline::statement_of(const async::Call& call, const Plan& plan) const {
    backend::Statement statement{.text = plan.text,
                                 .bindings = {},
                                 .context = plan.request.context,
                                 .tag = query_tag(call, plan.request.tool),
                                 .limit = {},
                                 .is_read = plan.is_read};
    if (!plan.request.count_all && !plan.request.only && !plan.request.except)
        statement.limit = plan.offset + plan.limit + 1;
    return statement;
}

/// Borrows a session and runs the statement on it.
async::Task<base::Result<void>> Pipeline::execute(async::Call& call, const Plan& plan, Running& running, Use use) {
    plan.waits_in(base::Stage::pool);
    auto session = co_await services_.pool.acquire(
        call, backend::Pool::Wanted{.context = plan.request.context, .identity = {}, .use = use});
    if (!session) co_return base::fail(at_least_at(std::move(session.error()), base::Stage::pool));
    running.session.emplace(std::move(*session));
    plan.waits_in(base::Stage::query);

    running.call.reset();
    running.call.emplace(call, call.worker().now() + settings_.query_timeout);
    const auto begun = call.worker().now();
    auto result = co_await (*running.session)->execute(*running.call, statement_of(call, plan));
    if (!plan.is_metadata) ran(call, call.worker().now() - begun);
    if (!result) co_return base::fail(at_least_at(std::move(result.error()), base::Stage::query));
    running.result = std::move(*result);
    co_return base::Result<void>{};
}

async::Task<base::Result<Rendered>> Pipeline::render(async::Call& call, const Plan& plan) {
    const auto started = call.worker().now();
    auto opened = co_await open(call, plan);
    if (!opened) co_return base::fail(std::move(opened.error()));
    Running& running = **opened;
    auto got = co_await read(*running.call, plan, *running.result, running.selection);
    opened->reset();  // the session goes home before the last bytes are written
    if (!got) co_return base::fail(std::move(got.error()));
    got->facts.elapsed_ms = milliseconds(call.worker().now() - started);
    co_return rendered(plan, std::move(*got));
}

/// The rows that are wanted, and what is to be said of them.
async::Task<base::Result<Pipeline::Got>> Pipeline::read(async::Call& call, const Plan& plan, backend::ResultSet& result,
                                                        Selection& selection) {
    auto writer = ResultWriter::make(selection.columns(), plan.request.format,
                                     {.rows = plan.limit, .bytes = plan.max_bytes}, &services_.memory);
    if (!writer) co_return base::fail(std::move(writer.error()));
    const auto passed = range_of(plan).skip;  // by the result itself
    auto read = co_await read_rows(call, result, selection, *writer,
                                   {.skip = plan.offset - passed, .count_all = plan.request.count_all});
    if (read && read->ended == Ended::at_the_end && read->total) *read->total += passed;
    if (!read) co_return base::fail(at_least_at(std::move(read.error()), base::Stage::result));
    if (const auto& short_of = writer->out_of_memory()) {
        co_return base::fail(at_least_at(base::Error{*short_of}, base::Stage::render));
    }
    Got got{.writer = std::move(*writer), .facts = {}, .more = read->ended == Ended::full};
    got.facts.row_count = got.writer.rows();
    got.facts.query_id = plan.query_id.empty() ? result.query_id() : plan.query_id;
    // Who has every row sees how many there are.
    if (got.more ? is_true_total(plan, read->total) : plan.offset > 0) got.facts.total_rows = read->total;
    co_return got;
}

async::Task<base::Result<backend::Statement>> Pipeline::statement(async::Call& call, Plan plan) {
    if (!plan.is_judged) {
        auto judged = co_await judge_elsewhere(call, std::move(plan));
        if (!judged) co_return base::fail(std::move(judged.error()));
        plan = std::move(*judged);
    }
    if (auto metered = co_await meter(call, plan); !metered) co_return base::fail(std::move(metered.error()));
    if (auto checked = co_await check_scan(call, plan); !checked) co_return base::fail(std::move(checked.error()));
    co_return statement_of(call, plan);
}

/// What any caller of the same plan may share.
Rendered Pipeline::rendered(const Plan& plan, Got got) {
    auto& [writer, facts, more] = got;
    facts.truncated = more || writer.cut_values() > 0;
    const bool goes_on = more && facts.row_count > 0 && plan.request.pages;
    NoteFacts about{.first = plan.offset,
                    .more = more,
                    .goes_on = goes_on,
                    .same_result = goes_on && goes_on_by_id(plan.request, facts.query_id),
                    .full_of_bytes = !writer.is_full_of_rows(),
                    .max_bytes = plan.max_bytes,
                    .cut_values = writer.cut_values(),
                    .lowered_limit = {},
                    .counted = plan.request.count_all};
    if (writer.is_full_of_rows() && plan.request.limit > plan.limit) about.lowered_limit = plan.limit;
    auto note = make_note(facts, about);
    const auto next = goes_on ? plan.offset + facts.row_count : 0;
    return writer.finish(std::move(facts), std::move(note), next);
}

async::Task<base::Result<Rows>> Pipeline::collect(async::Call& call, Plan plan, Rows::Limits limits) {
    auto opened = co_await open(call, plan);
    if (!opened) co_return base::fail(std::move(opened.error()));
    Running& running = **opened;
    Rows rows{running.selection.columns().size(), limits, services_.memory};
    auto read = co_await read_rows(*running.call, *running.result, running.selection, rows,
                                   {.skip = plan.offset, .count_all = false});
    if (!read) co_return base::fail(at_least_at(std::move(read.error()), base::Stage::result));
    if (rows.out_of_memory()) co_return base::fail(at_least_at(*rows.out_of_memory(), base::Stage::render));
    rows.set_complete(read->ended == Ended::at_the_end);
    co_return rows;
}

void Pipeline::count(const base::Error* error, std::chrono::nanoseconds elapsed) {
    (error ? meters_->failed : meters_->answered).add();
    meters_->duration.observe(std::chrono::duration<double>(elapsed).count());
}

base::Probe Pipeline::probe() {
    return {.name = "query",
            .status =
                [this](base::JsonWriter& json) {
                    const auto now = admission_.figures();
                    json.begin_object();
                    json.field("running", static_cast<std::uint64_t>(now.running));
                    json.field("waiting", static_cast<std::uint64_t>(now.waiting));
                    json.field("max_running", static_cast<std::uint64_t>(now.limits.running));
                    json.field("max_waiting", static_cast<std::uint64_t>(now.limits.waiting));
                    json.end_object();
                },
            .actions = {}};
}

}  // namespace query
