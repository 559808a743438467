/// "I need something from the client first": the answer of a round that is not the last (specification 2026-07-28,
/// "Multi Round-Trip Requests").
///
/// A tool, resource or prompt handler returns it and is called again with the responses. In the stateless era the
/// client retries the request; in the handshake era the server asks the client by requests of its own on the call's
/// stream, waits, and calls the handler again: one handler serves both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "mcp/context.hpp"

namespace mcp {

struct InputRequest {
    std::string key;          ///< unique in the round; chosen by the handler
    std::string method;       ///< "elicitation/create", "sampling/createMessage" or "roots/list"
    std::string params_json;  ///< its `params` object; empty: none
};

struct InputRequired {
    std::vector<InputRequest> requests;  ///< may be empty when there is a state
    std::string state;                   ///< any bytes for the next round; sealed before it goes out; may be empty
};

/// `elicitation/create` in form mode. `schema_json`: the flat object schema of the form.
InputRequest elicit(std::string key, std::string_view message, std::string_view schema_json);
/// `sampling/createMessage` with one user text.
InputRequest sample(std::string key, std::string_view text, int max_tokens);
/// `roots/list`.
InputRequest list_roots(std::string key);

/// The members of `inputRequests`, by key.
void write_requests(base::JsonWriter& writer, const std::vector<InputRequest>& requests);

/// The capability a request of this method needs, as `requiredCapabilities` names it: "elicitation", "sampling",
/// "roots".
std::string_view capability_of(std::string_view input_method);
bool has_capability(const ClientCapabilities& capabilities, std::string_view name);

}  // namespace mcp
