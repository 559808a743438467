/// Resources and resource templates: what can be read by URI.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/payload.hpp"
#include "mcp/context.hpp"
#include "mcp/input_required.hpp"
#include "mcp/outcome.hpp"

namespace mcp {

/// `ttlMs` and `cacheScope` of 2026-07-28; not sent to older clients.
struct CacheHint {
    enum class Scope : std::uint8_t { private_, public_ };
    std::chrono::milliseconds ttl{0};
    Scope scope = Scope::private_;
};

struct ResourceResult {
    base::Payload contents;  ///< a JSON array of `{uri, mimeType, text | blob}`
    CacheHint cache;
    std::optional<InputRequired> input_required;  ///< instead

    static ResourceResult text(std::string_view uri, std::string_view mime_type, std::string_view text);
    static ResourceResult blob(std::string_view uri, std::string_view mime_type, std::string_view base64);
};

/// The URI that is asked for, and what a template's variables were in it (decoded).
struct ResourceRequest {
    std::string uri;
    std::vector<std::pair<std::string, std::string>> variables;

    std::string_view variable(std::string_view name) const;  ///< empty where absent
};

/// `Kind::not_found` becomes "resource not found" in the revision's own code (-32602; before 2026-07-28 -32002).
using ResourceHandler = std::function<Outcome<ResourceResult>(Context&, const ResourceRequest&)>;

struct Resource {
    std::string uri;
    std::string name;
    std::string title;
    std::string description;
    std::string mime_type;
    std::optional<std::uint64_t> size;
    std::string annotations_json;
    std::string icons_json;
    ResourceHandler read;
};

struct ResourceTemplate {
    /// RFC 6570 level 1: `snowflake://{database}/{schema}/{object}`. A variable matches one path segment (no '/').
    std::string uri_template;
    std::string name;
    std::string title;
    std::string description;
    std::string mime_type;
    std::string annotations_json;
    std::string icons_json;
    ResourceHandler read;
};

/// Resources that exist only at run time (a catalog): listed after the registered ones, page by page.
struct ResourcePage {
    std::vector<Resource> resources;  ///< `read` is not used: a template or `ResourceSource::read` reads them
    std::string next;                 ///< where the next page starts, any bytes; empty: this was the last
};
struct ResourceSource {
    /// `after`: `next` of the page before (already opened and verified); empty: the first page.
    std::function<Outcome<ResourcePage>(Context&, std::string after)> list;
    CacheHint cache;  ///< for list answers that hold parts of this source
};

}  // namespace mcp
