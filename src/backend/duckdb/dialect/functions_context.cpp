/// What a session knows of itself. Source: https://docs.snowflake.com/en/sql-reference/functions-context
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

Value text_or_null(const Call& call, const std::string& text) {
    return call.value(text.empty() ? "CAST(NULL AS VARCHAR)" : quoted_text(text), Type::text());
}

Value context(Call& call) {
    const TranslationContext& known = call.binder.context();
    const std::string_view what = call.name.substr(std::string_view{"CURRENT_"}.size());
    if (what == "DATABASE") return text_or_null(call, known.names.database);
    if (what == "SCHEMA") return text_or_null(call, known.names.schema);
    if (what == "WAREHOUSE") return text_or_null(call, known.names.warehouse);
    if (what == "ROLE") return text_or_null(call, known.names.role);
    if (what == "USER") return text_or_null(call, known.user);
    if (what == "ACCOUNT" || what == "ACCOUNT_NAME") return text_or_null(call, known.account);
    if (what == "ORGANIZATION_NAME") return text_or_null(call, known.organization);
    if (what == "REGION") return text_or_null(call, known.region);
    if (what == "VERSION") return text_or_null(call, known.version);
    if (what == "SESSION") return text_or_null(call, known.session_id);
    if (what == "CLIENT") return text_or_null(call, "snowflake-mcp");
    if (what == "SCHEMAS") {
        const std::string path =
            known.names.database.empty() ? "[]" : fmt::format("[\"{}.{}\"]", known.names.database, known.names.schema);
        return text_or_null(call, path);
    }
    return call.unsupported(call.name);
}

/// GET_DDL('TABLE', 'name' [, fully_qualified]): the catalogue writes it.
Value get_ddl(Call& call) {
    const std::string kind = call.constant_text(0);
    const std::string name = call.constant_text(1);
    const bool full = call.count() == 3 && call.sql(2) == "TRUE";
    if (call.binder.failure().failed()) return call.binder.failed();
    base::Result<std::string> ddl = call.binder.context().catalog.ddl(kind, name, full, call.binder.context().names);
    if (!ddl) {
        call.binder.failure().set(std::move(ddl.error()));
        return call.binder.failed();
    }
    return call.value(quoted_text(*ddl), Type::text());
}

/// SEQ1 … SEQ8: the number of the row of GENERATOR, from 0.
Value sequence(Call& call) {
    const Type type = Type::integer(Storage::i64, call.name == "SEQ8" ? 19 : 10);
    if (call.count() == 1 && call.sql(0) != "0") return call.unsupported(fmt::format("{} with an argument", call.name));
    if (call.scope.sources.empty()) return call.value("0", type);
    if (call.scope.sources.size() == 1 && !call.scope.sources[0].generator.empty())
        return call.value(call.scope.sources[0].generator, type);
    return call.unsupported(fmt::format("{} over anything but TABLE(GENERATOR(...))", call.name),
                            "use ROW_NUMBER() OVER (ORDER BY ...)");
}

/// TYPEOF is for VARIANT; SYSTEM$TYPEOF names any type, as NUMBER(38,0)[SB8] whose storage we can't know.
Value system_function(Call& call) { return call.unsupported(call.name); }

constexpr auto functions = std::to_array<Function>({
    {"CURRENT_DATABASE", 0, 0, "", "", "", context},
    {"CURRENT_SCHEMA", 0, 0, "", "", "", context},
    {"CURRENT_SCHEMAS", 0, 0, "", "", "", context},
    {"CURRENT_WAREHOUSE", 0, 0, "", "", "", context},
    {"CURRENT_ROLE", 0, 0, "", "", "", context},
    {"CURRENT_USER", 0, 0, "", "", "", context},
    {"CURRENT_ACCOUNT", 0, 0, "", "", "", context},
    {"CURRENT_ACCOUNT_NAME", 0, 0, "", "", "", context},
    {"CURRENT_ORGANIZATION_NAME", 0, 0, "", "", "", context},
    {"CURRENT_REGION", 0, 0, "", "", "", context},
    {"CURRENT_VERSION", 0, 0, "", "", "", context},
    {"CURRENT_SESSION", 0, 0, "", "", "", context},
    {"CURRENT_CLIENT", 0, 0, "", "", "", context},
    {"GET_DDL", 2, 3, "", "", "", get_ddl},
    {"SEQ1", 0, 1, "", "", "", sequence},
    {"SEQ2", 0, 1, "", "", "", sequence},
    {"SEQ4", 0, 1, "", "", "", sequence},
    {"SEQ8", 0, 1, "", "", "", sequence},
    {"SYSTEM$TYPEOF", 1, 1, "", "", "", system_function},
});

}  // namespace

std::span<const Function> context_functions() { return functions; }

}  // namespace backend::duckdb::dialect
