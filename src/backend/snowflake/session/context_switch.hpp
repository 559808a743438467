/// From one context of a session to another by USE statements: which, in what order. Pure.
///
/// Names are exact (as the server's `final…Name` gives them) and go out quoted. Source of the order:
/// https://docs.snowflake.com/en/sql-reference/sql/use-role (a role decides what the rest may be).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/session.hpp"

namespace backend::snowflake {

/// Some parts of a context.
struct Parts {
    bool role = false;
    bool secondary_roles = false;
    bool warehouse = false;
    bool place = false;  ///< database and schema

    bool any() const { return role || secondary_roles || warehouse || place; }
    static Parts all() { return {.role = true, .secondary_roles = true, .warehouse = true, .place = true}; }
};

/// Where a session stands.
struct Position {
    Context context;  ///< as it was named last
    Parts in_doubt;   ///< of which that may no longer be so
    Parts moved;      ///< which are not the login's own any more
};

struct ContextStep {
    enum class Part : std::uint8_t {
        role,
        secondary_roles,
        warehouse,
        place,
        unreachable,  // wanted is the login's own, which has no name: only a new login has it
    };
    Part part = Part::role;
    std::string statement;  ///< empty with `unreachable`
};

/// What a statement asks for, filled up from the login's own. A database that is named without a schema brings its
/// PUBLIC, as USE DATABASE does: the schema stays empty then.
Context wanted_context(Context asked, const Context& own);

/// The next step from where a session stands to `wanted`; absent: it is there.
std::optional<ContextStep> next_step(const Position& now, const Context& wanted);

/// `"name"`, quotes inside doubled.
std::string quoted_identifier(std::string_view name);
/// The exact name that an identifier written as in SQL means: a bare word folds to capitals, quotes are taken off;
/// text that could not stand bare is the exact name.
std::string folded_identifier(std::string_view written);

}  // namespace backend::snowflake
