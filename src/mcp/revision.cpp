#include "mcp/revision.hpp"

#include <array>
#include <utility>

namespace mcp {
namespace {

constexpr std::array<std::pair<Revision, std::string_view>, 5> names{{
    {Revision::v2026_07_28, "2026-07-28"},
    {Revision::v2025_11_25, "2025-11-25"},
    {Revision::v2025_06_18, "2025-06-18"},
    {Revision::v2025_03_26, "2025-03-26"},
    {Revision::v2024_11_05, "2024-11-05"},
}};

}  // namespace

std::string_view to_string(Revision revision) {
    for (const auto& [value, name] : names) {
        if (value == revision) return name;
    }
    return {};
}

std::optional<Revision> revision_from(std::string_view text) {
    for (const auto& [value, name] : names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

}  // namespace mcp
