#include "backend/duckdb/statement_plan.hpp"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <vector>

#include "backend/duckdb/built_database.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb {
namespace {

/// The links of a `->>` chain; one for a statement without.
std::vector<std::string_view> links_of(std::string_view text) {
    std::vector<std::string_view> links;
    std::size_t start = 0;
    for (const sql::Token& token : sql::significant_tokens(text)) {
        if (!token.is("->>")) continue;
        links.push_back(text.substr(start, token.offset - start));
        start = token.end_offset();
    }
    links.push_back(text.substr(start));
    return links;
}

/// What EXPLAIN explains, if the text is one; else nothing.
struct Explained {
    ExplainFormat format = ExplainFormat::tabular;
    std::string_view text;
};

base::Error cannot_explain(std::string_view found) {
    return base::Error{base::Kind::sql,
                       fmt::format("SQL compilation error: EXPLAIN USING takes TABULAR, JSON or TEXT, not '{}'", found)}
        .at(base::Stage::query)
        .code("001003", "42000");
}

base::Result<std::optional<Explained>> explained(std::string_view text) {
    sql::Lexer lexer{text};
    sql::Token token = lexer.next_significant();
    if (!token.is_word("EXPLAIN")) return std::nullopt;
    Explained result{.text = text.substr(token.end_offset())};
    token = lexer.next_significant();
    if (!token.is_word("USING")) return result;
    token = lexer.next_significant();
    if (token.is_word("JSON"))
        result.format = ExplainFormat::json;
    else if (token.is_word("TEXT"))
        result.format = ExplainFormat::text;
    else if (!token.is_word("TABULAR"))
        return base::fail(cannot_explain(token.text));
    result.text = text.substr(token.end_offset());
    return result;
}

/// The columns under their names and in the types that are said of them.
std::string cast_list(const std::vector<RelationColumn>& columns) {
    std::string list;
    for (const RelationColumn& column : columns) {
        const std::string name = duckdb_name(column.name);
        list += fmt::format("{}CAST({} AS {}) AS {}", list.empty() ? "" : ", ", name, column.duckdb_type, name);
    }
    return list;
}

/// The catalogue, noting whether all that was found in it is repeatable.
class NotingLookup final : public CatalogLookup {
public:
    explicit NotingLookup(const Catalog& catalog) : catalog_{catalog} {}

    base::Result<FoundRelation> relation(std::span<const NamePart> parts, const Context& context) const override {
        auto found = catalog_.relation(parts, context);
        if (found && !found->repeatable) repeatable_ = false;
        return found;
    }
    base::Result<std::string> ddl(std::string_view kind, std::string_view name, bool fully_qualified,
                                  const Context& context) const override {
        return catalog_.ddl(kind, name, fully_qualified, context);
    }
    bool repeatable() const { return repeatable_; }

private:
    const Catalog& catalog_;
    mutable bool repeatable_ = true;
};

/// DuckDB draws the seed of a sample while it plans.
bool takes_sample(std::string_view sql) { return sql.find("TABLESAMPLE") != std::string_view::npos; }

class Planner {
public:
    Planner(const Engine& engine, const Statement& statement, std::string_view session_id)
        : engine_{engine}, statement_{statement}, session_id_{session_id}, lookup_{engine.catalog()} {}

    base::Result<StatementPlan> plan() {
        const std::vector<std::string_view> links = links_of(statement_.text);
        for (std::size_t i = 0; i + 1 < links.size(); ++i)
            if (auto added = add_link(links[i]); !added) return base::fail(added.error());
        return plan_link(links.back());
    }

private:
    base::Result<StatementPlan> plan_link(std::string_view text) {
        auto command = parse_catalog_command(text);
        if (!command) return base::fail(command.error());
        if (*command) {
            auto rows = answer(**command, engine_.catalog(), statement_.context, engine_.warehouse());
            if (!rows) return base::fail(rows.error());
            return std::move(*rows);
        }
        auto explain = explained(text);
        if (!explain) return base::fail(explain.error());
        auto translation = translate(*explain ? (*explain)->text : text);
        if (!translation) return base::fail(translation.error());
        if (*explain) return ExplainPlan{.format = (*explain)->format, .translation = std::move(*translation)};
        return std::move(*translation);
    }

    /// Its rows become what the links after it call $1, $2, …
    base::Result<void> add_link(std::string_view text) {
        auto plan = plan_link(text);
        if (!plan) return base::fail(plan.error());
        std::vector<RelationColumn>& columns = columns_.emplace_back();
        FoundRelation relation{.alias = fmt::format("__LINK_{}", columns_.size()), .needs_alias = true};
        if (const auto* rows = std::get_if<MemoryRows>(&*plan)) {
            relation.sql = as_values_sql(*rows);
            for (const Column& column : rows->columns)
                columns.push_back(
                    {.name = column.name, .type = column.type, .duckdb_type = duckdb_type_of(column.type)});
        } else if (const auto* translation = std::get_if<Translation>(&*plan)) {
            std::string names;
            for (std::size_t i = 0; i < translation->column_names.size(); ++i) {
                const std::string& type = translation->column_types[i];
                names += fmt::format("{}{}", i > 0 ? ", " : "", duckdb_name(translation->column_names[i]));
                columns.push_back(
                    {.name = translation->column_names[i], .type = type, .duckdb_type = duckdb_type_of(type)});
            }
            relation.sql = fmt::format("(SELECT {} FROM ({}) AS t({}))", cast_list(columns), translation->sql, names);
        } else {
            return base::fail(
                base::Error{base::Kind::sql, "EXPLAIN inside a ->> chain is not supported by the embedded backend"}.at(
                    base::Stage::query));
        }
        relation.columns = columns;
        chain_.insert(chain_.begin(), std::move(relation));
        return {};
    }

    base::Result<Translation> translate(std::string_view text) const {
        const TranslationContext context{.catalog = lookup_,
                                         .names = statement_.context,
                                         .session_id = std::string{session_id_},
                                         .time_zone = engine_.zone().name,
                                         .bindings = statement_.bindings,
                                         .chain = chain_};
        auto translation = engine_.dialect().translate(text, context);
        if (translation) translation->repeatable = lookup_.repeatable() && !takes_sample(translation->sql);
        return translation;
    }

    const Engine& engine_;
    const Statement& statement_;
    std::string_view session_id_;
    NotingLookup lookup_;                              // of all links
    std::vector<FoundRelation> chain_;                 // nearest first
    std::deque<std::vector<RelationColumn>> columns_;  // stay where they are
};

}  // namespace

base::Result<StatementPlan> plan_statement(const Engine& engine, const Statement& statement,
                                           std::string_view session_id) {
    return Planner{engine, statement, session_id}.plan();
}

}  // namespace backend::duckdb
