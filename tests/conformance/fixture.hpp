/// The server that the official conformance suite expects: its tools, resources and prompts, by the public API of our
/// `mcp` library alone. What each must do stands in the suite's scenarios ("Server Implementation Requirements").
#pragma once

#include <memory>

#include "mcp/changes.hpp"
#include "mcp/registry.hpp"
#include "mcp/server.hpp"

namespace fixture {

/// Handlers are made before the server is: they find its changes here.
struct Later {
    mcp::Changes* changes = nullptr;
};
using LaterPtr = std::shared_ptr<Later>;

void add_content_tools(mcp::Registry& registry);
void add_interactive_tools(mcp::Registry& registry, const LaterPtr& later);
void add_input_tools(mcp::Registry& registry);
void add_task_tools(mcp::Registry& registry);
void add_resources(mcp::Registry& registry);
void add_prompts(mcp::Registry& registry);

mcp::Registry registry(const LaterPtr& later);
mcp::ServerOptions options(std::size_t workers);

/// A 1x1 red PNG and an empty WAV.
inline constexpr std::string_view red_pixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
inline constexpr std::string_view silence = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

}  // namespace fixture
