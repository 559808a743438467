/// PIVOT and UNPIVOT, written out as grouping and as a cross product: the columns of the input are known.
///
/// Source: https://docs.snowflake.com/en/sql-reference/constructs/pivot and …/unpivot
#include <fmt/format.h>

#include <algorithm>

#include "backend/duckdb/dialect/binder.hpp"

namespace backend::duckdb::dialect {

namespace {

const Output* find(const std::vector<Output>& columns, const std::string& name) {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const Output& column) { return column.name == name; });
    return found == columns.end() ? nullptr : &*found;
}

}  // namespace

/// Groups by every column that is neither aggregated nor pivoted; one column a value (and aggregate), named `'value'`.
BoundQuery Binder::pivot(const PivotParts& parts, BoundQuery query) {
    const std::string alias = next_alias();
    Scope scope;
    scope.place = Scope::Place::nothing;
    Source& source = scope.sources.emplace_back();
    for (const Output& column : query.columns) {
        source.columns.push_back({column.name, fmt::format("{}.{}", alias, quoted(column.emit)), column.type, false});
    }
    const Output* const key = find(query.columns, parts.column);
    if (key == nullptr) {
        failure_.unknown_column(0, parts.column);
        return query;
    }
    std::vector<std::string> used{parts.column};
    for (const Expr* aggregate : parts.aggregates) {
        const bool simple = aggregate->kind == ExprKind::call && aggregate->args.size() == 1 &&
                            aggregate->args[0]->kind == ExprKind::column;
        if (!simple) {
            failure_.unsupported("PIVOT with anything but an aggregate of one column");
            return query;
        }
        used.push_back(aggregate->args[0]->name.back().text);
    }
    BoundQuery out;
    std::string groups;
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        const Output& column = query.columns[i];
        if (std::find(used.begin(), used.end(), column.name) != used.end()) continue;
        out.columns.push_back({column.name, {}, column.type});
        groups += fmt::format("{}{}", groups.empty() ? " GROUP BY " : ", ", source.columns[i].sql);
    }
    std::vector<std::string> written;
    for (std::size_t v = 0; v < parts.values.size(); ++v) {
        Value value = bind(*parts.values[v], scope);
        if (value.literal == Value::Literal::none && !value.type.is(TypeKind::null)) {
            failure_.unsupported("PIVOT IN ( ) with anything but constants");
            return query;
        }
        Value column{fmt::format("{}.{}", alias, quoted(key->emit)), key->type, {}, {}, false};
        const std::string test = compare("=", column, value, *parts.values[v]).sql;
        for (std::size_t a = 0; a < parts.aggregates.size(); ++a) {
            const Value result = bind(*parts.aggregates[a], scope);
            std::string name =
                parts.value_aliases[v].empty() ? std::string{source_text(*parts.values[v])} : parts.value_aliases[v];
            if (!parts.aggregate_aliases[a].empty()) {
                name += "_" + parts.aggregate_aliases[a];
            } else if (parts.aggregates.size() > 1) {
                failure_.unsupported("PIVOT with several aggregates without aliases");
            }
            out.columns.push_back({std::move(name), {}, result.type});
            written.push_back(fmt::format("{} FILTER (WHERE {})", result.sql, test));
            if (!result.sql.ends_with(')') || result.sql.starts_with('(') || result.sql.starts_with("__sf_")) {
                failure_.unsupported("This aggregate in PIVOT", "use SUM, MIN, MAX, COUNT or ANY_VALUE");
            }
        }
    }
    if (failure_.failed()) return query;
    make_unique(out.columns);
    std::string sql = "SELECT ";
    std::size_t at = 0;
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        if (std::find(used.begin(), used.end(), query.columns[i].name) != used.end()) continue;
        sql += fmt::format("{}{} AS {}", at == 0 ? "" : ", ", source.columns[i].sql, quoted(out.columns[at].emit));
        ++at;
    }
    for (const std::string& item : written) {
        sql += fmt::format("{}{} AS {}", at == 0 ? "" : ", ", item, quoted(out.columns[at].emit));
        ++at;
    }
    out.sql = fmt::format("{} FROM ({}) AS {}{}", sql, query.sql, alias, groups);
    return out;
}

/// One row a named column: its name and its value; rows whose value is NULL are left out unless INCLUDE NULLS.
BoundQuery Binder::unpivot(const PivotParts& parts, BoundQuery query) {
    const std::string alias = next_alias();
    const std::string rows = next_alias();
    BoundQuery out;
    std::string kept;
    Type type;
    std::vector<Value> values;
    std::string names;
    Expr where;
    for (std::size_t i = 0; i < parts.values.size(); ++i) {
        const Expr& column = *parts.values[i];
        const Output* const found =
            column.kind == ExprKind::column ? find(query.columns, column.name.back().text) : nullptr;
        if (found == nullptr) {
            failure_.unknown_column(column.begin, source_text(column));
            return query;
        }
        values.push_back({fmt::format("{}.{}", alias, quoted(found->emit)), found->type, {}, {}, false});
    }
    for (const Value& value : values) {
        if (value.type.kind != values[0].type.kind) {
            failure_.compilation(0, "UNPIVOT: the columns are not of one type");
            return query;
        }
    }
    type = unify(values, where);
    std::string outer;
    for (const Output& column : query.columns) {
        const bool turned = std::any_of(parts.values.begin(), parts.values.end(),
                                        [&](const Expr* value) { return value->name.back().text == column.name; });
        if (turned) continue;
        out.columns.push_back({column.name, {}, column.type});
        kept += fmt::format("{}.{}, ", alias, quoted(column.emit));
        outer += fmt::format("{}.{}, ", rows, quoted(column.emit));
    }
    out.columns.push_back({parts.column, {}, Type::text()});
    out.columns.push_back({parts.value_column, {}, type});
    make_unique(out.columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string& name =
            parts.value_aliases[i].empty() ? parts.values[i]->name.back().text : parts.value_aliases[i];
        names += fmt::format("{}{{'n': {}, 'v': {}}}", i == 0 ? "" : ", ", quoted_text(name), values[i].sql);
    }
    std::string columns;
    for (const Output& column : out.columns) columns += (columns.empty() ? "" : ", ") + quoted(column.emit);
    const std::string filter = parts.include_nulls ? "" : fmt::format(" WHERE {}.f.v IS NOT NULL", rows);
    out.sql = fmt::format(
        "SELECT * FROM (SELECT {0}{1}.f.n, {1}.f.v FROM (SELECT {2}unnest([{3}]) AS f FROM ({4}) AS {5}) AS {1}{6}) AS "
        "{7}({8})",
        outer, rows, kept, names, query.sql, alias, filter, next_alias(), columns);
    return out;
}

}  // namespace backend::duckdb::dialect
