#include "backend/duckdb/duckdb_backend.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "backend/duckdb/duckdb_session.hpp"
#include "backend/duckdb/statement_run.hpp"

namespace backend::duckdb {

namespace {

/// The files, by place, size and age: who changes them and starts again must not be shown what was kept before.
std::string what_is_served(const Settings& settings) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::string text = settings.time_zone + '\n';
    const auto add = [&](const fs::path& file) {
        const auto age = fs::last_write_time(file, error).time_since_epoch().count();
        text += file.string() + ' ' + std::to_string(fs::file_size(file, error)) + ' ' + std::to_string(age) + '\n';
    };
    if (!settings.database.empty()) {
        add(fs::absolute(settings.database, error));
    } else if (!settings.data_dir.empty()) {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator{fs::absolute(settings.data_dir, error), error}) {
            if (entry.is_regular_file(error)) files.push_back(entry.path());
        }
        std::ranges::sort(files);
        std::ranges::for_each(files, add);
    }
    return text;
}

}  // namespace

base::Result<std::unique_ptr<DuckdbBackend>> DuckdbBackend::open(const Settings& settings, async::BlockingPool& pool,
                                                                 Dialect dialect) {
    auto engine = Engine::open(settings, dialect);
    if (!engine) return base::fail(std::move(engine.error()));
    return std::unique_ptr<DuckdbBackend>{new DuckdbBackend{std::move(*engine), pool, what_is_served(settings)}};
}

/// A connection costs microseconds and touches no file: it is made here, without the blocking pool.
async::Task<base::Result<std::unique_ptr<Session>>> DuckdbBackend::login(async::Call&, Context context, Identity) {
    auto resolved = engine_->catalog().resolve(std::move(context), engine_->defaults());
    if (!resolved) co_return base::fail(std::move(resolved.error()).at(base::Stage::login));
    auto connection = engine_->connect();
    if (!connection) co_return base::fail(std::move(connection.error()));
    const std::uint64_t id = sessions_.fetch_add(1, std::memory_order_relaxed) + 1;
    co_return std::make_unique<DuckdbSession>(*engine_, pool_, std::move(*connection), std::move(*resolved),
                                              std::to_string(id));
}

}  // namespace backend::duckdb
