#include "query/guard_stage.hpp"

#include <utility>

#include "base/encoding.hpp"
#include "sql/guard.hpp"
#include "sql/normalize.hpp"

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

base::Result<Judgement> GuardStage::judge(std::string_view text) const {
    sql::Verdict verdict = sql::judge_call(text, *policy_);
    if (verdict.is_allowed()) {
        return Judgement{
            .is_cacheable = verdict.is_cacheable,
            .is_metadata = verdict.kind == sql::StatementKind::show || verdict.kind == sql::StatementKind::describe,
            .is_read = sql::is_read(verdict.kind)};
    }
    return base::fail(base::Error{base::Kind::denied, std::move(verdict.reason)}
                          .at(base::Stage::guard)
                          .code(std::string{verdict.rule}));
}

void LongJudgement::run() {
    verdict_ = guard_.judge(text_);
    if (!verdict_ || !verdict_->is_cacheable) return;
    const auto digest = base::sha256(sql::normalize(text_));
    verdict_->key_text = "sha256 " + base::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool GuardStage::allows_only_reads() const {
    for (std::size_t i = 0; i < sql::statement_kinds; ++i) {
        const auto kind = static_cast<sql::StatementKind>(i);
        if (policy_->allowed_commands.contains(kind) && !sql::is_read(kind)) return false;
    }
    return true;
}

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
