// INFORMATION_SCHEMA's table function, through DuckDB's C API.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/information_schema.hpp"

namespace backend::duckdb {
namespace {

/// What the function needs to know; owned by its registration.
struct Registration {
    const Api* api;
    const Catalog* catalog;
};

/// DuckDB's callbacks have no room for the function table before it is needed to ask for their data; a process loads
/// one DuckDB and keeps it (library.hpp).
const Api* loaded = nullptr;

template <class T>
void destroy(void* object) {
    delete static_cast<T*>(object);
}

std::string parameter(duckdb_bind_info info, idx_t index) {
    duckdb_value value = loaded->duckdb_bind_get_parameter(info, index);
    char* chars = loaded->duckdb_get_varchar(value);
    std::string text = chars ? chars : "";
    loaded->duckdb_free(chars);
    loaded->duckdb_destroy_value(&value);
    return text;
}

LogicalType logical_type(duckdb_type id) {
    LogicalType type{*loaded};
    *type.out() = loaded->duckdb_create_logical_type(id);
    return type;
}

duckdb_type storage_of(const Column& column) {
    if (column.type.starts_with("NUMBER")) return DUCKDB_TYPE_BIGINT;
    if (column.type.starts_with("TIMESTAMP")) return DUCKDB_TYPE_TIMESTAMP_TZ;
    return DUCKDB_TYPE_VARCHAR;
}

void bind(duckdb_bind_info info) {
    const auto* registration = static_cast<const Registration*>(loaded->duckdb_bind_get_extra_info(info));
    auto rows = information_schema_rows(*registration->catalog, parameter(info, 0), parameter(info, 1));
    if (!rows) return loaded->duckdb_bind_set_error(info, "there is no such view in INFORMATION_SCHEMA");
    for (const Column& column : rows->columns) {
        const LogicalType type = logical_type(storage_of(column));
        loaded->duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
    loaded->duckdb_bind_set_cardinality(info, rows->rows.size(), true);
    loaded->duckdb_bind_set_bind_data(info, rows.release(), destroy<MemoryRows>);
}

void init(duckdb_init_info info) {
    loaded->duckdb_init_set_max_threads(info, 1);
    loaded->duckdb_init_set_init_data(info, new std::size_t{0}, destroy<std::size_t>);
}

void write(duckdb_vector vector, idx_t row, const MemoryValue& value) {
    void* data = loaded->duckdb_vector_get_data(vector);
    if (const auto* text = std::get_if<std::string>(&value)) {
        loaded->duckdb_vector_assign_string_element_len(vector, row, text->data(), text->size());
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        static_cast<std::int64_t*>(data)[row] = *number;
    } else if (const auto* time = std::get_if<base::WallTime>(&value)) {
        static_cast<std::int64_t*>(data)[row] =
            std::chrono::duration_cast<std::chrono::microseconds>(time->time_since_epoch()).count();
    } else {
        loaded->duckdb_vector_ensure_validity_writable(vector);
        loaded->duckdb_validity_set_row_invalid(loaded->duckdb_vector_get_validity(vector), row);
    }
}

void scan(duckdb_function_info info, duckdb_data_chunk output) {
    const auto& rows = static_cast<const MemoryRows*>(loaded->duckdb_function_get_bind_data(info))->rows;
    auto& next = *static_cast<std::size_t*>(loaded->duckdb_function_get_init_data(info));
    const std::size_t count = std::min<std::size_t>(rows.size() - next, loaded->duckdb_vector_size());
    const idx_t columns = loaded->duckdb_data_chunk_get_column_count(output);
    for (idx_t column = 0; column < columns; ++column) {
        const duckdb_vector vector = loaded->duckdb_data_chunk_get_vector(output, column);
        for (std::size_t row = 0; row < count; ++row) write(vector, row, rows[next + row][column]);
    }
    next += count;
    loaded->duckdb_data_chunk_set_size(output, count);
}

}  // namespace

base::Result<void> register_information_schema(const Api& api, duckdb_connection connection, const Catalog& catalog) {
    loaded = &api;
    duckdb_table_function function = api.duckdb_create_table_function();
    api.duckdb_table_function_set_name(function, "__information_schema");
    const LogicalType text = logical_type(DUCKDB_TYPE_VARCHAR);
    api.duckdb_table_function_add_parameter(function, text.get());
    api.duckdb_table_function_add_parameter(function, text.get());
    api.duckdb_table_function_set_extra_info(function, new Registration{&api, &catalog}, destroy<Registration>);
    api.duckdb_table_function_set_bind(function, bind);
    api.duckdb_table_function_set_init(function, init);
    api.duckdb_table_function_set_function(function, scan);
    const bool registered = api.duckdb_register_table_function(connection, function) == DuckDBSuccess;
    api.duckdb_destroy_table_function(&function);
    if (!registered) return base::fail(base::Kind::internal, "DuckDB refuses the function __information_schema");
    return {};
}

}  // namespace backend::duckdb
