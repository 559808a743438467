/// The configured accounts as tools see them: a call asks the first unless its argument `connection` names another.
///
/// Place: made by `app` before the registry; each tool's handler holds it. With one connection no tool has the
/// argument. Threads: immutable after it is made. Lifetime: shared by the handlers, which live as long as the registry;
/// the pipelines must outlive it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/context.hpp"
#include "mcp/schema.hpp"
#include "query/pipeline.hpp"
#include "tools/choices.hpp"

namespace tools {

class LongQueries;

/// One account (or the embedded database).
struct Connection {
    std::string name;
    query::Pipeline& pipeline;
    LongQueries* long_queries = nullptr;  ///< null: no statement outlives its call
    Choices choices = {};
    std::size_t index = 0;  ///< which of all; set by `Connections`
};

class Connections {
public:
    /// At least one; names differ. The first is the default.
    explicit Connections(std::vector<Connection> all);

    const std::vector<Connection>& all() const { return all_; }
    const Connection& first() const { return all_.front(); }
    bool are_several() const { return all_.size() > 1; }
    /// Null: none has this name.
    const Connection* find(std::string_view name) const;
    /// The one that a call asks. Its arguments were checked by what `offer` made.
    const Connection& of(const mcp::Context& context) const;

    /// With `connection` where there is a choice.
    template <class T>
    mcp::Arguments<T> offer(mcp::Arguments<T> arguments) const {
        if (!are_several()) return arguments;
        return std::move(arguments).with_choice(argument, "which account", names());
    }
    /// `role` and `warehouse` as any of the connections offers them; each call is judged by its own connection's.
    template <class T>
    mcp::Arguments<T> with_choices(mcp::Arguments<T> arguments) const {
        return choices_.apply(std::move(arguments));
    }
    /// Does none of them let anything through but reads?
    bool are_read_only() const;

    static constexpr std::string_view argument = "connection";

private:
    std::vector<std::string> names() const;

    std::vector<Connection> all_;
    Choices choices_;  // all together, for the schemas only
};

/// Shared by the handlers of all tools: the registry, which holds those, may be moved about.
using ConnectionsPtr = std::shared_ptr<const Connections>;

}  // namespace tools
