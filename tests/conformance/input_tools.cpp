// Tools of the multi-round-trip scenarios (SEP-2322): each asks for input first, then answers with it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include "fixture.hpp"

namespace fixture {
namespace {

constexpr std::string_view name_form =
    R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";
constexpr std::string_view ok_form = R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]})";
constexpr std::string_view color_form =
    R"({"type":"object","properties":{"color":{"type":"string"}},"required":["color"]})";
constexpr std::string_view value_form =
    R"({"type":"object","properties":{"value":{"type":"string"}},"required":["value"]})";

/// A field of an accepted form.
std::string field(const boost::json::object& response, std::string_view name) {
    const auto* content = mcp::find_object(response, "content");
    return std::string{content ? mcp::find_string(*content, name).value_or("unknown") : "unknown"};
}

std::size_t count_of_roots(const boost::json::object& response) {
    const auto* roots = mcp::find(response, "roots");
    const auto* array = roots ? roots->if_array() : nullptr;
    return array ? array->size() : 0;
}

std::string text_of(const boost::json::object& sampled) {
    const auto* content = mcp::find_object(sampled, "content");
    return std::string{content ? mcp::find_string(*content, "text").value_or("no response") : "no response"};
}

bool is_true(const boost::json::object& response, std::string_view name) {
    const auto* content = mcp::find_object(response, "content");
    const auto* value = content ? mcp::find(*content, name) : nullptr;
    return value != nullptr && value->is_bool() && value->get_bool();
}

mcp::ToolResult ask_name(mcp::ToolContext& context) {
    if (const auto* name = context.input_response("user_name")) {
        return mcp::ToolResult::text(fmt::format("Hello, {}!", field(*name, "name")));
    }
    return mcp::ToolResult::ask({{mcp::elicit("user_name", "What is your name?", name_form)}, {}});
}

mcp::ToolResult ask_sample(mcp::ToolContext& context) {
    if (const auto* sampled = context.input_response("sample_request")) {
        return mcp::ToolResult::text(fmt::format("Sampling result: {}", text_of(*sampled)));
    }
    return mcp::ToolResult::ask({{mcp::sample("sample_request", "What is the capital of France?", 100)}, {}});
}

mcp::ToolResult ask_roots(mcp::ToolContext& context) {
    if (const auto* roots = context.input_response("roots_request")) {
        return mcp::ToolResult::text(fmt::format("Found {} root(s)", count_of_roots(*roots)));
    }
    return mcp::ToolResult::ask({{mcp::list_roots("roots_request")}, {}});
}

mcp::ToolResult ask_confirmation(mcp::ToolContext& context, std::string_view state, std::string_view done) {
    const auto* confirmed = context.input_response("confirm");
    if (context.request_state() == state && confirmed != nullptr && is_true(*confirmed, "ok")) {
        return mcp::ToolResult::text(done);
    }
    return mcp::ToolResult::ask({{mcp::elicit("confirm", "Please confirm", ok_form)}, std::string{state}});
}

mcp::ToolResult ask_all(mcp::ToolContext& context) {
    const auto* name = context.input_response("user_name");
    const auto* greeting = context.input_response("greeting");
    const auto* roots = context.input_response("client_roots");
    if (context.request_state() == "multiple-inputs" && name && greeting && roots) {
        return mcp::ToolResult::text(fmt::format("Name: {}; Greeting: {}; Roots: {}", field(*name, "name"),
                                                 text_of(*greeting), count_of_roots(*roots)));
    }
    return mcp::ToolResult::ask({{mcp::elicit("user_name", "What is your name?", name_form),
                                  mcp::sample("greeting", "Generate a greeting", 50), mcp::list_roots("client_roots")},
                                 "multiple-inputs"});
}

/// The state says which step comes next and what was said before: "1", then "2" and the name.
mcp::ToolResult ask_in_rounds(mcp::ToolContext& context) {
    const auto state = context.request_state().value_or("");
    if (const auto* name = context.input_response("step1"); name && state == "1") {
        return mcp::ToolResult::ask(
            {{mcp::elicit("step2", "Step 2: What is your favorite color?", color_form)}, "2" + field(*name, "name")});
    }
    if (const auto* color = context.input_response("step2"); color && state.starts_with('2')) {
        return mcp::ToolResult::text(
            fmt::format("Multi-round complete for {} who likes {}", state.substr(1), field(*color, "color")));
    }
    return mcp::ToolResult::ask({{mcp::elicit("step1", "Step 1: What is your name?", name_form)}, "1"});
}

/// Asks only for what the client said it can give.
mcp::ToolResult ask_what_is_offered(mcp::ToolContext& context) {
    if (context.is_retry()) return mcp::ToolResult::text("capabilities-ok");
    mcp::InputRequired input;
    if (context.client().capabilities.elicitation_form) {
        input.requests.push_back(mcp::elicit("elicit_input", "Elicitation input", value_form));
    }
    if (context.client().capabilities.sampling) {
        input.requests.push_back(mcp::sample("sample_input", "Sample request", 50));
    }
    if (input.requests.empty()) return mcp::ToolResult::text("No supported capabilities declared");
    input.state = "capabilities-test";
    return mcp::ToolResult::ask(std::move(input));
}

}  // namespace

void add_input_tools(mcp::Registry& registry) {
    const auto add = [&](std::string name, std::string description, mcp::ToolHandler run,
                         mcp::ClientCapabilities needs = {}) {
        registry.add(mcp::Tool{.name = std::move(name),
                               .description = std::move(description),
                               .handler = std::move(run),
                               .requires_client = needs});
    };
    add("test_input_required_result_elicitation", "Asks for a name", ask_name);
    add("test_input_required_result_sampling", "Asks for a sample", ask_sample);
    add("test_input_required_result_list_roots", "Asks for the roots", ask_roots);
    add("test_input_required_result_request_state", "Asks for a confirmation, with a state",
        [](mcp::ToolContext& context) {
            return ask_confirmation(context, "request-state", "state-ok: requestState validated");
        });
    add("test_input_required_result_tampered_state", "Asks for a confirmation, with a state that is sealed",
        [](mcp::ToolContext& context) {
            return ask_confirmation(context, "tamper-test", "integrity-ok: state verified");
        });
    add("test_input_required_result_multiple_inputs", "Asks for several things at once", ask_all);
    add("test_input_required_result_multi_round", "Asks in two rounds", ask_in_rounds);
    add("test_input_required_result_capabilities", "Asks for what the client offers", ask_what_is_offered);
    add("test_missing_capability", "Needs a client that can sample",
        [](mcp::ToolContext&) { return mcp::ToolResult::text("Success"); }, {.sampling = true});
}

}  // namespace fixture
