// Statements that are submitted rather than run on a session (tools/snowflake): their answers are shared and kept as
// those of other statements are.
#include <utility>

#include "query/pipeline.hpp"
#include "query/pipeline_running.hpp"
#include "query/selection.hpp"

namespace query {

bool Pipeline::keeps(const Plan& plan) const {
    return services_.cache != nullptr && plan.key && plan.ttl > std::chrono::seconds{0};
}

async::Task<Pipeline::Kept> Pipeline::find_kept(async::Call& call, std::shared_ptr<const Plan> plan) {
    Kept kept;
    if (!keeps(*plan) || !services_.cache->has_shared() || plan->request.fresh) co_return kept;
    auto looked = co_await services_.cache->find_shared(call, *plan->key);
    kept.leads = looked.leads;
    if (auto& hit = looked.hit) {
        kept.landed = Landed{std::move(hit->rendered), {.status = CacheUse::Status::hit, .age = hit->age}};
    }
    co_return kept;
}

void Pipeline::gave_up(const Plan& plan) {
    if (keeps(plan)) services_.cache->gave_up(*plan.key);
}

async::Task<base::Result<Landed>> Pipeline::land(async::Call& call, std::shared_ptr<const Plan> plan,
                                                 std::unique_ptr<backend::ResultSet> result) {
    const auto started = call.worker().now();
    auto memory = services_.memory.take(first_lease(settings_));
    if (!memory) co_return base::fail(std::move(memory.error()).at(base::Stage::render));
    auto selection = Selection::of(plan->request, result->columns());
    if (!selection) co_return base::fail(std::move(selection.error()));
    auto got = co_await read(call, *plan, *result, *selection);
    if (!got) co_return base::fail(std::move(got.error()));
    got->facts.elapsed_ms = milliseconds(call.worker().now() - started);
    Landed landed{rendered(*plan, std::move(*got))};
    if (keeps(*plan)) {
        services_.cache->keep(*plan->key, landed.rendered, call.worker().now(), plan->ttl);
        landed.cache.status = plan->request.fresh ? CacheUse::Status::bypass : CacheUse::Status::miss;
    }
    co_return landed;
}

Answer Pipeline::answer(async::Call& call, const Plan& plan, const Landed& landed) {
    auto answer = closed(call, plan.request, landed.rendered);
    answer.cache = landed.cache;
    return answer;
}

}  // namespace query
