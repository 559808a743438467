/// The revisions of the Model Context Protocol this server speaks, and what each of them has.
///
/// Two eras (specification 2026-07-28, "Versioning"): *handshake* (2025-11-25 and older: `initialize`, sessions) and
/// *stateless* (2026-07-28: every request carries its revision and the client's capabilities in `_meta`). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mcp {

enum class Revision : std::uint8_t {
    v2024_11_05,  ///< stdio only
    v2025_03_26,  ///< JSON-RPC batches; tool annotations
    v2025_06_18,  ///< no batches; structured content, titles, elicitation
    v2025_11_25,  ///< icons, input errors as tool errors, resumable polling
    v2026_07_28,  ///< stateless
};

inline constexpr Revision latest_handshake = Revision::v2025_11_25;
inline constexpr Revision latest = Revision::v2026_07_28;

std::string_view to_string(Revision revision);
std::optional<Revision> revision_from(std::string_view text);

constexpr bool is_stateless(Revision revision) { return revision >= Revision::v2026_07_28; }
constexpr bool has_batches(Revision revision) { return revision == Revision::v2025_03_26; }
constexpr bool has_annotations(Revision revision) { return revision >= Revision::v2025_03_26; }
constexpr bool has_structured_content(Revision revision) { return revision >= Revision::v2025_06_18; }
constexpr bool has_titles(Revision revision) { return revision >= Revision::v2025_06_18; }
constexpr bool has_icons(Revision revision) { return revision >= Revision::v2025_11_25; }
/// Wrong tool arguments are a tool error that the model reads; before, they were JSON-RPC -32602.
constexpr bool argument_errors_are_tool_errors(Revision revision) { return revision >= Revision::v2025_11_25; }
constexpr bool has_polling(Revision revision) { return revision == Revision::v2025_11_25; }

}  // namespace mcp
