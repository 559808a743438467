/// Prompts, and completion of their arguments and of resource templates' variables.
#pragma once

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

struct PromptResult {
    std::string description;
    base::Payload messages;                       ///< a JSON array of `{role, content}`
    std::optional<InputRequired> input_required;  ///< instead

    static PromptResult user_text(std::string_view description, std::string_view text);
};

struct PromptArgument {
    std::string name;
    std::string title;
    std::string description;
    bool required = false;
};

struct Prompt {
    std::string name;
    std::string title;
    std::string description;
    std::vector<PromptArgument> arguments;  ///< strings; required ones are checked before the handler runs
    std::string icons_json;
    std::function<Outcome<PromptResult>(Context&)> get;
};

struct CompletionRequest {
    enum class Of { prompt, resource_template };
    Of of = Of::prompt;
    std::string ref;       ///< prompt name or URI template
    std::string argument;  ///< its argument or variable
    std::string value;     ///< what has been typed so far
    /// Arguments that have values already (`context.arguments`, from 2025-06-18).
    std::vector<std::pair<std::string, std::string>> known;

    std::string_view known_value(std::string_view name) const;  ///< empty where absent
};

struct Completions {
    std::vector<std::string> values;  ///< best first; at most 100 are sent
    std::optional<std::size_t> total;
    bool has_more = false;
};

struct CompletionProvider {
    CompletionRequest::Of of = CompletionRequest::Of::prompt;
    std::string ref;
    std::string argument;
    std::function<Outcome<Completions>(Context&, const CompletionRequest&)> complete;
};

}  // namespace mcp
