#include "tools/catalog.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tools::catalog {

std::string scope(std::string_view database, std::string_view schema) {
    if (!schema.empty()) {
        std::string text = " IN SCHEMA ";
        if (!database.empty()) text += query::quoted_name(database) + ".";
        return text + query::quoted_name(schema);
    }
    if (!database.empty()) return " IN DATABASE " + query::quoted_name(database);
    return " IN ACCOUNT";
}

std::string scope_or_default(const query::Pipeline& pipeline, std::string_view database, std::string_view schema) {
    if (database.empty() && schema.empty()) return scope(pipeline.default_context().database, {});
    return scope(database, schema);
}

query::Only own_views() { return {.source = "schema_name", .value = "INFORMATION_SCHEMA"}; }

std::vector<query::Pick> object_picks() {
    return {{.source = "database_name", .name = "database"},
            {.source = "schema_name", .name = "schema"},
            {.source = "name", .name = "name"},
            {.source = "kind", .name = "kind", .optional = true},
            {.source = "comment", .name = "comment", .optional = true}};
}

Object object_at(const query::Rows& rows, std::size_t row) {
    return {.database = std::string{rows.text(row, 0)},
            .schema = std::string{rows.text(row, 1)},
            .name = std::string{rows.text(row, 2)},
            .kind = std::string{rows.text(row, 3)},
            .comment = std::string{rows.text(row, 4)}};
}

base::Result<query::ObjectName> choose(const query::ObjectName& wanted, const std::vector<Object>& found,
                                       const backend::Context& own) {
    std::vector<const Object*> fitting;
    for (const auto& object : found) {
        if (object.name == wanted.name) fitting.push_back(&object);
    }
    if (fitting.empty() && !wanted.exact) {
        for (const auto& object : found) {
            if (base::iequals(object.name, wanted.name)) fitting.push_back(&object);
        }
    }
    for (const auto* object : fitting) {
        if (object->schema == own.schema && object->database == own.database) return object->object_name();
    }
    if (fitting.size() > 1) {
        std::erase_if(fitting, [](const Object* object) { return object->schema == own_views().value; });
    }
    if (fitting.size() == 1) return fitting.front()->object_name();
    if (fitting.empty()) {
        return base::fail(
            base::Error{base::Kind::not_found, "there is no table or view " + wanted.shown()}.about(wanted.shown()));
    }
    return base::fail(base::Error{base::Kind::bad_argument, std::to_string(fitting.size()) + " schemas have a " +
                                                                wanted.shown() +
                                                                ": name the schema (search_objects shows where it is)"}
                          .about("schema"));
}

async::Task<base::Result<query::ObjectName>> locate(async::Call& call, query::Pipeline& pipeline,
                                                    query::ObjectName name, std::string_view tool) {
    if (!name.schema.empty()) co_return name;
    query::Request request;
    request.text =
        "SHOW OBJECTS LIKE " + query::like_pattern(name.name) + scope_or_default(pipeline, name.database, {});
    request.picks = object_picks();
    request.tool = tool;
    auto rows = co_await pipeline.rows(call, std::move(request));
    if (!rows) co_return base::fail(std::move(rows.error()));
    std::vector<Object> found;
    for (std::size_t row = 0; row < rows->rows(); ++row) found.push_back(object_at(*rows, row));
    co_return choose(name, found, pipeline.default_context());
}

}  // namespace tools::catalog
