#include "tools/choices.hpp"

namespace tools {

base::Result<void> Choices::put(backend::Context& context, const std::optional<std::string>& role,
                                const std::optional<std::string>& warehouse) const {
    const auto take = [](const Choice& choice, std::string_view argument, const std::optional<std::string>& written,
                         std::string& into) -> base::Result<void> {
        if (!written || written->empty()) return {};
        auto name = choice.choose(argument, *written);
        if (!name) return base::fail(std::move(name.error()));
        into = std::move(*name);
        return {};
    };
    if (auto taken = take(roles, "role", role, context.role); !taken) return taken;
    return take(warehouses, "warehouse", warehouse, context.warehouse);
}

}  // namespace tools
