/// `CACHE_TYPE=file`: a `SqliteFile` on a thread of its own.
///
/// Threads: any worker. A look-up waits at most `patience`; after some failures in a row the breaker lets nothing
/// through for a while.
#pragma once

#include "query/namespace.hpp"

#include <filesystem>
#include <memory>

#include "async/blocking_pool.hpp"
#include "query/cache/shared_store.hpp"

namespace query::cache {

class FileStore final : public SharedStore {
public:
    static constexpr std::chrono::milliseconds patience{250};
    static constexpr std::size_t most_waiting = 256;

    /// Errors name CACHE_DIR.
    static base::Result<std::unique_ptr<FileStore>> open(const std::filesystem::path& folder, std::uint64_t max_bytes,
                                                         std::function<base::WallTime()> wall_now);
    ~FileStore() override;

    async::Task<std::optional<std::string>> get(async::Call& call, const Key& key) override;
    void put(const Key& key, std::string bytes, std::chrono::milliseconds ttl) override;
    void clear(Cleared done) override;
    void write_status(base::JsonWriter& json) const override;
    void stop() override {}
    bool join(std::chrono::milliseconds at_most) override;

private:
    struct State;
    class Look;
    class Change;
    explicit FileStore(std::shared_ptr<State> state);
    bool change(std::function<void(State&)> how);  // false: too much is waiting

    std::shared_ptr<State> state_;
    async::BlockingPool thread_{{.threads = 1, .queue = 2 * most_waiting}};
};

}  // namespace query::cache
