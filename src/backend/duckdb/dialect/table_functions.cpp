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

/// `f.k` and its like, for a list whose rows are `f` of the alias.
struct Member {
    std::string_view name;
    std::string_view sql;  ///< `{}` is the row
    Type type;
};

std::string place_row(std::string_view sql, const std::string& row) {
    std::string out{sql};
    for (std::size_t at = out.find("{}"); at != std::string::npos; at = out.find("{}", at + row.size())) {
        out.replace(at, 2, row);
    }
    return out;
}

}  // namespace

struct Binder::TableFunction {
    std::string list;  ///< DuckDB text of a list of rows
    std::vector<Member> members;
};

Binder::TableFunction Binder::bind_flatten(const Expr& call, Scope& arguments, bool first) {
    const Arguments given{call, {"INPUT", "PATH", "OUTER", "RECURSIVE", "MODE"}, failure_};
    if (given["INPUT"] == nullptr) {
        failure_.compilation(call.begin, "FLATTEN needs INPUT");
        return {};
    }
    const Value input = bind(*given["INPUT"], arguments);
    if (!input.type.is_semi_structured() && !input.type.is(TypeKind::null)) {
        failure_.compilation(
            call.begin, fmt::format("invalid type [{}] for parameter 'INPUT' of FLATTEN", input.type.name()), "001007");
        return {};
    }
    if (!text_constant(given["PATH"], "", failure_).empty()) {
        failure_.unsupported("FLATTEN with PATH", "put the path into INPUT: INPUT => v:path");
    }
    const std::string mode = sql::to_upper(text_constant(given["MODE"], "BOTH", failure_));
    Type seq = number_type();
    if (!first) seq.kind = TypeKind::unsupported;  // one number a row of the other tables: not known here
    return {fmt::format("__sf_flatten(COALESCE({}, ''), {}, {}, {})", input.sql, truth(given["OUTER"]),
                        truth(given["RECURSIVE"]), quoted_text(mode)),
            {{"SEQ", "1", seq},
             {"KEY", "{}.k", Type::text()},
             {"PATH", "{}.p", Type::text()},
             {"INDEX", "{}.i", number_type()},
             {"VALUE", "{}.v", Type::of(TypeKind::variant)},
             {"THIS", "{}.t", Type::of(TypeKind::variant)}}};
}

Binder::TableFunction Binder::bind_split(const Expr& call, Scope& arguments, bool first) {
    const Arguments given{call, {"STRING", "DELIMITER"}, failure_};
    const std::string& name = call.name[0].text;
    if (given["STRING"] == nullptr || (given["DELIMITER"] == nullptr && name == "SPLIT_TO_TABLE")) {
        failure_.compilation(call.begin, fmt::format("{} needs a string and a delimiter", name));
        return {};
    }
    const Value text = coerce(bind(*given["STRING"], arguments), Type::text(), call);
    const std::string delimiter =
        given["DELIMITER"] == nullptr ? "' '" : coerce(bind(*given["DELIMITER"], arguments), Type::text(), call).sql;
    const std::string_view function = name == "SPLIT_TO_TABLE" ? "__sf_split_array" : "__sf_strtok_array";
    Type seq = number_type();
    if (!first) seq.kind = TypeKind::unsupported;
    return {fmt::format("__sf_flatten(COALESCE({}({}, {}), ''), FALSE, FALSE, 'BOTH')", function, text.sql, delimiter),
            {{"SEQ", "1", seq},
             {"INDEX", "({}.i + 1)", number_type()},
             {"VALUE", "__sf_variant_text({}.v)", Type::text()}}};
}

/// Rows without columns; SEQ4() and its like count them.
std::string Binder::bind_generator(const FromItem& item, Scope& scope) {
    const Arguments given{*item.call, {"ROWCOUNT", "TIMELIMIT"}, failure_};
    const Expr* const rows = given["ROWCOUNT"];
    if (rows == nullptr || given["TIMELIMIT"] != nullptr || rows->kind != ExprKind::number ||
        rows->text.find_first_not_of("0123456789") != std::string::npos) {
        failure_.unsupported("GENERATOR without a constant ROWCOUNT");
        return {};
    }
    const std::string alias = next_alias();
    Source& source = scope.sources.emplace_back();
    source.alias = item.has_alias ? item.alias : "";
    source.generator = alias + ".n";
    return fmt::format("(SELECT range AS n FROM range({})) AS {}", rows->text, alias);
}

/// `alone`: it may be written as two tables, for it stands in a list or a cross join (DuckDB then keeps the order of
/// the elements); else as one.
std::string Binder::bind_table_function(const FromItem& item, Scope& scope, bool alone) {
    const Expr& call = *item.call;
    const std::string name = call.name.size() == 1 ? call.name[0].text : std::string{};
    if (name == "GENERATOR") return bind_generator(item, scope);
    // The arguments see the tables before; their text then refers to them, so the join is lateral.
    Scope arguments;
    arguments.sources = scope.sources;
    arguments.using_columns = scope.using_columns;
    arguments.outer = scope.outer;
    arguments.place = Scope::Place::nothing;
    const bool first = scope.sources.empty() && scope.outer == nullptr;
    TableFunction function;
    if (name == "FLATTEN") {
        function = bind_flatten(call, arguments, first);
    } else if (name == "SPLIT_TO_TABLE" || name == "STRTOK_SPLIT_TO_TABLE") {
        function = bind_split(call, arguments, first);
    } else {
        failure_.unsupported(
            fmt::format("The table function {}", source_text(call).substr(0, source_text(call).find('('))),
            "FLATTEN, GENERATOR, SPLIT_TO_TABLE and STRTOK_SPLIT_TO_TABLE are");
    }
    if (failure_.failed()) return {};
    const std::string list = next_alias();
    const std::string rows = next_alias();
    const std::string row = rows + ".f";
    if (alone && item.pivots.empty() && !item.has_sample && item.column_aliases.empty()) {
        Source& source = scope.sources.emplace_back();
        if (item.has_alias) source.alias = item.alias;
        for (const Member& member : function.members) {
            source.columns.push_back({std::string{member.name}, place_row(member.sql, row), member.type, false});
        }
        return fmt::format("LATERAL (SELECT {0} AS l) AS {1} CROSS JOIN UNNEST({1}.l) AS {2}(f)", function.list, list,
                           rows);
    }
    BoundQuery query;
    std::string items;
    for (const Member& member : function.members) {
        query.columns.push_back({std::string{member.name}, std::string{member.name}, member.type});
        items += fmt::format("{}{} AS {}", items.empty() ? "" : ", ", place_row(member.sql, row), quoted(member.name));
    }
    query.sql = fmt::format("SELECT {0} FROM (SELECT {1} AS l) AS {2}, UNNEST({2}.l) AS {3}(f)", items, function.list,
                            list, rows);
    return add_source(item, std::move(query), {}, scope, true);
}

}  // namespace backend::duckdb::dialect
