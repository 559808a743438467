/// Owners of DuckDB's C handles: destroyed in the right order, never twice.
///
/// Place: everything here that talks to DuckDB; .cpp files only (duckdb.h). Threads: one at a time each, but
/// `Connection::interrupt`, which any thread may call while the connection lives.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/duckdb/library.hpp"
#include "base/error.hpp"

namespace backend::duckdb {

/// One handle and how it ends.
template <class Handle, auto Destroy>
class Owned {
public:
    Owned() = default;
    explicit Owned(const Api& api) : api_{&api} {}
    Owned(Owned&& other) noexcept : api_{other.api_}, handle_{std::exchange(other.handle_, Handle{})} {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(api_, other.api_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() {
        if (handle_) (api_->*Destroy)(&handle_);
    }
    Handle get() const { return handle_; }
    Handle* out() { return &handle_; }
    explicit operator bool() const { return handle_ != nullptr; }

private:
    const Api* api_ = nullptr;
    Handle handle_{};
};

using Prepared = Owned<duckdb_prepared_statement, &Api::duckdb_destroy_prepare>;
using Pending = Owned<duckdb_pending_result, &Api::duckdb_destroy_pending>;
using Chunk = Owned<duckdb_data_chunk, &Api::duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, &Api::duckdb_destroy_logical_type>;
using Config = Owned<duckdb_config, &Api::duckdb_destroy_config>;

/// A result that may still be running (streaming).
class RawResult {
public:
    explicit RawResult(const Api& api) : api_{&api} {}
    RawResult(const RawResult&) = delete;
    RawResult& operator=(const RawResult&) = delete;
    ~RawResult() { api_->duckdb_destroy_result(&result_); }
    duckdb_result* get() { return &result_; }
    const Api& api() const { return *api_; }

private:
    const Api* api_;
    duckdb_result result_{};
};

/// An instance with its databases. Shared by its connections, which keep it open. Must be closed before the process's
/// static objects end (DuckDB reads thread-local state that is gone by then): no `static` engine.
class Instance {
public:
    using Options = std::vector<std::pair<std::string, std::string>>;

    /// `Kind::unavailable` at `Stage::config` with DuckDB's own words.
    static base::Result<std::shared_ptr<Instance>> open(const Api& api, const std::string& path,
                                                        const Options& options);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    ~Instance();

    const Api& api() const { return api_; }
    duckdb_database handle() const { return database_; }

private:
    explicit Instance(const Api& api) : api_{api} {}
    const Api& api_;
    duckdb_database database_ = nullptr;
};

/// A few rows as text, for start-up and catalogue queries. NULL and the empty text differ.
using TextRows = std::vector<std::vector<std::pair<std::string, bool>>>;

class Connection {
public:
    static base::Result<std::unique_ptr<Connection>> open(std::shared_ptr<Instance> instance);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    const Api& api() const { return instance_->api(); }
    duckdb_connection handle() const { return connection_; }
    void interrupt() { api().duckdb_interrupt(connection_); }

    /// Runs one or several statements and forgets what they answer. `Kind::sql` with DuckDB's own words.
    base::Result<void> run(const std::string& sql);
    /// Each cell must be VARCHAR (cast in the statement).
    base::Result<TextRows> rows(const std::string& sql);

private:
    explicit Connection(std::shared_ptr<Instance> instance) : instance_{std::move(instance)} {}
    std::shared_ptr<Instance> instance_;
    duckdb_connection connection_ = nullptr;
};

/// The bytes of one element of a VARCHAR or BLOB vector.
inline std::string_view string_view_of(const duckdb_string_t& value) {
    const std::uint32_t length = value.value.inlined.length;
    return {length <= 12 ? value.value.inlined.inlined : value.value.pointer.ptr, length};
}

inline bool is_valid(const std::uint64_t* validity, std::size_t row) {
    return !validity || (validity[row / 64] >> (row % 64) & 1);
}

}  // namespace backend::duckdb
