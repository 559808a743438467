// How the pipeline lets reads travel together: which may, and what comes of each.
#include <utility>

#include "base/log.hpp"
#include "query/batching/batch_text.hpp"
#include "query/pipeline.hpp"
#include "query/pipeline_running.hpp"

namespace query {

namespace {

constexpr std::size_t most_batched_rows = 1'000;  // who wants more asks for no small read

}  // namespace

std::optional<BatchCore::Limits> batch_limits(const Pipeline::Services& services) {
    const auto& batching = services.batching;
    if (!batching.enabled || batching.size < 2 || !services.backend.runs_several_in_one()) return std::nullopt;
    return BatchCore::Limits{.size = batching.size, .gather = batching.gather_time()};
}

/// Where they are switched on, and the backend can.
void Pipeline::open_batches() {
    if (services_.batching.enabled && !services_.backend.runs_several_in_one()) {
        base::log::warn("ENABLE_QUERY_BATCHING has no effect on \"{}\": this backend takes one statement a request",
                        services_.connection);
    }
    if (!batch_limits(services_)) return;
    batches_ = std::make_unique<Batches>(Batches::Parts{.admission = admission_,
                                                        .pool = services_.pool,
                                                        .query_timeout = settings_.query_timeout,
                                                        .metrics = services_.metrics,
                                                        .labels = services_.labels,
                                                        .on_busy = [this] { fit_to_pool(); }});
}

void Pipeline::stop(async::StopReason reason) {
    flights_.stop(reason);
    if (batches_) batches_->stop(reason);
}

bool Pipeline::join(std::chrono::milliseconds at_most) {
    const bool landed = flights_.join(at_most);
    return (batches_ == nullptr || batches_->join(at_most)) && landed;
}

/// The read that may be a part of a request of several; absent: it goes alone, as if nobody batched.
std::optional<Batches::Read> Pipeline::batched_read(const Plan& plan) const {
    if (batches_ == nullptr || !plan.is_read || plan.is_metadata || !plan.query_id.empty()) return std::nullopt;
    if (plan.limit > most_batched_rows) return std::nullopt;
    if (settings_.max_bytes_scanned > 0 && estimate_) return std::nullopt;  // its EXPLAIN takes a session of its own
    const auto part = batch_part(plan.text);
    if (!part) return std::nullopt;
    return Batches::Read{.part = std::string{*part},
                         .context = plan.request.context,
                         .full = backend::completed(plan.request.context, services_.backend.default_context()),
                         .identity = {},
                         .tool = std::string{plan.request.tool}};
}

/// Waits for its turn. Where it went with others and has its rows, they are in `result`, and it holds no permit.
async::Task<base::Result<std::unique_ptr<Pipeline::Running>>> Pipeline::take_turn(async::Call& call, const Plan& plan) {
    auto read = batched_read(plan);
    if (!read) {
        const auto urgency = plan.is_metadata ? Admission::Urgency::quick : Admission::Urgency::normal;
        auto permit = co_await admission_.enter(call, urgency);
        if (!permit) co_return base::fail(std::move(permit.error()));
        co_return std::make_unique<Running>(std::move(*permit));
    }
    auto turn = co_await batches_->take_turn(call, std::move(*read));
    if (!turn) co_return base::fail(std::move(turn.error()));
    if (turn->permit) co_return std::make_unique<Running>(std::move(*turn->permit));

    auto running = std::make_unique<Running>(Permit{});
    auto arrived = co_await arrive(call, plan, *running, std::move(*turn->arrival));
    if (!arrived) {
        batches_->count(call.stopped() ? Batches::Fate::left : Batches::Fate::failed);
        co_return base::fail(std::move(arrived.error()));
    }
    batches_->count(running->result ? Batches::Fate::answered : Batches::Fate::alone);
    if (running->result) co_return running;
    auto permit = co_await admission_.enter_again(call);
    if (!permit) co_return base::fail(std::move(permit.error()));
    co_return std::make_unique<Running>(std::move(*permit));
}

/// The rows of a read whose batch has ended, opened by its own caller. Without an error and without a result: it is to
/// run alone.
async::Task<base::Result<void>> Pipeline::arrive(async::Call& call, const Plan& plan, Running& running,
                                                 Arrival arrival) {
    if (arrival.error) co_return base::fail(std::move(*arrival.error));
    if (!arrival.read) co_return base::Result<void>{};
    ran(call, arrival.worked_time);
    auto memory = services_.memory.take(first_lease(settings_));
    if (!memory) co_return base::fail(std::move(memory.error()).at(base::Stage::render));
    running.memory = std::move(*memory);
    running.call.emplace(call, call.worker().now() + settings_.query_timeout);
    auto result = co_await arrival.read->open(*running.call, statement_of(call, plan).limit);
    if (result) {
        running.result = std::move(*result);
        co_return base::Result<void>{};
    }
    // Its own error, or the time is over. Else the rows cannot be had any more (its session has ended, say).
    auto error = std::move(result.error());
    if (error.stage() == base::Stage::none) error = std::move(error).at(base::Stage::query);
    if (error.kind() == base::Kind::sql || running.call->stopped()) co_return base::fail(std::move(error));
    co_return base::Result<void>{};
}

}  // namespace query
