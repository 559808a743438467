#include "query/guard_stage.hpp"

#include <utility>

namespace query {

namespace {

/// A text that is parsed when it is set; the error says what is wrong in it.
template <class Parsed, class Parse>
base::Setting parsed_list(std::string name, std::string meaning, std::string& shown, Parsed& into, Parse parse) {
    return {.name = std::move(name),
            .group = {},
            .type = "list",
            .unit = {},
            .range = {},
            .meaning = std::move(meaning),
            .set = [&shown, &into, parse](std::string_view text) -> base::Result<void> {
                auto parsed = parse(text);
                if (!parsed) return base::fail(std::move(parsed.error()));
                into = std::move(*parsed);
                shown = std::string{text};
                return {};
            },
            .show = [&shown] { return shown; },
            .default_text = {}};
}

}  // namespace

base::SettingsTable settings_table(GuardSettings& settings) {
    base::SettingsTable table{"Guard"};
    table.add(parsed_list("ALLOWED_SQL_COMMANDS", "Kinds of statements that may run; what is not named is refused.",
                          settings.allowed_sql_commands, settings.policy.allowed_commands, sql::parse_commands));
    table.add(
        parsed_list("ALLOWED_FUNCTIONS",
                    "Functions beside Snowflake's own reading ones that statements may call: names, or DB.SCHEMA.* "
                    "for all of a schema.",
                    settings.allowed_functions, settings.policy.allowed_functions, sql::parse_functions));
    table.boolean("ALLOW_STAGE_READS", settings.policy.allow_stage_reads,
                  "Statements may read files of stages (@stage).");
    return table;
}

}  // namespace query
