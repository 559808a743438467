#include "backend/duckdb/data_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <system_error>

#include "backend/duckdb/kept_metadata.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view builder_version = "1";

struct Known {
    std::string_view ending;
    DataFile::Format format;
};

constexpr Known known_endings[] = {
    {".csv", DataFile::Format::csv},         {".tsv", DataFile::Format::csv},
    {".csv.gz", DataFile::Format::csv},      {".tsv.gz", DataFile::Format::csv},
    {".parquet", DataFile::Format::parquet}, {".json", DataFile::Format::json},
    {".ndjson", DataFile::Format::json},     {".jsonl", DataFile::Format::json},
    {".json.gz", DataFile::Format::json},    {".ndjson.gz", DataFile::Format::json},
    {".jsonl.gz", DataFile::Format::json},
};

const Known* ending_of(std::string_view name) {
    const std::string lower = base::to_lower(name);
    const Known* best = nullptr;
    for (const Known& known : known_endings)
        if (lower.ends_with(known.ending) && lower.size() > known.ending.size() &&
            (!best || known.ending.size() > best->ending.size()))
            best = &known;
    return best;
}

std::string schema_of(const fs::path& folder) {
    std::string name;
    for (const fs::path& part : folder) {
        if (part == "." || part.empty()) continue;
        name += (name.empty() ? "" : "_") + identifier_from(part.string());
    }
    return name.empty() ? "PUBLIC" : name == "INFORMATION_SCHEMA" ? "INFORMATION_SCHEMA_FILES" : name;
}

std::unexpected<base::Error> refused(const std::string& folder, std::string_view why) {
    return base::fail(base::Error{base::Kind::not_found, fmt::format("EMBEDDED_DATA_DIR {} {}", folder, why)}
                          .at(base::Stage::config)
                          .about("EMBEDDED_DATA_DIR"));
}

struct Listing {
    std::vector<std::string> relative;
    std::string key;
};

base::Result<Listing> list(const std::string& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return refused(folder, "is no folder: name a folder of CSV, Parquet or JSON files");
    Listing listing;
    std::vector<std::string> facts;
    for (auto entry = fs::recursive_directory_iterator{folder, fs::directory_options::skip_permission_denied, error};
         !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
        const fs::path& path = entry->path();
        std::error_code ignored;
        if (path.filename().string().starts_with('.')) {  // hidden
            if (entry->is_directory(ignored)) entry.disable_recursion_pending();
            continue;
        }
        if (!entry->is_regular_file(ignored)) continue;
        const std::string relative = fs::relative(path, folder, ignored).string();
        if (!ending_of(relative)) continue;
        const auto changed = entry->last_write_time(ignored).time_since_epoch().count();
        facts.push_back(fmt::format("{}|{}|{}", relative, entry->file_size(ignored), changed));
        listing.relative.push_back(relative);
    }
    if (error) return refused(folder, fmt::format("cannot be read: {}", error.message()));
    if (facts.empty())
        return refused(
            folder, "holds no CSV, Parquet or JSON file: put some in, or unset EMBEDDED_DATA_DIR for the sample data");
    std::ranges::sort(facts);
    for (const std::string& fact : facts) listing.key += fact + "\n";
    return listing;
}

std::string read_sql(const DataFile& file) {
    const std::string path = duckdb_string(file.path.string());
    switch (file.format) {
        case DataFile::Format::csv: return fmt::format("read_csv({}, sample_size = -1)", path);
        case DataFile::Format::parquet: return fmt::format("read_parquet({})", path);
        case DataFile::Format::json:
            return fmt::format("read_json({}, sample_size = -1, maximum_object_size = 67108864)", path);
    }
    return {};
}

bool is_nested(std::string_view type) {
    return type.ends_with("]") || type.starts_with("STRUCT(") || type.starts_with("MAP(") ||
           type.starts_with("UNION(") || type == "VARIANT";
}

/// Each column under an identifier, nested ones as JSON.
base::Result<void> load(Connection& connection, const DataFile& file) {
    const std::string source = read_sql(file);
    auto described =
        connection.rows(fmt::format("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})", source));
    if (!described) return base::fail(described.error());
    std::vector<std::string> own;
    for (const auto& row : *described) own.push_back(row[0].first);
    const std::vector<std::string> names = identifiers_from(own);
    std::string list;
    for (std::size_t i = 0; i < own.size(); ++i) {
        const std::string column = duckdb_name(own[i]);
        list += fmt::format("{}{} AS {}", i > 0 ? ", " : "",
                            is_nested((*described)[i][1].first) ? fmt::format("to_json({})", column) : column,
                            duckdb_name(names[i]));
    }
    const std::string table = fmt::format("{}.{}", duckdb_name(file.schema), duckdb_name(file.table));
    if (auto ran = connection.run(fmt::format("CREATE TABLE {} AS SELECT {} FROM {}", table, list, source)); !ran)
        return ran;
    if (auto ran =
            connection.run(fmt::format("COMMENT ON TABLE {} IS {}", table, duckdb_string("The file " + file.relative)));
        !ran)
        return ran;
    for (std::size_t i = 0; i < own.size(); ++i) {
        if (base::iequals(own[i], names[i])) continue;
        auto ran = connection.run(fmt::format("COMMENT ON COLUMN {}.{} IS {}", table, duckdb_name(names[i]),
                                              duckdb_string("In the file: " + own[i])));
        if (!ran) return ran;
    }
    return {};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

base::Result<void> fill(Connection& connection, const std::string& folder, const std::vector<std::string>& relative) {
    std::vector<std::string> warnings;
    std::size_t loaded = 0;
    for (DataFile& file : plan_data_files(relative, warnings)) {
        file.path = fs::path{folder} / file.relative;
        if (auto ran = connection.run(fmt::format("CREATE SCHEMA IF NOT EXISTS {}", duckdb_name(file.schema))); !ran)
            return ran;
        auto read = load(connection, file);
        if (read)
            ++loaded;
        else
            warnings.push_back(fmt::format("EMBEDDED_DATA_DIR: {} is left out: {}", file.relative,
                                           first_line(read.error().message())));
    }
    if (loaded == 0) return refused(folder, fmt::format("holds no file that can be read: {}", warnings.front()));
    return keep_metadata(connection, {.warnings = std::move(warnings)});
}

}  // namespace

std::vector<DataFile> plan_data_files(std::vector<std::string> relative_paths, std::vector<std::string>& warnings) {
    std::ranges::sort(relative_paths);
    std::vector<DataFile> files;
    std::set<std::pair<std::string, std::string>> taken;
    for (const std::string& relative : relative_paths) {
        const Known* known = ending_of(relative);
        if (!known) continue;
        const fs::path path{relative};
        const std::string name = path.filename().string();
        DataFile file{.relative = relative, .format = known->format, .schema = schema_of(path.parent_path())};
        const std::string wanted = identifier_from(name.substr(0, name.size() - known->ending.size()));
        file.table = wanted;
        if (taken.contains({file.schema, file.table})) file.table += "_" + identifier_from(known->ending.substr(1));
        for (int i = 2; taken.contains({file.schema, file.table}); ++i) file.table = fmt::format("{}_{}", wanted, i);
        if (file.table != wanted)
            warnings.push_back(fmt::format("EMBEDDED_DATA_DIR: {} is table {}.{}, since another file is {} already",
                                           relative, file.schema, file.table, wanted));
        taken.emplace(file.schema, file.table);
        files.push_back(std::move(file));
    }
    return files;
}

base::Result<fs::path> folder_database(const Api& api, const fs::path& cache, const std::string& folder) {
    auto listing = list(folder);
    if (!listing) return base::fail(listing.error());
    std::error_code error;
    const fs::path absolute = fs::weakly_canonical(folder, error);
    std::string name = absolute.filename().string();
    BuildPlan plan{.name = name.empty() ? "DATA" : identifier_from(name),
                   .group = absolute.string(),
                   .key = fmt::format("{}\n{}\n{}", builder_version, absolute.string(), listing->key)};
    plan.fill = [&](Connection& connection) { return fill(connection, folder, listing->relative); };
    return built_database(api, cache, plan);
}

}  // namespace backend::duckdb
