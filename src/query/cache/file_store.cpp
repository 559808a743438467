#include "query/cache/file_store.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>

#include "backend/breaker.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "query/cache/sqlite_file.hpp"

namespace query::cache {
namespace {

std::int64_t ms_of(base::WallTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string_view view_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

/// Shared with jobs that may outlive the store's caller.
struct FileStore::State {
    State(SqliteFile given, std::function<base::WallTime()> now) : file{std::move(given)}, wall_now{std::move(now)} {}

    std::int64_t now_ms() const { return ms_of(wall_now()); }
    bool may_try() {
        const base::MutexLock lock{mutex};
        return breaker.admit(base::Clock::now()).has_value();
    }
    void note(const base::Error* error) {
        const base::MutexLock lock{mutex};
        if (error == nullptr) {
            breaker.succeeded();
            return;
        }
        const bool was_closed = breaker.state() == backend::Breaker::State::closed;
        breaker.failed(base::Clock::now());
        ++failures;
        if (was_closed && breaker.state() != backend::Breaker::State::closed) {
            base::log::warn("{}; answers are not kept in it for a while", error->message());
        }
    }

    std::mutex file_mutex;  // the one thread's, and `write_status`
    SqliteFile file;
    const std::function<base::WallTime()> wall_now;
    base::Mutex mutex;
    backend::Breaker breaker BASE_GUARDED_BY(mutex){backend::Breaker::Limits{}};
    std::uint64_t failures BASE_GUARDED_BY(mutex) = 0;
    std::uint64_t dropped BASE_GUARDED_BY(mutex) = 0;
};

class FileStore::Look final : public async::BlockingPool::Job {
public:
    Look(std::shared_ptr<State> state, Digest key) : state_{std::move(state)}, key_{key} {}
    void run() override {
        const std::lock_guard lock{state_->file_mutex};
        auto got = state_->file.get(view_of(key_), state_->now_ms());
        state_->note(got ? nullptr : &got.error());
        if (got) found = std::move(*got);
    }
    std::optional<std::string> found;  // after `run`

private:
    std::shared_ptr<State> state_;
    Digest key_;
};

class FileStore::Change final : public async::BlockingPool::Job {
public:
    Change(std::shared_ptr<State> state, std::function<void(State&)> how)
        : state_{std::move(state)}, how_{std::move(how)} {}
    void run() override {
        const std::lock_guard lock{state_->file_mutex};
        how_(*state_);
    }

private:
    std::shared_ptr<State> state_;
    std::function<void(State&)> how_;
};

FileStore::FileStore(std::shared_ptr<State> state) : state_{std::move(state)} {}
FileStore::~FileStore() = default;

base::Result<std::unique_ptr<FileStore>> FileStore::open(const std::filesystem::path& folder, std::uint64_t max_bytes,
                                                         std::function<base::WallTime()> wall_now) {
    auto file = SqliteFile::open(folder, max_bytes);
    if (!file) return base::fail(std::move(file.error()));
    return std::unique_ptr<FileStore>{new FileStore{std::make_shared<State>(std::move(*file), std::move(wall_now))}};
}

async::Task<std::optional<std::string>> FileStore::get(async::Call& call, const Key& key) {
    if (!state_->may_try()) co_return std::nullopt;
    async::Call patient{call, call.worker().now() + patience};
    const auto look = std::make_shared<Look>(state_, key.digest);
    const auto ran = co_await thread_.run(patient, look);
    if (ran) co_return std::move(look->found);
    if (call.stopped()) {
        const base::MutexLock lock{state_->mutex};
        state_->breaker.abandoned();
    } else {
        state_->note(&ran.error());
    }
    co_return std::nullopt;
}

bool FileStore::change(std::function<void(State&)> how) {
    if (thread_.waiting() >= most_waiting) {
        const base::MutexLock lock{state_->mutex};
        ++state_->dropped;
        state_->breaker.abandoned();  // it may have been the probe
        return false;
    }
    thread_.post(std::make_shared<Change>(state_, std::move(how)));
    return true;
}

void FileStore::put(const Key& key, std::string bytes, std::chrono::milliseconds ttl) {
    if (!state_->may_try()) return;
    change([key = key.digest, bytes = std::move(bytes), ttl](State& state) {
        const auto now = state.now_ms();
        const auto put = state.file.put(view_of(key), bytes, now, now + ttl.count());
        state.note(put ? nullptr : &put.error());
    });
}

void FileStore::clear(Cleared done) {
    const auto told = std::make_shared<Cleared>(std::move(done));
    const bool taken = change([told](State& state) {
        const auto cleared = state.file.clear();
        state.note(cleared ? nullptr : &cleared.error());
        if (*told) (*told)(cleared.has_value());
    });
    if (!taken && *told) (*told)(false);
}

bool FileStore::join(std::chrono::milliseconds at_most) {
    // What was put last is written, or the time is over.
    struct Done {
        std::mutex mutex;
        std::condition_variable changed;
        bool yes = false;
    };
    const auto done = std::make_shared<Done>();
    thread_.post(std::make_shared<Change>(state_, [done](State&) {
        const std::lock_guard lock{done->mutex};
        done->yes = true;
        done->changed.notify_all();
    }));
    std::unique_lock lock{done->mutex};
    return done->changed.wait_for(lock, at_most, [&] { return done->yes; });
}

void FileStore::write_status(base::JsonWriter& json) const {
    SqliteFile::Figures figures;
    {
        const std::lock_guard lock{state_->file_mutex};
        figures = state_->file.figures();
    }
    const base::MutexLock lock{state_->mutex};
    json.begin_object()
        .field("kind", "file")
        .field("entries", figures.entries)
        .field("bytes", figures.bytes)
        .field("evicted", figures.evicted)
        .field("begun_anew", figures.begun_anew)
        .field("failures", state_->failures)
        .field("dropped", state_->dropped)
        .field("open", state_->breaker.state() == backend::Breaker::State::closed)
        .end_object();
}

}  // namespace query::cache
