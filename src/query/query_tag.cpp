#include "query/query_tag.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace query {

namespace {

constexpr std::size_t longest_part = 200;  // of five, escapes included

}  // namespace

std::string tagged_principal(std::string_view id) { return base::ellipsize(base::escape_untrusted(id), longest_part); }

std::string query_tag(const async::Call& call, std::string_view tool) {
    std::string tag;
    base::JsonWriter json{tag};
    json.begin_object().field("app", "snowflake-mcp").field("tool", tool);
    json.field("principal", tagged_principal(call.principal().id));
    json.field("request", base::ellipsize(base::escape_untrusted(call.request_id()), longest_part));
    if (!call.trace().trace_id.empty()) json.field("trace", std::string_view{call.trace().trace_id});
    json.end_object();
    return tag;
}

}  // namespace query
