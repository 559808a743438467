#include "query/cache/redis_store.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/principal.hpp"
#include "net/redis/pattern.hpp"

namespace query::cache {
namespace {

using net::redis::Element;
using net::redis::Line;
using net::redis::Reply;

constexpr std::chrono::seconds change_patience{5};
constexpr std::chrono::seconds clear_patience{60};

async::Call::Parts parts_of_our_own(async::Worker& worker, std::chrono::seconds patience) {
    auto principal = std::make_shared<base::Principal>();
    principal->id = "server";
    return {.request_id = "cache",
            .principal = std::move(principal),
            .deadline = worker.now() + patience,
            .trace = {},
            .progress = {}};
}

int nibble(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

std::optional<Digest> digest_of(std::string_view hex) {
    Digest digest;
    if (hex.size() != 2 * digest.bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const int high = nibble(hex[2 * i]);
        const int low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return digest;
}

/// Takes away all that begins with the prefix, a page at a time so that nobody waits for Redis meanwhile; each key by
/// itself, since in a cluster the keys of one command must lie in one slot. False: it stopped early.
async::Task<bool> clear_line(async::Call& call, Line& line, std::string prefix) {
    const auto pattern = net::redis::escape_pattern(prefix) + ":*";
    std::string cursor = "0";
    bool whole = true;
    do {
        auto page = co_await line.run(call, {{"SCAN", cursor, "MATCH", pattern, "COUNT", "500"}});
        if (!page || page->empty() || page->front().size() < 3) co_return false;
        const auto& reply = page->front();
        cursor = reply[1].text;
        std::vector<Line::Command> each;
        for (std::size_t i = 3; i < reply.size(); ++i) each.push_back({"UNLINK", reply[i].text});
        if (each.empty()) continue;
        const auto gone = co_await line.run(call, std::move(each));
        whole = whole && gone && std::ranges::all_of(*gone, [](const Reply& answer) {
                    return !answer.empty() && answer.front().type != Element::Type::error;
                });
    } while (cursor != "0");
    co_return whole;
}

async::Task<void> run_clear(async::Call& call, net::redis::RedisClient* client, std::string prefix,
                            SharedStore::Cleared done) {
    const bool whole = co_await client->run_everywhere(
        call, [prefix = std::move(prefix)](async::Call& own, Line& line) { return clear_line(own, line, prefix); });
    if (done) done(whole);
}

async::Task<void> run_change(async::Call& call, net::redis::RedisClient* client, std::string key, Line::Command command,
                             std::atomic<std::size_t>* waiting, std::atomic<std::uint64_t>* failures) {
    const auto reply = co_await client->run(call, std::move(key), std::move(command));
    if (!reply || (!reply->empty() && reply->front().type == Element::Type::error)) ++*failures;
    --*waiting;
}

}  // namespace

RedisStore::RedisStore(async::Workers& workers, net::redis::Settings settings, std::string key_prefix)
    : workers_{workers},
      prefix_{std::move(key_prefix)},
      clients_{workers, std::move(settings), [this](const async::Worker& worker) { return listeners_of(worker); }} {}

RedisStore::~RedisStore() = default;

/// Only the first worker's listens.
Line::Told RedisStore::listeners_of(const async::Worker& worker) {
    if (worker.index() != 0) return {};
    return {.on_push = [this](const Reply& push) { told(push); }, .on_up = [this] { track(clients_.on(workers_[0])); }};
}

std::string RedisStore::name_of(const Digest& digest) const {
    return prefix_ + ":" + base::hex({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}
std::string RedisStore::lock_of(const Digest& digest) const { return name_of(digest) + ":lock"; }

/// After each time a connection stands: what was missed while it did not is not known.
void RedisStore::track(net::redis::RedisClient& client) {
    if (changed_) changed_(std::nullopt);
    client.send_everywhere({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", prefix_ + ":", "NOLOOP"});
}

/// `invalidate` and the keys, or null for all of them.
void RedisStore::told(const Reply& push) {
    if (!changed_ || push.size() < 3 || push[1].text != "invalidate") return;
    if (push[2].type == Element::Type::null) {
        changed_(std::nullopt);
        return;
    }
    for (std::size_t i = 3; i < push.size(); ++i) {
        const std::string_view name = push[i].text;
        if (!name.starts_with(prefix_ + ":")) continue;
        if (const auto digest = digest_of(name.substr(prefix_.size() + 1))) changed_(*digest);
    }
}

async::Task<std::optional<std::string>> RedisStore::get(async::Call& call, const Key& key) {
    if (stopping_) co_return std::nullopt;
    const auto name = name_of(key.digest);
    auto reply = co_await clients_.on(call.worker()).run(call, name, {"GET", name});
    if (!reply || reply->empty()) {
        ++failures_;
        co_return std::nullopt;
    }
    if (reply->front().type != Element::Type::text) co_return std::nullopt;
    co_return std::move(reply->front().text);
}

async::Task<bool> RedisStore::lead(async::Call& call, const Key& key, std::chrono::milliseconds at_most) {
    if (stopping_) co_return true;
    const auto name = lock_of(key.digest);
    auto reply = co_await clients_.on(call.worker())
                     .run(call, name, {"SET", name, "1", "NX", "PX", std::to_string(at_most.count())});
    // Only a plain "somebody else has it" makes us wait.
    co_return !reply || reply->empty() || reply->front().type != Element::Type::null;
}

void RedisStore::change(std::string key, net::redis::Line::Command command) {
    if (stopping_ || waiting_ >= most_waiting) {
        ++dropped_;
        return;
    }
    ++waiting_;
    workers_[0].post([this, key = std::move(key), command = std::move(command)] {
        auto& worker = workers_[0];
        auto* by = &clients_.on(worker);
        const bool spawned = tasks_.spawn(worker, parts_of_our_own(worker, change_patience),
                                          [this, by, key, command](async::Call& call) {
                                              return run_change(call, by, key, command, &waiting_, &failures_);
                                          });
        if (!spawned) --waiting_;
    });
}

void RedisStore::put(const Key& key, std::string bytes, std::chrono::milliseconds ttl) {
    const auto name = name_of(key.digest);
    change(name, {"SET", name, std::move(bytes), "PX", std::to_string(std::max<std::int64_t>(1, ttl.count()))});
    yield(key);
}

void RedisStore::yield(const Key& key) {
    const auto name = lock_of(key.digest);
    change(name, {"DEL", name});
}

void RedisStore::clear(Cleared done) {
    if (stopping_) {
        if (done) done(false);
        return;
    }
    workers_[0].post([this, done = std::move(done)] {
        auto& worker = workers_[0];
        auto* by = &clients_.on(worker);
        const bool spawned =
            tasks_.spawn(worker, parts_of_our_own(worker, clear_patience),
                         [this, by, done](async::Call& call) { return run_clear(call, by, prefix_, done); });
        if (!spawned && done) done(false);
    });
}

void RedisStore::write_status(base::JsonWriter& json) const {
    json.begin_object()
        .field("kind", "redis")
        .field("host", std::string_view{clients_.settings().host})
        .field("waiting", std::uint64_t{waiting_.load()})
        .field("dropped", dropped_.load())
        .field("failures", failures_.load())
        .end_object();
}

void RedisStore::stop() {
    if (stopping_.exchange(true)) return;
    tasks_.stop(async::StopReason::drain);
    clients_.stop();
}

bool RedisStore::join(std::chrono::milliseconds at_most) {
    const auto until = base::Clock::now() + at_most;
    const bool ended = tasks_.join(at_most);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - base::Clock::now());
    return clients_.join(std::max(left, std::chrono::milliseconds{0})) && ended;
}

}  // namespace query::cache
