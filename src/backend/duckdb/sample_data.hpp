/// SAMPLE_DATA: the vega-datasets package as a database, built once.
///
/// Place: at start, when neither EMBEDDED_DATA_DIR nor EMBEDDED_DATABASE is set. Source: the unpacked npm package
/// (data/, datapackage.json); the tables are in `sample_tables.cpp`.
#pragma once

#include <filesystem>
#include <string>

#include "backend/duckdb/built_database.hpp"

namespace backend::duckdb {

/// Path of the built file. `source`: the package's folder; empty: beside the program, else the source tree's.
/// `Kind::unavailable` at `Stage::config` where there is neither a built file nor a package.
base::Result<std::filesystem::path> sample_database(const Api& api, const std::filesystem::path& cache,
                                                    const std::string& source);

}  // namespace backend::duckdb
