/// Which roles and warehouses a caller may choose for a statement; where there is no choice, tools do not offer it.
///
/// Threads: immutable after it is made.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/context.hpp"
#include "base/error.hpp"
#include "mcp/schema.hpp"

namespace tools {

struct Choice {
    bool offered = false;
    std::vector<std::string> names;  ///< the whole of it; empty: some are allowed by pattern
    /// The exact name that a written one means. Errors: `denied` that names the setting.
    std::function<base::Result<std::string>(std::string_view argument, std::string_view written)> choose;
    /// Of an exact name: for lists that mark it. Empty where the backend knows no such rule.
    std::function<bool(std::string_view name)> allows;
};

struct Choices {
    Choice roles;
    Choice warehouses;

    /// `role` and `warehouse` of a tool's arguments, as they are offered.
    template <class T>
    mcp::Arguments<T> apply(mcp::Arguments<T> arguments) const {
        return offer(offer(std::move(arguments), "role", roles), "warehouse", warehouses);
    }
    /// Into the context. Errors: as `Choice::choose`.
    base::Result<void> put(backend::Context& context, const std::optional<std::string>& role,
                           const std::optional<std::string>& warehouse) const;

private:
    template <class T>
    static mcp::Arguments<T> offer(mcp::Arguments<T> arguments, std::string_view member, const Choice& choice) {
        if (!choice.offered) return std::move(arguments).without(member);
        if (choice.names.empty()) return arguments;
        return std::move(arguments).limited_to(member, choice.names);
    }
};

}  // namespace tools
