#include "backend/duckdb/sample_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

#include "backend/duckdb/kept_metadata.hpp"
#include "backend/duckdb/sample_tables.hpp"
#include "base/text.hpp"

namespace backend::duckdb {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view builder_version = "2";
constexpr std::size_t longest_description = 600;  // bytes: a comment is read by models too, and they pay for it
constexpr std::string_view wanted_package = "3.2.1";

struct Resource {
    std::string path;
    std::string description;
    std::string licence;
    std::map<std::string, std::string> columns;  // identifier -> description
};

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (!value || !value->is_string()) return {};
    return std::string{value->get_string()};
}

/// One line: blanks and line ends together are one blank.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : base::trim(text)) {
        const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    return out;
}

/// "[title](address)" without the address, since a comment is read, not clicked.
std::string without_links(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t close = text[i] == '[' ? text.find("](", i) : std::string_view::npos;
        const std::size_t end = close == std::string_view::npos ? close : text.find(')', close);
        if (end == std::string_view::npos) {
            out += text[i++];
            continue;
        }
        out += text.substr(i + 1, close - i - 1);
        i = end + 1;
    }
    return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

std::string licences_of(const json::object& resource) {
    const json::value* list = resource.if_contains("licenses");
    std::string text;
    if (!list || !list->is_array()) return text;
    for (const json::value& licence : list->get_array()) {
        if (!licence.is_object()) continue;
        std::string name = text_of(licence.get_object(), "title");
        if (name.empty()) name = text_of(licence.get_object(), "name");
        if (name.empty()) continue;
        while (name.ends_with('.')) name.pop_back();
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

Resource resource_of(const json::object& object) {
    Resource resource{.path = text_of(object, "path"),
                      .description = replaced(one_line(without_links(text_of(object, "description"))), "&amp;", "&"),
                      .licence = licences_of(object)};
    const json::value* schema = object.if_contains("schema");
    if (!schema || !schema->is_object()) return resource;
    const json::value* fields = schema->get_object().if_contains("fields");
    if (!fields || !fields->is_array()) return resource;
    for (const json::value& field : fields->get_array()) {
        const std::string description = one_line(without_links(text_of(field.get_object(), "description")));
        if (!description.empty()) resource.columns[identifier_from(text_of(field.get_object(), "name"))] = description;
    }
    return resource;
}

base::Error broken_package(const fs::path& source, std::string_view why) {
    return base::Error{base::Kind::unavailable,
                       fmt::format("the sample data cannot be built from {}: {}. Run scripts/deps, name the unpacked "
                                   "vega-datasets package in EMBEDDED_SAMPLE_SOURCE, or set EMBEDDED_DATA_DIR or "
                                   "EMBEDDED_DATABASE",
                                   source.string(), why)}
        .at(base::Stage::config)
        .about("EMBEDDED_SAMPLE_SOURCE");
}

base::Result<std::map<std::string, Resource>> read_package(const fs::path& source) {
    std::ifstream file{source / "datapackage.json"};
    if (!file) return base::fail(broken_package(source, "there is no datapackage.json"));
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    boost::system::error_code error;
    const json::value package = json::parse(text, error);
    const json::value* list = !error && package.is_object() ? package.get_object().if_contains("resources") : nullptr;
    if (!list || !list->is_array()) return base::fail(broken_package(source, "its datapackage.json cannot be read"));
    std::map<std::string, Resource> resources;
    for (const json::value& resource : list->get_array())
        resources[text_of(resource.get_object(), "name")] = resource_of(resource.get_object());
    return resources;
}

std::string file_sql(const fs::path& file) {
    const std::string extension = file.extension().string();
    const std::string_view function = extension == ".parquet" ? "read_parquet"
                                      : extension == ".json"  ? "read_json"
                                                              : "read_csv";
    // A whole GeoJSON file is one value.
    const std::string_view options = extension == ".json" ? ", maximum_object_size = 67108864" : "";
    return fmt::format("{}({}{})", function, duckdb_string(file.string()), options);
}

class SampleBuilder {
public:
    SampleBuilder(Connection& connection, fs::path source, const std::map<std::string, Resource>& resources)
        : connection_{connection}, source_{std::move(source)}, resources_{resources} {}

    base::Result<void> build() {
        run("SET TimeZone = 'UTC'");
        for (const SampleSchema& schema : sample_schemas()) {
            run(fmt::format("CREATE SCHEMA {}", duckdb_name(schema.name)));
            metadata_.schema_comments[std::string{schema.name}] = schema.comment;
        }
        for (const SampleTable& table : sample_tables()) build_table(table);
        for (const SampleColumn& column : sample_columns()) comment_column(column);
        for (const SampleView& view : sample_views()) build_view(view);
        if (result_) result_ = keep_metadata(connection_, metadata_);
        return std::move(result_);
    }

private:
    void run(const std::string& sql) {
        if (!result_) return;
        if (auto ran = connection_.run(sql); !ran) result_ = base::fail(ran.error());
    }

    TextRows rows(const std::string& sql) {
        if (!result_) return {};
        auto read = connection_.rows(sql);
        if (read) return std::move(*read);
        result_ = base::fail(read.error());
        return {};
    }

    /// All columns of the file under identifiers.
    std::string generic_select(const std::string& file) {
        std::vector<std::string> own;
        for (const auto& row : rows(fmt::format("SELECT column_name FROM (DESCRIBE SELECT * FROM {})", file)))
            own.push_back(row[0].first);
        const std::vector<std::string> names = identifiers_from(own);
        std::string list;
        for (std::size_t i = 0; i < own.size(); ++i)
            list += fmt::format("{}{} AS {}", i > 0 ? ", " : "", duckdb_name(own[i]), duckdb_name(names[i]));
        return fmt::format("SELECT {} FROM {}", list, file);
    }

    void build_table(const SampleTable& table) {
        const auto found = resources_.find(std::string{table.resource});
        if (found == resources_.end()) {
            result_ = base::fail(broken_package(source_, fmt::format("it has no data set {}", table.resource)));
            return;
        }
        const Resource& resource = found->second;
        const std::string file = file_sql(source_ / "data" / resource.path);
        std::string select{table.select};
        if (select.empty() || select.find("{table}") != std::string::npos) {
            const std::string generic = generic_select(file);
            select = select.empty() ? generic : replaced(std::move(select), "{table}", "(" + generic + ")");
        }
        select = replaced(std::move(select), "{file}", file);
        const std::string name = fmt::format("{}.{}", duckdb_name(table.schema), duckdb_name(table.name));
        run(fmt::format("CREATE TABLE {} AS {}", name, select));
        std::string comment = base::ellipsize(resource.description, longest_description);
        if (!comment.empty() && comment.back() != '.') comment += '.';
        if (!table.note.empty()) comment += fmt::format(" {}", table.note);
        comment += fmt::format(" Licence: {}. Source: vega-datasets, {}.",
                               resource.licence.empty() ? "not stated" : resource.licence, resource.path);
        run(fmt::format("COMMENT ON TABLE {} IS {}", name, duckdb_string(one_line(comment))));
        for (const auto& row : rows(fmt::format("SELECT column_name FROM (DESCRIBE {})", name))) {
            const auto described = resource.columns.find(row[0].first);
            if (described == resource.columns.end()) continue;
            run(fmt::format("COMMENT ON COLUMN {}.{} IS {}", name, duckdb_name(row[0].first),
                            duckdb_string(described->second)));
        }
    }

    void comment_column(const SampleColumn& column) {
        const auto tables = sample_tables();
        const auto table = std::ranges::find(tables, column.table, &SampleTable::name);
        run(fmt::format("COMMENT ON COLUMN {}.{}.{} IS {}", duckdb_name(table->schema), duckdb_name(column.table),
                        duckdb_name(column.column), duckdb_string(column.comment)));
    }

    void build_view(const SampleView& view) {
        const std::string name = fmt::format("{}.{}", duckdb_name(view.schema), duckdb_name(view.name));
        run(fmt::format("CREATE VIEW {} AS {}", name, view.select));
        run(fmt::format("COMMENT ON VIEW {} IS {}", name, duckdb_string(view.comment)));
        metadata_.view_definitions[{std::string{view.schema}, std::string{view.name}}] = view.select;
    }

    Connection& connection_;
    fs::path source_;
    const std::map<std::string, Resource>& resources_;
    KeptMetadata metadata_;
    base::Result<void> result_;
};

/// Everything the content depends on, beside the package.
std::string recipe() {
    std::string text = fmt::format("{}/{}", builder_version, wanted_package);
    for (const SampleSchema& schema : sample_schemas()) text += fmt::format("\n{}|{}", schema.name, schema.comment);
    for (const SampleTable& table : sample_tables())
        text += fmt::format("\n{}|{}|{}|{}|{}", table.schema, table.name, table.resource, table.select, table.note);
    for (const SampleColumn& column : sample_columns())
        text += fmt::format("\n{}|{}|{}", column.table, column.column, column.comment);
    for (const SampleView& view : sample_views())
        text += fmt::format("\n{}|{}|{}|{}", view.schema, view.name, view.comment, view.select);
    return text;
}

fs::path find_source(const std::string& configured) {
    if (!configured.empty()) return configured;
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path installed = program.parent_path().parent_path() / "share" / "snowflake-mcp" / "vega-datasets";
    if (!error && fs::exists(installed / "datapackage.json", error)) return installed;
    return SAMPLE_DATA_PATH;
}

}  // namespace

base::Result<fs::path> sample_database(const Api& api, const fs::path& cache, const std::string& source) {
    const fs::path folder = find_source(source);
    BuildPlan plan{.name = "SAMPLE_DATA", .group = source, .key = recipe() + source};
    plan.fill = [&](Connection& connection) -> base::Result<void> {
        auto resources = read_package(folder);
        if (!resources) return base::fail(resources.error());
        auto built = SampleBuilder{connection, folder, *resources}.build();
        if (!built && built.error().stage() != base::Stage::config)
            return base::fail(broken_package(folder, built.error().message()));
        return built;
    };
    return built_database(api, cache, plan);
}

}  // namespace backend::duckdb
