#include "tools/definition.hpp"

#include "base/text.hpp"
#include "tools/catalog.hpp"

namespace tools {

async::Task<base::Result<std::string>> view_definition(async::Call& call, query::Pipeline& pipeline,
                                                       query::ObjectName name, std::string_view tool) {
    query::Request request;
    request.text = "SHOW VIEWS LIKE " + query::like_pattern(name.name) + catalog::scope(name.database, name.schema);
    request.picks = {{.source = "text", .name = "text", .optional = true}};
    request.only = query::Only{.source = "name", .value = name.name};
    request.tool = tool;
    auto rows = co_await pipeline.rows(call, std::move(request));
    if (!rows) co_return base::fail(std::move(rows.error()));
    if (rows->rows() == 0) co_return std::string{};
    co_return base::ellipsize(rows->text(0, 0), longest_definition);
}

}  // namespace tools
