/// FLATTEN at run time: a list of rows {k: key, p: path, i: index, v: value, t: this} for each input.
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions/flatten
#include <fmt/format.h>

#include <string>
#include <vector>

#include "backend/duckdb/dialect/json.hpp"
#include "backend/duckdb/dialect/registrar.hpp"

namespace backend::duckdb::dialect {

namespace {

struct Row {
    std::string key;
    bool has_key = false;
    std::string path;
    std::int64_t index = -1;
    std::string value;
    bool has_value = true;
    std::string self;
};

struct Mode {
    bool outer;
    bool recursive;
    bool arrays;
    bool objects;
};

bool is_plain_key(std::string_view key) {
    if (key.empty() || (key[0] >= '0' && key[0] <= '9')) return false;
    for (const char c : key) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!plain) return false;
    }
    return true;
}

void expand(std::string_view input, const std::string& path, const Mode& mode, std::vector<Row>& rows) {
    const JsonKind kind = json_kind(input);
    if (kind == JsonKind::array && (mode.arrays || mode.recursive)) {
        std::int64_t index = 0;
        for (const std::string_view element : json_elements(input)) {
            const std::string here = fmt::format("{}[{}]", path, index);
            if (mode.arrays) rows.push_back({{}, false, here, index, std::string{element}, true, std::string{input}});
            if (mode.recursive) expand(element, here, mode, rows);
            ++index;
        }
    }
    if (kind == JsonKind::object && (mode.objects || mode.recursive)) {
        for (const auto& [key, member] : json_members(input)) {
            const std::string here = is_plain_key(key) ? fmt::format("{}{}{}", path, path.empty() ? "" : ".", key)
                                                       : fmt::format("{}['{}']", path, key);
            if (mode.objects) rows.push_back({key, true, here, -1, std::string{member}, true, std::string{input}});
            if (mode.recursive) expand(member, here, mode, rows);
        }
    }
}

/// Reads the four arguments (text, outer, recursive, mode) of one row; an empty text is a NULL input.
void run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, const Api& api) {
    static_cast<void>(info);
    const idx_t count = api.duckdb_data_chunk_get_size(input);
    void* const texts = api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(input, 0));
    const auto* const outer =
        static_cast<bool*>(api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(input, 1)));
    const auto* const recursive =
        static_cast<bool*>(api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(input, 2)));
    void* const modes = api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(input, 3));
    auto* const entries = static_cast<duckdb_list_entry*>(api.duckdb_vector_get_data(output));
    std::vector<Row> rows;
    for (idx_t row = 0; row < count; ++row) {
        const auto text = read_row<std::string_view>(texts, nullptr, row);
        const auto mode = read_row<std::string_view>(modes, nullptr, row);
        const std::size_t before = rows.size();
        expand(text, {}, {outer[row], recursive[row], mode != "OBJECT", mode != "ARRAY"}, rows);
        if (rows.size() == before && outer[row]) {
            Row& empty = rows.emplace_back();
            empty.has_value = false;
            empty.self = text;
        }
        entries[row] = {before, rows.size() - before};
    }
    const idx_t total = rows.size();
    api.duckdb_list_vector_reserve(output, total);
    api.duckdb_list_vector_set_size(output, total);
    const duckdb_vector child = api.duckdb_list_vector_get_child(output);
    const duckdb_vector keys = api.duckdb_struct_vector_get_child(child, 0);
    const duckdb_vector paths = api.duckdb_struct_vector_get_child(child, 1);
    const duckdb_vector indexes = api.duckdb_struct_vector_get_child(child, 2);
    const duckdb_vector values = api.duckdb_struct_vector_get_child(child, 3);
    const duckdb_vector selves = api.duckdb_struct_vector_get_child(child, 4);
    for (const duckdb_vector vector : {keys, paths, indexes, values, selves})
        api.duckdb_vector_ensure_validity_writable(vector);
    auto* const numbers = static_cast<std::int64_t*>(api.duckdb_vector_get_data(indexes));
    const auto put = [&](duckdb_vector vector, idx_t at, const std::string& text, bool present) {
        if (present) {
            api.duckdb_vector_assign_string_element_len(vector, at, text.data(), text.size());
        } else {
            api.duckdb_validity_set_row_invalid(api.duckdb_vector_get_validity(vector), at);
        }
    };
    for (idx_t i = 0; i < total; ++i) {
        const Row& row = rows[i];
        put(keys, i, row.key, row.has_key);
        put(paths, i, row.path, row.has_value);
        put(values, i, row.value, row.has_value);
        put(selves, i, row.self, !row.self.empty());
        numbers[i] = row.index;
        if (row.index < 0) api.duckdb_validity_set_row_invalid(api.duckdb_vector_get_validity(indexes), i);
    }
}

}  // namespace

void register_flatten(Registrar& registrar) {
    const Api& api = registrar.api();
    duckdb_scalar_function made = api.duckdb_create_scalar_function();
    api.duckdb_scalar_function_set_name(made, "__sf_flatten");
    duckdb_logical_type text = api.duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type boolean = api.duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    duckdb_logical_type number = api.duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    for (duckdb_logical_type type : {text, boolean, boolean, text})
        api.duckdb_scalar_function_add_parameter(made, type);
    duckdb_logical_type members[] = {text, text, number, text, text};
    const char* names[] = {"k", "p", "i", "v", "t"};
    duckdb_logical_type row = api.duckdb_create_struct_type(members, names, 5);
    duckdb_logical_type list = api.duckdb_create_list_type(row);
    api.duckdb_scalar_function_set_return_type(made, list);
    for (duckdb_logical_type* type : {&list, &row, &number, &boolean, &text}) api.duckdb_destroy_logical_type(type);
    Registrar::set_raw(api, made, run);
    registrar.note(api.duckdb_register_scalar_function(registrar.connection(), made), "__sf_flatten");
    api.duckdb_destroy_scalar_function(&made);
}

}  // namespace backend::duckdb::dialect
