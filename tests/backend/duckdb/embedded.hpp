/// What the tests of the embedded backend share: an engine that speaks DuckDB's own SQL (no dialect), folders that go
/// away, a worker to run calls on.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "backend/duckdb/duckdb_backend.hpp"

namespace backend::duckdb::testing {

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    const std::filesystem::path& path() const { return path_; }
    std::string write(const std::string& relative, const std::string& content) const;

private:
    std::filesystem::path path_;
};

/// Runs a statement's text as it stands, names resolved nowhere.
Dialect plain_duckdb();

/// Rows as text: what `append_text` makes of each cell, NULL as "NULL".
struct Answer {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
    std::vector<Cell::Kind> kinds;  ///< of the first row
    std::optional<base::Error> error;
    std::string query_id;

    std::vector<std::string> column(const std::string& name) const;
    std::vector<std::string> names() const;
};

/// One worker on this thread, one session; another one where a statement left the first unusable.
class Client {
public:
    explicit Client(DuckdbBackend& backend);
    ~Client();
    Answer ask(std::string text, Context context = {}, std::optional<std::uint64_t> limit = {});
    Answer ask(Statement statement);
    async::Worker& worker() { return worker_; }

private:
    DuckdbBackend& backend_;
    async::Worker worker_{0};
    async::TaskGroup tasks_;
    std::unique_ptr<Session> session_;
};

/// The sample data with plain DuckDB SQL; one a process, built once into build/data.
DuckdbBackend& sample_backend();
async::BlockingPool& blocking_pool();

/// Another DuckDB, to make files with: runs the statements on a new or existing file.
void make_database(const std::string& file, const std::vector<std::string>& statements);

}  // namespace backend::duckdb::testing
