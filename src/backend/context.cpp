#include "backend/context.hpp"

#include <utility>

namespace backend {
namespace {

void fill(std::string& part, const std::string& from) {
    if (part.empty()) part = from;
}

/// Another database than the session's own comes with a schema of its own choice.
bool brings_its_schema(const Context& wanted, const Context& own) {
    return wanted.schema.empty() && !wanted.database.empty() && wanted.database != own.database;
}

}  // namespace

Context completed(Context wanted, const Context& own) {
    if (!brings_its_schema(wanted, own)) fill(wanted.schema, own.schema);
    fill(wanted.database, own.database);
    fill(wanted.role, own.role);
    fill(wanted.secondary_roles, own.secondary_roles);
    fill(wanted.warehouse, own.warehouse);
    return wanted;
}

bool is_in(const Context& present, const Context& wanted, const Context& own) {
    const auto same = [&](std::string Context::* part) {
        const std::string& needed = (wanted.*part).empty() ? own.*part : wanted.*part;
        return present.*part == needed;
    };
    if (!same(&Context::role) || !same(&Context::secondary_roles) || !same(&Context::warehouse)) return false;
    if (!same(&Context::database)) return false;
    return brings_its_schema(wanted, own) ? present.schema == "PUBLIC" : same(&Context::schema);
}

}  // namespace backend
