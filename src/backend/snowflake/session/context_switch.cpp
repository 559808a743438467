#include "backend/snowflake/session/context_switch.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace backend::snowflake {
namespace {

bool is_bare_word(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto later = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '$'; };
    return !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), later);
}

bool differs(const std::string& now, const std::string& wanted, bool in_doubt) {
    return !wanted.empty() && (in_doubt || now != wanted);
}

}  // namespace

std::string quoted_identifier(std::string_view name) {
    std::string out{"\""};
    for (const char c : name) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

std::string folded_identifier(std::string_view written) {
    written = base::trim(written);
    if (is_bare_word(written)) return base::to_upper(written);
    if (written.size() < 2 || written.front() != '"' || written.back() != '"') return std::string{written};
    std::string name;
    written = written.substr(1, written.size() - 2);
    for (std::size_t i = 0; i < written.size(); ++i) {
        name.push_back(written[i]);
        if (written[i] == '"' && i + 1 < written.size() && written[i + 1] == '"') ++i;
    }
    return name;
}

Context wanted_context(Context asked, const Context& own) {
    const auto fill = [](std::string& mine, const std::string& theirs) {
        if (mine.empty()) mine = theirs;
    };
    fill(asked.role, own.role);
    fill(asked.secondary_roles, own.secondary_roles);
    fill(asked.warehouse, own.warehouse);
    fill(asked.database, own.database);
    if (asked.schema.empty() && asked.database == own.database) asked.schema = own.schema;
    return asked;
}

std::optional<ContextStep> next_step(const Position& now, const Context& wanted) {
    using Part = ContextStep::Part;
    const Context& here = now.context;
    const bool unreachable = (now.moved.role && wanted.role.empty()) ||
                             (now.moved.warehouse && wanted.warehouse.empty()) ||
                             (now.moved.place && wanted.database.empty());
    if (unreachable) return ContextStep{.part = Part::unreachable, .statement = {}};
    if (differs(here.role, wanted.role, now.in_doubt.role)) {
        return ContextStep{.part = Part::role, .statement = "USE ROLE " + quoted_identifier(wanted.role)};
    }
    if (differs(here.secondary_roles, wanted.secondary_roles, now.in_doubt.secondary_roles)) {
        const bool all = base::iequals(wanted.secondary_roles, "ALL");
        return ContextStep{.part = Part::secondary_roles,
                           .statement = all ? "USE SECONDARY ROLES ALL" : "USE SECONDARY ROLES NONE"};
    }
    if (differs(here.warehouse, wanted.warehouse, now.in_doubt.warehouse)) {
        return ContextStep{.part = Part::warehouse,
                           .statement = "USE WAREHOUSE " + quoted_identifier(wanted.warehouse)};
    }
    const bool other_database = differs(here.database, wanted.database, now.in_doubt.place);
    const bool other_schema = differs(here.schema, wanted.schema, now.in_doubt.place);
    if (!other_database && !other_schema) return std::nullopt;
    ContextStep step{.part = Part::place, .statement = {}};
    if (wanted.schema.empty()) {
        step.statement = "USE DATABASE " + quoted_identifier(wanted.database);
    } else if (wanted.database.empty()) {
        step.statement = "USE SCHEMA " + quoted_identifier(wanted.schema);
    } else {
        step.statement = "USE SCHEMA " + quoted_identifier(wanted.database) + "." + quoted_identifier(wanted.schema);
    }
    return step;
}

}  // namespace backend::snowflake
