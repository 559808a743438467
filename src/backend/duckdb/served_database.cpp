#include "backend/duckdb/served_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "backend/duckdb/built_database.hpp"
#include "backend/duckdb/catalog.hpp"
#include "backend/duckdb/data_folder.hpp"
#include "backend/duckdb/sample_data.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

namespace fs = std::filesystem;

/// DuckDB has databases of these names already.
std::string free_name(std::string name, const std::vector<ServedDatabase>& others) {
    const auto taken = [&] {
        return base::iequals(name, "system") || base::iequals(name, "temp") ||
               base::iequals(name, dialect::system_database) ||
               std::ranges::any_of(others,
                                   [&](const ServedDatabase& other) { return base::iequals(other.own_name, name); });
    };
    while (taken()) name += "_";
    return name;
}

base::Result<ServedDatabase> existing_database(const std::string& path, const std::vector<ServedDatabase>& others) {
    const auto refused = [&](std::string_view why) {
        return base::fail(base::Error{base::Kind::not_found,
                                      fmt::format("EMBEDDED_DATABASE {} {}: name an existing DuckDB file", path, why)}
                              .at(base::Stage::config)
                              .about("EMBEDDED_DATABASE"));
    };
    std::error_code error;
    const fs::path file = fs::absolute(path, error);
    if (!fs::exists(file, error)) return refused("does not exist");
    if (!fs::is_regular_file(file, error)) return refused("is no file");
    std::string stem = file.stem().string();
    ServedDatabase database{
        .file = file, .own_name = free_name(stem, others), .name = shown_name(stem), .setting = "EMBEDDED_DATABASE"};
    database.comment = fmt::format("The DuckDB file {}", file.filename().string());
    return database;
}

}  // namespace

base::Result<std::vector<ServedDatabase>> served_databases(const Api& api, const fs::path& cache,
                                                           const Settings& settings) {
    std::vector<ServedDatabase> databases;
    if (!settings.data_dir.empty()) {
        auto built = folder_database(api, cache, settings.data_dir);
        if (!built) return base::fail(built.error());
        std::string name = built->stem().string();
        databases.push_back({.file = *built,
                             .own_name = free_name(name, databases),
                             .name = name,
                             .comment = fmt::format("The files of the folder {}",
                                                    fs::path{settings.data_dir}.lexically_normal().string()),
                             .setting = "EMBEDDED_DATA_DIR"});
    }
    if (!settings.database.empty()) {
        auto existing = existing_database(settings.database, databases);
        if (!existing) return base::fail(existing.error());
        if (!databases.empty() && databases.front().name == existing->name) existing->name += "_2";
        databases.push_back(std::move(*existing));
    }
    if (databases.empty()) {
        auto built = sample_database(api, cache, settings.sample_source);
        if (!built) return base::fail(built.error());
        databases.push_back({.file = *built,
                             .own_name = "SAMPLE_DATA",
                             .name = "SAMPLE_DATA",
                             .comment = "The data sets of the vega-datasets package as tables, with views in PUBLIC"});
    }
    return databases;
}

}  // namespace backend::duckdb
