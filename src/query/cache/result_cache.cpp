#include "query/cache/result_cache.hpp"

#include <algorithm>

#include "async/signal.hpp"
#include "query/cache/codec.hpp"

namespace query::cache {

namespace {

/// Beside a shared store, memory is the near one: small, so that most of the bound is the store's.
std::size_t memory_bytes(const Settings& settings) {
    const auto all = settings.max_size_mb << 20;
    return settings.type == "memory" ? all : std::max<std::size_t>(all / 8, std::size_t{1} << 20);
}

constexpr const char* hits_help = "Answers given from the cache, by where they were found";

}  // namespace

ResultCache::ResultCache(Settings settings, Parts parts)
    : settings_{std::move(settings)},
      sealer_{parts.sealer},
      wall_now_{std::move(parts.wall_now)},
      store_{memory_bytes(settings_)},
      shared_{std::move(parts.shared)},
      hits_{parts.metrics.counter("mcp_cache_hits_total", hits_help, {{"store", "memory"}})},
      shared_hits_{parts.metrics.counter("mcp_cache_hits_total", hits_help, {{"store", "shared"}})},
      misses_{parts.metrics.counter("mcp_cache_misses_total", "Cacheable statements that were not in the cache")},
      bypassed_{parts.metrics.counter("mcp_cache_bypassed_total", "Cacheable statements that were asked for afresh")} {
    if (shared_) {
        shared_->on_changed([this](std::optional<Digest> key) {
            if (key) {
                store_.erase(*key);
            } else {
                store_.clear();
            }
        });
    }
    auto& metrics = parts.metrics;
    const auto gauge = [&](std::string name, std::string help, auto figure) {
        metrics.gauge_function(std::move(name), std::move(help), {},
                               [this, figure] { return static_cast<double>(figure(store_.figures())); });
    };
    gauge("mcp_cache_entries", "Answers in the cache", [](const auto& f) { return f.entries; });
    gauge("mcp_cache_size_bytes", "Memory of the cache, everything counted", [](const auto& f) { return f.bytes; });
    gauge("mcp_cache_max_size_bytes", "Bound of the cache (CACHE_MAX_SIZE_MB)",
          [](const auto& f) { return f.capacity; });
    metrics.counter_function("mcp_cache_evictions_total", "Answers that had to make room", {},
                             [this] { return static_cast<double>(store_.figures().evicted); });
    metrics.counter_function("mcp_cache_expirations_total", "Answers found past their time", {},
                             [this] { return static_cast<double>(store_.figures().expired); });
}

std::optional<ResultCache::Hit> ResultCache::find(const Key& key, base::TimePoint now) {
    auto entry = store_.find(key.digest, now);
    if (!entry) {
        if (!shared_) misses_.add();
        return std::nullopt;
    }
    hits_.add();
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(wall_now_() - entry->stored);
    return Hit{std::move(entry->rendered), std::max(age, std::chrono::milliseconds{0})};
}

ResultCache::~ResultCache() = default;

namespace {

base::Result<void> cleared(bool whole) {
    if (whole) return {};
    return base::fail(base::Error{base::Kind::unavailable,
                                  "memory is empty, but the shared store did not answer: what it keeps may come back"}
                          .at(base::Stage::cache));
}

constexpr std::chrono::seconds longest_lead{10};
constexpr std::chrono::milliseconds look_every{25};

async::Task<void> pause(async::Call& call, std::chrono::milliseconds time) {
    async::Call nap{call, call.worker().now() + time};
    async::Signal never;
    co_await never.wait(nap);
}

}  // namespace

/// Where the wall clock has fallen behind the steady one, it was set back: what was put before carries times that will
/// come once more. Nothing of those times is believed any more; what is put from now on is, once the clock has passed
/// them.
base::WallTime ResultCache::look_at_clock(base::TimePoint now) {
    const auto lead =
        wall_now_().time_since_epoch() - std::chrono::duration_cast<base::WallTime::duration>(now.time_since_epoch());
    const base::MutexLock lock{clock_mutex_};
    if (most_ahead_ && lead + most_apart < *most_ahead_) {
        const auto as_it_was =
            base::WallTime{*most_ahead_ + std::chrono::duration_cast<base::WallTime::duration>(now.time_since_epoch())};
        trusted_from_ = std::max(trusted_from_, as_it_was);
        most_ahead_ = lead;
    }
    most_ahead_ = std::max(most_ahead_.value_or(lead), lead);
    return trusted_from_;
}

std::optional<Decoded> ResultCache::good(const std::optional<std::string>& bytes, const Key& key,
                                         base::TimePoint steady_now) {
    const auto trusted_from = look_at_clock(steady_now);
    auto decoded = bytes ? decode(*bytes, key, sealer_) : std::nullopt;
    const auto now = wall_now_();
    if (!decoded || decoded->until <= now || decoded->entry.stored > now + most_apart) return std::nullopt;
    if (decoded->entry.stored < trusted_from) return std::nullopt;
    return decoded;
}

async::Task<ResultCache::Looked> ResultCache::find_shared(async::Call& call, Key key) {
    auto decoded = good(co_await shared_->get(call, key), key, call.worker().now());
    bool leads = !decoded && co_await shared_->lead(call, key, longest_lead);
    // Where another server asks the warehouse already, its answer will be here soon.
    const auto until = call.worker().now() + longest_lead;
    while (!decoded && !leads && !call.stopped() && call.worker().now() < until) {
        co_await pause(call, look_every);
        decoded = good(co_await shared_->get(call, key), key, call.worker().now());
        leads = !decoded && co_await shared_->lead(call, key, longest_lead);
    }
    if (!decoded) {
        misses_.add();
        co_return Looked{.hit = {}, .leads = leads};
    }
    const auto now = wall_now_();
    shared_hits_.add();
    store_.insert(key.digest, decoded->entry, call.worker().now(), decoded->until - now);
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - decoded->entry.stored);
    co_return Looked{.hit = Hit{std::move(decoded->entry.rendered), std::max(age, std::chrono::milliseconds{0})}};
}

void ResultCache::keep(const Key& key, const Rendered& rendered, base::TimePoint now, std::chrono::seconds ttl) {
    if (ttl <= std::chrono::seconds{0}) return;
    const Entry entry{rendered, wall_now_()};
    if (shared_) {
        look_at_clock(now);
        if (rendered.bytes() <= largest_shared) {
            shared_->put(key, encode(entry, entry.stored + ttl, key, sealer_), ttl);
        } else {
            shared_->yield(key);
        }
    }
    store_.insert(key.digest, entry, now, ttl);
}

std::size_t ResultCache::clear() {
    if (shared_) shared_->clear({});
    return store_.clear();
}

void ResultCache::clear(SharedStore::Cleared done) {
    store_.clear();
    if (!shared_) return done(true);
    shared_->clear([this, done = std::move(done)](bool whole) {
        store_.clear();  // what was looked up meanwhile
        done(whole);
    });
}

void ResultCache::stop() {
    if (shared_) shared_->stop();
}

bool ResultCache::join(std::chrono::milliseconds at_most) { return !shared_ || shared_->join(at_most); }

base::Probe ResultCache::probe() {
    return {.name = "cache",
            .status =
                [this](base::JsonWriter& json) {
                    const auto now = store_.figures();
                    json.begin_object()
                        .field("type", settings_.type)
                        .field("entries", std::uint64_t{now.entries})
                        .field("bytes", std::uint64_t{now.bytes})
                        .field("max_bytes", std::uint64_t{now.capacity})
                        .field("hits", hits_.value())
                        .field("shared_hits", shared_hits_.value())
                        .field("misses", misses_.value())
                        .field("bypassed", bypassed_.value())
                        .field("evicted", now.evicted)
                        .field("expired", now.expired);
                    if (shared_) {
                        json.key("shared");
                        shared_->write_status(json);
                    }
                    json.end_object();
                },
            .actions = {{.name = "clear",
                         .run = [this]() -> base::Result<void> {
                             clear();
                             return {};
                         },
                         .begin =
                             [this](base::Probe::Done done) {
                                 clear([done = std::move(done)](bool whole) { done(cleared(whole)); });
                             }}}};
}

}  // namespace query::cache
