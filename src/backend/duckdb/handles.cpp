#include "backend/duckdb/handles.hpp"

#include <fmt/format.h>

namespace backend::duckdb {

base::Result<std::shared_ptr<Instance>> Instance::open(const Api& api, const std::string& path,
                                                       const Options& options) {
    Config config{api};
    if (api.duckdb_create_config(config.out()) == DuckDBError)
        return base::fail(base::Kind::internal, "DuckDB has no memory for its configuration");
    for (const auto& [name, value] : options) {
        if (api.duckdb_set_config(config.get(), name.c_str(), value.c_str()) == DuckDBError)
            return base::fail(base::Kind::internal, fmt::format("DuckDB does not know {} = {}", name, value));
    }
    const std::shared_ptr<Instance> instance{new Instance{api}};
    char* error = nullptr;
    if (api.duckdb_open_ext(path.c_str(), &instance->database_, config.get(), &error) == DuckDBError) {
        std::string message = error ? error : "no reason given";
        api.duckdb_free(error);
        return base::fail(base::Error{base::Kind::unavailable, std::move(message)}.at(base::Stage::config));
    }
    return instance;
}

Instance::~Instance() {
    if (database_) api_.duckdb_close(&database_);
}

base::Result<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<Instance> instance) {
    std::unique_ptr<Connection> connection{new Connection{std::move(instance)}};
    if (connection->api().duckdb_connect(connection->instance_->handle(), &connection->connection_) == DuckDBError)
        return base::fail(base::Error{base::Kind::unavailable, "DuckDB gives no connection"}.at(base::Stage::login));
    return connection;
}

Connection::~Connection() {
    if (connection_) api().duckdb_disconnect(&connection_);
}

base::Result<void> Connection::run(const std::string& sql) {
    RawResult result{api()};
    if (api().duckdb_query(connection_, sql.c_str(), result.get()) == DuckDBSuccess) return {};
    const char* message = api().duckdb_result_error(result.get());
    return base::fail(
        base::Error{base::Kind::sql, message ? message : "DuckDB gives no reason"}.at(base::Stage::query));
}

base::Result<TextRows> Connection::rows(const std::string& sql) {
    RawResult result{api()};
    if (api().duckdb_query(connection_, sql.c_str(), result.get()) == DuckDBError) {
        const char* message = api().duckdb_result_error(result.get());
        return base::fail(
            base::Error{base::Kind::sql, message ? message : "DuckDB gives no reason"}.at(base::Stage::query));
    }
    TextRows rows;
    const idx_t columns = api().duckdb_column_count(result.get());
    for (;;) {
        Chunk chunk{api()};
        *chunk.out() = api().duckdb_fetch_chunk(*result.get());
        if (!chunk) return rows;
        const idx_t size = api().duckdb_data_chunk_get_size(chunk.get());
        const std::size_t first = rows.size();
        rows.resize(first + size);
        for (idx_t column = 0; column < columns; ++column) {
            const duckdb_vector vector = api().duckdb_data_chunk_get_vector(chunk.get(), column);
            const auto* values = static_cast<const duckdb_string_t*>(api().duckdb_vector_get_data(vector));
            const std::uint64_t* validity = api().duckdb_vector_get_validity(vector);
            for (idx_t row = 0; row < size; ++row) {
                const bool valid = is_valid(validity, row);
                rows[first + row].emplace_back(valid ? std::string{string_view_of(values[row])} : std::string{}, valid);
            }
        }
    }
}

}  // namespace backend::duckdb
