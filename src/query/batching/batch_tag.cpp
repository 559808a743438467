#include "query/batching/batch_tag.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "query/query_tag.hpp"

namespace query {

namespace {

constexpr std::size_t longest_tag = 2'000;  // characters, so bytes are on the safe side
constexpr std::size_t room_for_ends = 40;   // of arrays and the object, and `more`
constexpr std::size_t longest_request = 80;

/// As it stands in JSON, with its comma.
std::size_t written(std::string_view text) {
    std::string json;
    base::append_json_string(json, text);
    return json.size() + 1;
}

/// An array of what fits into `left`; true: all of it.
bool add_array(base::JsonWriter& json, std::string_view name, const std::vector<std::string>& texts,
               std::size_t& left) {
    const std::size_t head = written(name) + 3;
    if (texts.empty() || left < head) return texts.empty();
    left -= head;
    json.key(name).begin_array();
    std::size_t added = 0;
    for (; added < texts.size() && written(texts[added]) <= left; ++added) {
        left -= written(texts[added]);
        json.string(texts[added]);
    }
    json.end_array();
    return added == texts.size();
}

void add_once(std::vector<std::string>& all, std::string text) {
    if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
}

}  // namespace

std::string batch_tag(std::span<const BatchRider> riders) {
    std::vector<std::string> principals;
    std::vector<std::string> tools;
    std::vector<std::string> requests;
    for (const BatchRider& rider : riders) {
        add_once(principals, tagged_principal(rider.principal));
        add_once(tools, rider.tool);
        requests.push_back(base::ellipsize(base::escape_untrusted(rider.request), longest_request));
    }
    std::string tag;
    base::JsonWriter json{tag};
    json.begin_object().field("app", "snowflake-mcp").field("batch", static_cast<std::uint64_t>(riders.size()));
    std::size_t left = longest_tag - room_for_ends - tag.size();
    bool all = add_array(json, "principals", principals, left);
    all = add_array(json, "tools", tools, left) && all;
    all = add_array(json, "requests", requests, left) && all;
    if (!all) json.field("more", true);
    json.end_object();
    return tag;
}

}  // namespace query
