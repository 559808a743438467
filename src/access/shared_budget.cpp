#include "access/shared_budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/principal.hpp"

namespace access_control {

namespace {

using net::redis::Element;

/// The generic cell rate algorithm (as TokenBucket): a bucket is when it will be full again, in microseconds since 14
/// Nov 2023, where a double still has fractions. ARGV: interval, burst, wanted tokens of each key. Answers the number
/// of the empty bucket and its wait, or 0, 0 and what each gave.
constexpr std::string_view take_script = R"(
local t = redis.call('TIME')
local now = (tonumber(t[1]) - 1700000000) * 1000000 + tonumber(t[2])
local got = {0, 0}
local to = {}
for i = 1, #KEYS do
  local interval, burst, want = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local latest = now + interval * burst
  local at = tonumber(redis.call('GET', KEYS[i]) or now) or now
  at = math.min(math.max(at, now), latest)
  local room = math.floor((latest - at) / interval + 0.001)
  if room < 1 then return {i, math.max(1, math.ceil(at + interval - latest)), 0, 0} end
  got[i] = math.min(room, want)
  to[i] = at + got[i] * interval
end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.3f', to[i]), 'PX', math.ceil((to[i] - now) / 1000) + 1000)
end
return {0, 0, got[1], got[2]}
)";

/// ARGV: what was used of each kind; the quotas, where one statement more is asked for. Kept for two days.
constexpr std::string_view count_script = R"(
local names = {'queries', 'bytes', 'ms'}
local total = {}
for i = 1, 3 do
  total[i] = redis.call('HINCRBY', KEYS[1], names[i], ARGV[i])
end
redis.call('EXPIRE', KEYS[1], 172800)
if #ARGV > 3 then
  for i = 1, 3 do
    local quota = tonumber(ARGV[3 + i])
    if quota > 0 and total[i] >= quota then return {i, total[1], total[2], total[3]} end
  end
  total[1] = redis.call('HINCRBY', KEYS[1], names[1], 1)
end
return {0, total[1], total[2], total[3]}
)";

constexpr std::chrono::seconds task_patience{10};

std::optional<std::int64_t> number(const Element& element) {
    std::int64_t value = 0;
    const auto* end = element.text.data() + element.text.size();
    const auto [stopped, error] = std::from_chars(element.text.data(), end, value);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

std::uint64_t amount(std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)); }

}  // namespace

bool ProbeClock::may_ask(base::TimePoint now) {
    const base::MutexLock lock{mutex_};
    if (!failing_) return true;
    if (now < next_) return false;
    next_ = now + probe_patience;
    probing_ = true;
    return true;
}

void ProbeClock::note(bool answered, base::TimePoint now) {
    const base::MutexLock lock{mutex_};
    if (answered) {
        failing_ = probing_ = false;
        pause_ = first_pause;
        return;
    }
    // Whoever was on the way already when the first one failed says nothing new.
    if (failing_ && !probing_) return;
    failing_ = true;
    probing_ = false;
    next_ = now + pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
}

bool ProbeClock::is_open() const {
    const base::MutexLock lock{mutex_};
    return failing_;
}

SharedBudget::SharedBudget(async::Workers& workers, net::redis::Settings redis, std::string_view key_prefix)
    : tag_{fmt::format("{{{}:limits}}", key_prefix)}, clients_{workers, std::move(redis)} {}

SharedBudget::~SharedBudget() = default;

std::string SharedBudget::name_of(std::string_view kind, std::string_view id) const {
    if (id.empty()) return fmt::format("{}:{}", tag_, kind);
    const auto digest = base::sha256(id);
    return fmt::format("{}:{}:{}", tag_, kind, base::hex({reinterpret_cast<const char*>(digest.data()), 16}));
}

/// The answer as whole numbers. Absent: none, or another than was to be expected.
async::Task<std::optional<std::vector<std::int64_t>>> SharedBudget::run(async::Call& call, std::string key,
                                                                        net::redis::Line::Command command,
                                                                        std::size_t numbers) {
    const bool was_open = clock_.is_open();
    std::vector<std::int64_t> values;
    std::string problem = "an answer that is none";
    if (!clients_.stopping()) {
        auto reply = co_await clients_.on(call.worker()).run(call, std::move(key), std::move(command));
        if (!reply) {
            problem = reply.error().message();
        } else if (!reply->empty() && reply->front().type == Element::Type::error) {
            problem = reply->front().text;
        } else {
            for (const auto& element : *reply) {
                if (const auto value = element.depth == 1 ? number(element) : std::nullopt) values.push_back(*value);
            }
        }
        // A caller that left says nothing of Redis.
        if (values.size() != numbers && call.stopped()) co_return std::nullopt;
    }
    const bool good = values.size() == numbers;
    clock_.note(good, call.worker().now());
    if (good && was_open) base::log::info("limits are shared by Redis again");
    if (!good && !was_open) {
        base::log::warn("limits and quotas hold for each process by itself for now: {}", problem);
    }
    if (!good) co_return std::nullopt;
    co_return values;
}

async::Task<std::optional<TokenSlices::Given>> SharedBudget::take(async::Call& call,
                                                                  std::vector<TokenSlices::Part> parts) {
    net::redis::Line::Command command{"EVAL", std::string{take_script}, std::to_string(parts.size())};
    for (const auto& part : parts) {
        command.push_back(part.id.empty() ? name_of("rate-of-all", {}) : name_of("rate", part.id));
    }
    for (const auto& part : parts) {
        command.push_back(fmt::format("{:.6f}", 60e6 / std::max(1, part.rate.per_minute)));
        command.push_back(std::to_string(std::max(1, part.rate.burst)));
        command.push_back(std::to_string(std::max(1, part.want)));
    }
    auto key = command[3];
    const auto values = co_await run(call, std::move(key), std::move(command), 4);
    if (!values) co_return std::nullopt;
    TokenSlices::Given given;
    if ((*values)[0] > 0) {
        given.empty = static_cast<std::size_t>((*values)[0] - 1);
        given.wait = std::chrono::microseconds{(*values)[1]};
    }
    given.tokens = {static_cast<int>((*values)[2]), static_cast<int>((*values)[3])};
    co_return given;
}

async::Task<std::optional<SharedBudget::Counted>> SharedBudget::count(async::Call& call, std::string id,
                                                                      QuotaBook::Day day, Usage used,
                                                                      std::optional<Usage> quota) {
    auto key = name_of(fmt::format("day-{}", day), id);
    net::redis::Line::Command command{"EVAL",
                                      std::string{count_script},
                                      "1",
                                      key,
                                      std::to_string(used.queries),
                                      std::to_string(used.result_bytes),
                                      std::to_string(used.warehouse_ms)};
    if (quota) {
        for (const auto bound : {quota->queries, quota->result_bytes, quota->warehouse_ms}) {
            command.push_back(std::to_string(bound));
        }
    }
    const auto values = co_await run(call, std::move(key), std::move(command), 4);
    if (!values) co_return std::nullopt;
    constexpr QuotaBook::Part parts[] = {QuotaBook::Part::none, QuotaBook::Part::queries, QuotaBook::Part::result_bytes,
                                         QuotaBook::Part::warehouse};
    co_return Counted{.refused = parts[std::clamp<std::int64_t>((*values)[0], 0, 3)],
                      .total = {amount((*values)[1]), amount((*values)[2]), amount((*values)[3])}};
}

bool SharedBudget::spawn(async::Worker& worker, std::function<async::Task<void>(async::Call&)> task) {
    auto principal = std::make_shared<base::Principal>();
    principal->id = "server";
    return tasks_.spawn(worker,
                        {.request_id = "limits",
                         .principal = std::move(principal),
                         .deadline = worker.now() + task_patience,
                         .trace = {},
                         .progress = {}},
                        std::move(task));
}

void SharedBudget::stop() {
    tasks_.stop(async::StopReason::drain);
    clients_.stop();
}

bool SharedBudget::join(std::chrono::milliseconds at_most) {
    const bool ended = tasks_.join(at_most);
    return clients_.join(at_most) && ended;
}

}  // namespace access_control
