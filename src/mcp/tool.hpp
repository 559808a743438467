/// A tool: what clients are told of it, and the function that runs it.
///
/// Place: registered before start (`Registry`), immutable then. Handlers run on the call's worker, several at once on
/// several workers: what they share is theirs to guard. For typed arguments use `with_arguments` (schema.hpp).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/payload.hpp"
#include "mcp/context.hpp"
#include "mcp/input_required.hpp"
#include "mcp/outcome.hpp"
#include "mcp/task.hpp"

namespace mcp {

struct ToolResult {
    base::Payload content;                        ///< a JSON array of content blocks; empty: `[]`
    base::Payload structured;                     ///< a JSON value that fits the tool's output schema; empty: none
    bool is_error = false;                        ///< the model may mend it; the text says how
    std::string meta_json;                        ///< members for `_meta`, as a JSON object; empty: none
    std::optional<InputRequired> input_required;  ///< instead of all the above
    std::optional<TaskSeed> task;                 ///< instead of all the above

    /// One text block. The text is escaped as JSON, not cleaned: untrusted text goes through `escape_untrusted` first.
    static ToolResult text(std::string_view text);
    static ToolResult error(std::string_view text);
    static ToolResult ask(InputRequired input);
    static ToolResult later(TaskSeed task);
};

using ToolContext = Context;
using ToolOutcome = Outcome<ToolResult>;
/// Errors (`base::Error`) become a tool error, a JSON-RPC error or an HTTP status by error_map.hpp.
using ToolHandler = std::function<ToolOutcome(ToolContext&)>;

/// Hints to the client (specification, "ToolAnnotations"); absent ones are not sent.
struct ToolAnnotations {
    std::optional<bool> read_only;
    std::optional<bool> destructive;
    std::optional<bool> idempotent;
    std::optional<bool> open_world;
};

struct Tool {
    std::string name;  ///< [A-Za-z0-9_.-]{1,128}
    std::string title;
    std::string description;
    std::string
        input_schema;  ///< JSON text of an object schema; empty: `{"type":"object","additionalProperties":false}`
    std::string output_schema;  ///< JSON text; empty: none
    ToolAnnotations annotations;
    std::string icons_json;  ///< JSON array; empty: none
    std::string meta_json;   ///< JSON object; empty: none
    ToolHandler handler;
    /// Capabilities without which a call is refused before the handler runs: 2026-07-28 error -32021.
    ClientCapabilities requires_client;
};

/// --- content blocks, for handlers that write their own: each appends one JSON object

void append_text_block(std::string& json, std::string_view text);
/// `type`: "image" or "audio".
void append_media_block(std::string& json, std::string_view type, std::string_view base64, std::string_view mime_type);
/// An embedded resource with text.
void append_resource_block(std::string& json, std::string_view uri, std::string_view mime_type, std::string_view text);
/// `resource_link`.
void append_link_block(std::string& json, std::string_view uri, std::string_view name, std::string_view mime_type);

}  // namespace mcp
