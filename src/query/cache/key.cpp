#include "query/cache/key.hpp"

#include <fmt/format.h>

#include "base/encoding.hpp"

namespace query::cache {
namespace {

/// Length first, so that no part can run into the next.
void add(std::string& key, std::string_view part) {
    fmt::format_to(std::back_inserter(key), "{}:", part.size());
    key += part;
}

}  // namespace

Key make_key(const KeyParts& parts) {
    Key key;
    auto& whole = key.whole;
    whole.reserve(parts.text.size() + 256);
    add(whole, renderer_version);
    add(whole, parts.connection);
    add(whole, parts.identity);
    add(whole, parts.context.role);
    add(whole, parts.context.secondary_roles);
    add(whole, parts.context.database);
    add(whole, parts.context.schema);
    add(whole, parts.parameters);
    fmt::format_to(std::back_inserter(whole), "{},{},{},{};", parts.limit, parts.max_bytes, parts.offset,
                   static_cast<int>(parts.format));
    add(whole, parts.shape);
    fmt::format_to(std::back_inserter(whole), "{};", parts.bindings.size());
    for (const auto& binding : parts.bindings) {
        add(whole, binding.type);
        if (binding.value) {
            add(whole, *binding.value);
        } else {
            whole += "-;";  // NULL: no length is written so
        }
    }
    add(whole, parts.text);
    key.digest.bytes = base::sha256(whole);
    return key;
}

}  // namespace query::cache
