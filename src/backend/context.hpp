/// In what a statement runs, and for whom: plain values, shared by pool, sessions and backends.
#pragma once

#include <compare>
#include <string>

namespace backend {

/// What names resolve in. Empty: the session's (or the connection's) own, as the login named it; an empty schema beside
/// a database that was named: what that database brings (its PUBLIC), as USE DATABASE does.
struct Context {
    std::string role;
    std::string secondary_roles;  ///< "NONE", "ALL" or empty
    std::string warehouse;
    std::string database;
    std::string schema;

    friend bool operator==(const Context&, const Context&) = default;
};

/// `wanted` with its empty parts filled from `own`, by the rule above.
Context completed(Context wanted, const Context& own);
/// Is a session in `present`, whose own is `own`, where `wanted` is to run? Without allocation.
bool is_in(const Context& present, const Context& wanted, const Context& own);

/// Whose login it is. Pools keep sessions of different identities apart. Empty: the connection's configured user; a
/// login for another one finds its secret by the call's principal.
struct Identity {
    std::string name;

    bool is_own() const { return name.empty(); }
    friend bool operator==(const Identity&, const Identity&) = default;
    friend auto operator<=>(const Identity&, const Identity&) = default;
};

}  // namespace backend
