#include "access/quotas.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "access/limits.hpp"
#include "access/shared_budget.hpp"
#include "async/signal.hpp"

namespace access_control {

namespace {

/// How long what was used may gather before the others are told.
constexpr std::chrono::milliseconds gather{100};
constexpr std::size_t shown = 20;

bool is_bound(const Usage& quota) { return quota != Usage{}; }

/// "in 5 h 13 min"
std::string in_words(std::chrono::seconds wait) {
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(wait).count();
    if (minutes < 60) return fmt::format("in {} min", minutes);
    return fmt::format("in {} h {} min", minutes / 60, minutes % 60);
}

void write_usage(base::JsonWriter& json, const Usage& usage) {
    json.field("queries", usage.queries)
        .field("result_bytes", usage.result_bytes)
        .field("warehouse_seconds", static_cast<double>(usage.warehouse_ms) / 1000);
}

}  // namespace

Quotas::Quotas(const Settings& settings, base::Metrics& metrics, SharedBudget* shared,
               std::function<base::WallTime()> wall_now)
    : quota_{.queries = settings.queries_per_day,
             .result_bytes = settings.result_bytes_per_day,
             .warehouse_ms = std::uint64_t{settings.warehouse_seconds_per_day} * 1000},
      shared_{shared},
      wall_now_{std::move(wall_now)},
      refused_queries_{refusals(metrics, "queries")},
      refused_bytes_{refusals(metrics, "result_bytes")},
      refused_warehouse_{refusals(metrics, "warehouse_seconds")} {}

Usage Quotas::quota_of(const base::Principal& who) const {
    const auto& own = who.limits;
    return {
        .queries = own.queries_per_day.value_or(quota_.queries),
        .result_bytes = own.result_bytes_per_day.value_or(quota_.result_bytes),
        .warehouse_ms = own.warehouse_seconds_per_day ? *own.warehouse_seconds_per_day * 1000 : quota_.warehouse_ms};
}

base::Error Quotas::refusal(QuotaBook::Part part, const Usage& used, const Usage& quota) {
    std::string what;
    std::string_view about;
    switch (part) {
        case QuotaBook::Part::result_bytes:
            refused_bytes_.add();
            about = "result_bytes";
            what = fmt::format(
                "{} bytes of answers a day is used up ({} so far; QUOTA_RESULT_BYTES_PER_DAY or the API "
                "key's own)",
                quota.result_bytes, used.result_bytes);
            break;
        case QuotaBook::Part::warehouse:
            refused_warehouse_.add();
            about = "warehouse_seconds";
            what = fmt::format(
                "{} warehouse seconds a day is used up ({:.1f} so far; QUOTA_WAREHOUSE_SECONDS_PER_DAY or "
                "the API key's own)",
                quota.warehouse_ms / 1000, static_cast<double>(used.warehouse_ms) / 1000);
            break;
        default:
            refused_queries_.add();
            about = "queries";
            what = fmt::format("{} queries a day is used up ({} so far; QUOTA_QUERIES_PER_DAY or the API key's own)",
                               quota.queries, used.queries);
    }
    const auto now = wall_now_();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(QuotaBook::end_of(QuotaBook::day_of(now)) - now);
    return base::Error{base::Kind::overloaded, fmt::format("the quota of {}: it begins anew at 00:00 UTC, {}", what,
                                                           in_words(std::chrono::ceil<std::chrono::seconds>(left)))}
        .at(base::Stage::access)
        .about(std::string{about})
        .retry_after(std::max(left, std::chrono::milliseconds{1}));
}

base::Result<void> Quotas::judged(const QuotaBook::Verdict& verdict, const Usage& quota) {
    if (verdict.kind == QuotaBook::Verdict::Kind::allowed) return {};
    return base::fail(refusal(verdict.part, verdict.used, quota));
}

std::optional<base::Result<void>> Quotas::admit_now(async::Call& call) {
    const Usage quota = quota_of(call.principal());
    if (!is_bound(quota)) return base::Result<void>{};
    const auto now = call.worker().now();
    const auto& id = call.principal().id;
    const auto day = today();
    if (shared_ == nullptr) return judged(book_.take(id, quota, day, now, QuotaBook::Sharing::none), quota);
    const auto verdict = book_.take(id, quota, day, now, QuotaBook::Sharing::shared);
    if (verdict.kind != QuotaBook::Verdict::Kind::ask) {
        send_soon(call, day);
        return judged(verdict, quota);
    }
    if (shared_->may_ask(now)) return std::nullopt;
    auto alone = judged(book_.take(id, quota, day, now, QuotaBook::Sharing::none), quota);
    send_soon(call, day);
    return alone;
}

async::Task<base::Result<void>> Quotas::admit(async::Call& call) {
    const Usage quota = quota_of(call.principal());
    if (shared_ == nullptr || !is_bound(quota)) co_return *admit_now(call);
    const std::string id = call.principal().id;
    const auto day = today();
    const Usage ours = book_.unsent(id, day);
    const auto counted = co_await shared_->count(call, id, day, ours, quota);
    const auto now = call.worker().now();
    if (counted) {
        book_.sent(id, day, ours, counted->total, now);
        if (counted->refused == QuotaBook::Part::none) co_return base::Result<void>{};
        co_return base::fail(refusal(counted->refused, counted->total, quota));
    }
    // Maybe it was counted there after all; counting twice is the safe side.
    book_.not_sent(id, day, ours);
    send_soon(call, day);
    if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::access));
    co_return judged(book_.take(id, quota, day, now, QuotaBook::Sharing::none), quota);
}

void Quotas::charge(async::Call& call, std::uint64_t result_bytes, std::chrono::milliseconds warehouse) {
    if (!is_bound(quota_of(call.principal()))) return;
    const auto day = today();
    book_.add(call.principal().id, day,
              {.result_bytes = result_bytes,
               .warehouse_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, warehouse.count()))});
    send_soon(call, day);
}

void Quotas::send_soon(async::Call& call, QuotaBook::Day day) {
    if (shared_ == nullptr) return;
    const std::string& id = call.principal().id;
    if (!book_.begin_sending(id, day)) return;
    const bool spawned =
        shared_->spawn(call.worker(), [this, id, day](async::Call& own) { return send(own, id, day); });
    if (!spawned) book_.go_on_sending(id, day, QuotaBook::After::now);
}

/// What gathered is sent; again, as long as there is more. Where Redis does not answer it stays for the next time.
async::Task<void> Quotas::send(async::Call& call, std::string id, QuotaBook::Day day) {
    do {
        async::Call nap{call, call.worker().now() + gather};
        async::Signal never;
        co_await never.wait(nap);
        const Usage ours = book_.unsent(id, day);
        const auto counted =
            shared_->may_ask(call.worker().now()) ? co_await shared_->count(call, id, day, ours, {}) : std::nullopt;
        if (counted) {
            book_.sent(id, day, ours, counted->total, call.worker().now());
        } else {
            book_.not_sent(id, day, ours);
        }
    } while (book_.go_on_sending(id, day, call.stopped() ? QuotaBook::After::now : QuotaBook::After::all));
}

Usage Quotas::used(const base::Principal& who) const { return book_.used(who.id, today()); }

base::Probe Quotas::probe() {
    return {.name = "quotas",
            .status =
                [this](base::JsonWriter& json) {
                    const auto rows = book_.busiest(today(), shown);
                    json.begin_object().field("shared", shared_ != nullptr);
                    if (shared_ != nullptr) json.field("redis_answers", shared_->answers());
                    json.key("per_day").begin_object();
                    write_usage(json, quota_);
                    json.end_object().key("used_today").begin_array();
                    for (const auto& row : rows) {
                        json.begin_object().field("principal", std::string_view{row.id});
                        write_usage(json, row.used);
                        json.end_object();
                    }
                    json.end_array().end_object();
                },
            .actions = {}};
}

}  // namespace access_control
