#include "sql/statement_kind.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "sql/lexer.hpp"

namespace sql {

namespace {

struct Name {
    std::string_view text;
    StatementKind kind;
};

// The first name of a kind is the one that is shown.
constexpr auto names = std::to_array<Name>({
    {"UNKNOWN", StatementKind::unknown},
    {"SELECT", StatementKind::select},
    {"WITH ... SELECT", StatementKind::with_select},
    {"VALUES", StatementKind::values},
    {"SHOW", StatementKind::show},
    {"DESCRIBE", StatementKind::describe},
    {"EXPLAIN", StatementKind::explain},
    {"LIST", StatementKind::list},
    {"INSERT", StatementKind::insert},
    {"UPDATE", StatementKind::update},
    {"DELETE", StatementKind::delete_},
    {"MERGE", StatementKind::merge},
    {"TRUNCATE", StatementKind::truncate},
    {"CREATE", StatementKind::create},
    {"ALTER", StatementKind::alter},
    {"DROP", StatementKind::drop},
    {"UNDROP", StatementKind::undrop},
    {"COMMENT", StatementKind::comment},
    {"GRANT", StatementKind::grant},
    {"REVOKE", StatementKind::revoke},
    {"COPY", StatementKind::copy},
    {"PUT", StatementKind::put},
    {"GET", StatementKind::get},
    {"REMOVE", StatementKind::remove},
    {"CALL", StatementKind::call},
    {"EXECUTE", StatementKind::execute},
    {"EXECUTE IMMEDIATE", StatementKind::execute_immediate},
    {"ANONYMOUS PROCEDURE", StatementKind::anonymous_procedure},
    {"SCRIPTING", StatementKind::scripting},
    {"USE", StatementKind::use},
    {"SET", StatementKind::set},
    {"UNSET", StatementKind::unset},
    {"ALTER SESSION", StatementKind::alter_session},
    {"BEGIN", StatementKind::begin},
    {"COMMIT", StatementKind::commit},
    {"ROLLBACK", StatementKind::rollback},
    // other spellings
    {"WITH", StatementKind::with_select},
    {"WITH SELECT", StatementKind::with_select},
    {"WITH...SELECT", StatementKind::with_select},
    {"WITH … SELECT", StatementKind::with_select},
    {"DESC", StatementKind::describe},
    {"LS", StatementKind::list},
    {"RM", StatementKind::remove},
    {"COPY INTO", StatementKind::copy},
});

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<StatementKind> kind_named(std::string_view text) {
    const auto* found = std::find_if(names.begin(), names.end(),
                                     [&](const Name& name) { return equals_ignoring_case(name.text, text); });
    if (found == names.end() || found->kind == StatementKind::unknown) return std::nullopt;
    return found->kind;
}

}  // namespace

std::string_view to_string(StatementKind kind) { return names[static_cast<std::size_t>(kind)].text; }

bool is_read(StatementKind kind) {
    switch (kind) {
        case StatementKind::select:
        case StatementKind::with_select:
        case StatementKind::values:
        case StatementKind::show:
        case StatementKind::describe:
        case StatementKind::explain:
        case StatementKind::list: return true;
        default: return false;
    }
}

bool may_be_allowed(StatementKind kind) {
    switch (kind) {
        case StatementKind::unknown:
        case StatementKind::execute_immediate:
        case StatementKind::anonymous_procedure:
        case StatementKind::scripting:
        case StatementKind::use:
        case StatementKind::set:
        case StatementKind::unset:
        case StatementKind::alter_session:
        case StatementKind::begin:
        case StatementKind::commit:
        case StatementKind::rollback: return false;
        default: return true;
    }
}

CommandSet CommandSet::reads() {
    CommandSet set;
    for (const StatementKind kind : {StatementKind::select, StatementKind::with_select, StatementKind::values,
                                     StatementKind::show, StatementKind::describe, StatementKind::explain}) {
        set.add(kind);
    }
    return set;
}

base::Result<CommandSet> parse_commands(std::string_view text) {
    CommandSet set;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view name = trim(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (name.empty()) continue;
        const auto kind = kind_named(name);
        if (!kind) {
            return base::fail(base::Kind::bad_argument,
                              "no SQL command is called " + std::string{name} + " (say SELECT, SHOW, INSERT, …)");
        }
        if (!may_be_allowed(*kind)) {
            return base::fail(base::Kind::bad_argument,
                              std::string{name} + " can't be allowed: sessions are shared between clients, and what " +
                                  "runs must have been judged");
        }
        set.add(*kind);
    }
    return set;
}

}  // namespace sql
