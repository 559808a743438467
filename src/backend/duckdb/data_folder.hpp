/// EMBEDDED_DATA_DIR: a folder whose CSV, TSV, Parquet and JSON files are tables and whose sub-folders are schemas.
///
/// Place: at start. The files are read once into a database that is kept until one of them changes (path, size, time of
/// change). Threads: one.
///
/// Names: files in the folder itself stand in PUBLIC, those of sales/eu/ in SALES_EU; `order-lines.csv` is ORDER_LINES;
/// what would be there twice is told apart by its extension (ORDERS_JSON). A file that cannot be read is left out with
/// a warning. Objects and arrays become VARIANT.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "backend/duckdb/built_database.hpp"

namespace backend::duckdb {

/// One file and what it becomes.
struct DataFile {
    enum class Format : std::uint8_t { csv, parquet, json };
    std::filesystem::path path;
    std::string relative;
    Format format = Format::csv;
    std::string schema;
    std::string table;
};

/// What of `relative_paths` (in any order) is a table, and under which name; sorted. `warnings` get what was renamed.
std::vector<DataFile> plan_data_files(std::vector<std::string> relative_paths, std::vector<std::string>& warnings);

/// Path of the built database. Errors name EMBEDDED_DATA_DIR: no such folder, no file in it that can be read.
base::Result<std::filesystem::path> folder_database(const Api& api, const std::filesystem::path& cache,
                                                    const std::string& folder);

}  // namespace backend::duckdb
