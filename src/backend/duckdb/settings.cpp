#include "backend/duckdb/settings.hpp"

namespace backend::duckdb {

base::SettingsTable settings_table(Settings& settings) {
    base::SettingsTable table{"Embedded database"};
    table
        .text(
            "EMBEDDED_DATA_DIR", settings.data_dir,
            "Folder whose CSV, Parquet and JSON files are served as tables, its sub-folders as schemas, instead of the "
            "sample data")
        .text("EMBEDDED_DATABASE", settings.database, "Existing DuckDB file that is served instead of the sample data")
        .text("EMBEDDED_CACHE_DIR", settings.cache_dir,
              "Folder for databases built from files; default: build/data of a source tree, else the user's cache")
        .text("EMBEDDED_TIME_ZONE", settings.time_zone, "Time zone of sessions (IANA name)")
        .integer("EMBEDDED_MEMORY_MB", settings.memory_mb, 64, 1'048'576, "MB", "Memory that DuckDB may use")
        .integer("EMBEDDED_THREADS", settings.threads, 0, 1024, "threads",
                 "Threads that DuckDB may use; 0: as many as CPUs")
        .text("EMBEDDED_DUCKDB_LIBRARY", settings.library,
              "DuckDB's shared library (1.5); default: the system's, then the one beside the program")
        .text("EMBEDDED_SAMPLE_SOURCE", settings.sample_source,
              "Unpacked vega-datasets package the sample data is built from");
    return table;
}

}  // namespace backend::duckdb
