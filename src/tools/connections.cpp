#include "tools/connections.hpp"

#include <algorithm>
#include <stdexcept>

#include "mcp/document.hpp"

namespace tools {

namespace {

/// Offered where any connection offers it: the names of all, each once, or none where some are allowed by pattern.
Choice merged(const std::vector<Connection>& all, Choice Choices::* kind) {
    Choice together;
    bool has_pattern = false;
    for (const auto& one : all) {
        const Choice& choice = one.choices.*kind;
        together.offered = together.offered || choice.offered;
        has_pattern = has_pattern || (choice.offered && choice.names.empty());
        for (const auto& name : choice.names) {
            if (std::ranges::find(together.names, name) == together.names.end()) together.names.push_back(name);
        }
    }
    if (has_pattern) together.names.clear();
    return together;
}

}  // namespace

Connections::Connections(std::vector<Connection> all) : all_{std::move(all)} {
    if (all_.empty()) throw std::logic_error{"tools need a connection"};
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i].index = i;
    choices_.roles = merged(all_, &Choices::roles);
    choices_.warehouses = merged(all_, &Choices::warehouses);
}

const Connection* Connections::find(std::string_view name) const {
    const auto found = std::ranges::find(all_, name, &Connection::name);
    return found == all_.end() ? nullptr : &*found;
}

const Connection& Connections::of(const mcp::Context& context) const {
    if (!are_several()) return first();
    const auto name = mcp::find_string(context.arguments(), argument);
    const auto* named = name ? find(*name) : nullptr;
    return named != nullptr ? *named : first();
}

bool Connections::are_read_only() const {
    return std::ranges::all_of(all_, [](const Connection& one) { return one.pipeline.is_read_only(); });
}

std::vector<std::string> Connections::names() const {
    std::vector<std::string> names;
    for (const auto& one : all_) names.push_back(one.name);
    return names;
}

}  // namespace tools
