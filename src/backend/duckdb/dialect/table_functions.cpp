/// TABLE( … ) and LATERAL: FLATTEN, GENERATOR, SPLIT_TO_TABLE.
///
/// Source: https://docs.snowflake.com/en/sql-reference/functions-table
#include <fmt/format.h>

#include <array>
#include <optional>

#include "backend/duckdb/dialect/functions.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

namespace {

/// Arguments by name, or by position in the order of `names`.
class Arguments {
public:
    Arguments(const Expr& call, std::initializer_list<std::string_view> names, Failure& failure) : names_{names} {
        found_.resize(names_.size());
        std::size_t position = 0;
        for (const Expr* arg : call.args) {
            std::size_t at = position++;
            const Expr* value = arg;
            if (arg->kind == ExprKind::named_argument) {
                value = arg->args[0];
                for (at = 0; at < names_.size() && names_[at] != arg->text; ++at) {
                }
            }
            if (at >= names_.size() || found_[at] != nullptr) {
                failure.compilation(arg->begin,
                                    fmt::format("invalid argument of table function {}", call.name[0].text));
                return;
            }
            found_[at] = value;
        }
    }

    const Expr* operator[](std::string_view name) const {
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (names_[i] == name) return found_[i];
        }
        return nullptr;
    }

private:
    std::vector<std::string_view> names_;
    std::vector<const Expr*> found_;
};

bool truth(const Expr* expr) { return expr != nullptr && expr->kind == ExprKind::boolean && expr->text == "TRUE"; }

std::string text_constant(const Expr* expr, std::string_view otherwise, Failure& failure) {
    if (expr == nullptr) return std::string{otherwise};
    if (expr->kind != ExprKind::string) failure.unsupported("An argument of FLATTEN that is not a constant");
    return expr->text;
}

Type number_type() { return Type::integer(Storage::i64, 38); }

}  // namespace

std::string Binder::bind_table_function(const FromItem& item, Scope& scope) {
    const Expr& call = *item.call;
    const std::string& name = call.name[0].text;
    Source source;
    BoundQuery query;
    // The arguments see the tables before; their text then refers to them, so the join is lateral.
    Scope arguments;
    arguments.sources = scope.sources;
    arguments.using_columns = scope.using_columns;
    arguments.outer = scope.outer;
    arguments.place = Scope::Place::nothing;
    const bool first = scope.sources.empty() && scope.outer == nullptr;
    const std::string inner = next_alias();
    if (call.name.size() == 1 && name == "FLATTEN") {
        const Arguments given{call, {"INPUT", "PATH", "OUTER", "RECURSIVE", "MODE"}, failure_};
        if (given["INPUT"] == nullptr) {
            failure_.compilation(call.begin, "FLATTEN needs INPUT");
            return {};
        }
        Value input = bind(*given["INPUT"], arguments);
        if (!input.type.is_semi_structured() && !input.type.is(TypeKind::null)) {
            failure_.compilation(call.begin,
                                 fmt::format("invalid type [{}] for parameter 'INPUT' of FLATTEN", input.type.name()),
                                 "001007");
            return {};
        }
        const std::string path = text_constant(given["PATH"], "", failure_);
        const std::string mode = sql::to_upper(text_constant(given["MODE"], "BOTH", failure_));
        if (!path.empty()) failure_.unsupported("FLATTEN with PATH", "put the path into INPUT: INPUT => v:path");
        const bool recursive = truth(given["RECURSIVE"]);
        query.sql = fmt::format(
            "SELECT 1 AS \"SEQ\", f.k AS \"KEY\", f.p AS \"PATH\", f.i AS \"INDEX\", f.v AS \"VALUE\", f.t AS \"THIS\" "
            "FROM "
            "(SELECT unnest(__sf_flatten(COALESCE({}, ''), {}, {}, {})) AS f) AS {}",
            input.sql, truth(given["OUTER"]), recursive, quoted_text(mode), inner);
        Type seq = number_type();
        if (!first) seq.kind = TypeKind::unsupported;  // one number a row of the other tables: not known here
        query.columns = {{"SEQ", "SEQ", seq},
                         {"KEY", "KEY", Type::text()},
                         {"PATH", "PATH", Type::text()},
                         {"INDEX", "INDEX", number_type()},
                         {"VALUE", "VALUE", Type::of(TypeKind::variant)},
                         {"THIS", "THIS", Type::of(TypeKind::variant)}};
    } else if (call.name.size() == 1 && (name == "SPLIT_TO_TABLE" || name == "STRTOK_SPLIT_TO_TABLE")) {
        const Arguments given{call, {"STRING", "DELIMITER"}, failure_};
        if (given["STRING"] == nullptr || given["DELIMITER"] == nullptr) {
            failure_.compilation(call.begin, fmt::format("{} needs a string and a delimiter", name));
            return {};
        }
        const Value text = coerce(bind(*given["STRING"], arguments), Type::text(), call);
        const Value delimiter = coerce(bind(*given["DELIMITER"], arguments), Type::text(), call);
        const std::string_view function = name == "SPLIT_TO_TABLE" ? "__sf_split_array" : "__sf_strtok_array";
        query.sql = fmt::format(
            "SELECT 1 AS \"SEQ\", f.i + 1 AS \"INDEX\", __sf_variant_text(f.v) AS \"VALUE\" FROM "
            "(SELECT unnest(__sf_flatten(COALESCE({}({}, {}), ''), FALSE, FALSE, 'BOTH')) AS f) AS {}",
            function, text.sql, delimiter.sql, inner);
        Type seq = number_type();
        if (!first) seq.kind = TypeKind::unsupported;
        query.columns = {{"SEQ", "SEQ", seq}, {"INDEX", "INDEX", number_type()}, {"VALUE", "VALUE", Type::text()}};
    } else if (call.name.size() == 1 && name == "GENERATOR") {
        const Arguments given{call, {"ROWCOUNT", "TIMELIMIT"}, failure_};
        const Expr* rows = given["ROWCOUNT"];
        if (rows == nullptr || given["TIMELIMIT"] != nullptr || rows->kind != ExprKind::number ||
            rows->text.find('.') != std::string::npos) {
            failure_.unsupported("GENERATOR without a constant ROWCOUNT");
            return {};
        }
        const std::string alias = next_alias();
        source.alias = item.has_alias ? item.alias : "";
        source.generator = alias + ".n";
        scope.sources.push_back(std::move(source));
        return fmt::format("(SELECT range AS n FROM range({})) AS {}", rows->text, alias);
    } else {
        failure_.unsupported(
            fmt::format("The table function {}", source_text(call).substr(0, source_text(call).find('('))),
            "FLATTEN, GENERATOR, SPLIT_TO_TABLE and STRTOK_SPLIT_TO_TABLE are");
        return {};
    }
    if (failure_.failed()) return {};
    return add_source(item, std::move(query), std::move(source), scope, true);
}

}  // namespace backend::duckdb::dialect
