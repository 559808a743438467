/// Settings of the embedded backend (EMBEDDED_*). Place: `app` joins the table with the others'.
#pragma once

#include <string>

#include "base/settings.hpp"

namespace backend::duckdb {

struct Settings {
    std::string data_dir;       ///< EMBEDDED_DATA_DIR: a folder of CSV, Parquet and JSON files
    std::string database;       ///< EMBEDDED_DATABASE: a DuckDB file
    std::string library;        ///< EMBEDDED_DUCKDB_LIBRARY: libduckdb.so
    std::string sample_source;  ///< EMBEDDED_SAMPLE_SOURCE: the unpacked vega-datasets package
    std::string cache_dir;      ///< EMBEDDED_CACHE_DIR: where built databases are kept
    std::string time_zone = "UTC";
    int memory_mb = 512;  ///< DuckDB's own limit, the fixed part of MAX_MEMORY_MB
    int threads = 0;      ///< 0: as many as CPUs
};

/// Bound to `settings`, which must outlive it.
base::SettingsTable settings_table(Settings& settings);

}  // namespace backend::duckdb
