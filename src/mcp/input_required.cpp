#include "mcp/input_required.hpp"

#include "base/json_writer.hpp"

namespace mcp {

InputRequest elicit(std::string key, std::string_view message, std::string_view schema_json) {
    InputRequest request{.key = std::move(key), .method = "elicitation/create", .params_json = {}};
    // `mode` is left out: form is the default where the field exists, and older revisions do not know it.
    base::JsonWriter{request.params_json}
        .begin_object()
        .field("message", message)
        .key("requestedSchema")
        .raw(schema_json)
        .end_object();
    return request;
}

InputRequest sample(std::string key, std::string_view text, int max_tokens) {
    InputRequest request{.key = std::move(key), .method = "sampling/createMessage", .params_json = {}};
    base::JsonWriter{request.params_json}
        .begin_object()
        .key("messages")
        .begin_array()
        .begin_object()
        .field("role", "user")
        .key("content")
        .begin_object()
        .field("type", "text")
        .field("text", text)
        .end_object()
        .end_object()
        .end_array()
        .field("maxTokens", max_tokens)
        .end_object();
    return request;
}

InputRequest list_roots(std::string key) { return {.key = std::move(key), .method = "roots/list", .params_json = {}}; }

void write_requests(base::JsonWriter& writer, const std::vector<InputRequest>& requests) {
    for (const auto& request : requests) {
        writer.key(request.key).begin_object().field("method", request.method);
        if (!request.params_json.empty()) writer.key("params").raw(request.params_json);
        writer.end_object();
    }
}

std::string_view capability_of(std::string_view input_method) {
    if (input_method == "elicitation/create") return "elicitation";
    if (input_method == "sampling/createMessage") return "sampling";
    if (input_method == "roots/list") return "roots";
    return {};
}

bool has_capability(const ClientCapabilities& capabilities, std::string_view name) {
    if (name == "elicitation") return capabilities.elicitation_form || capabilities.elicitation_url;
    if (name == "sampling") return capabilities.sampling;
    if (name == "roots") return capabilities.roots;
    return false;
}

}  // namespace mcp
