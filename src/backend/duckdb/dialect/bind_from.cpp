/// FROM: tables, derived tables, joins. Each table gets an alias of ours; what the statement calls it stays in the
/// scope.
#include <fmt/format.h>

#include <algorithm>

#include "backend/duckdb/dialect/binder.hpp"

namespace backend::duckdb::dialect {

namespace {

std::string replace_place(std::string_view wrapper, const std::string& column) {
    if (wrapper.empty()) return column;
    std::string out{wrapper};
    for (std::size_t at = out.find("{}"); at != std::string::npos; at = out.find("{}", at + column.size())) {
        out.replace(at, 2, column);
    }
    return out;
}

}  // namespace

std::string Binder::bind_from(const FromItem& item, Scope& scope, bool alone) {
    if (failure_.failed()) return {};
    switch (item.kind) {
        case FromKind::join: return bind_join(item, scope);
        case FromKind::table: return bind_table(item, scope);
        case FromKind::chain: {
            const auto index = static_cast<std::size_t>(item.chain_index);
            if (index > context_.chain.size()) {
                failure_.compilation(item.offset, fmt::format("${} is not a statement of this chain", index));
                return {};
            }
            return add_relation(item, context_.chain[index - 1], scope);
        }
        case FromKind::function: return bind_table_function(item, scope, alone);
        case FromKind::subquery:
        case FromKind::values: break;
    }
    // A derived table sees the tables before it only where it is LATERAL.
    return bind_derived(item, bind_query(*item.query, item.lateral ? &scope : scope.outer), scope);
}

std::string Binder::bind_derived(const FromItem& item, BoundQuery query, Scope& scope) {
    return add_source(item, std::move(query), {}, scope, item.lateral);
}

/// Adds what a query answers as a table: pivots it, names its columns, and writes `(…) AS tN`.
std::string Binder::add_source(const FromItem& item, BoundQuery query, Source source, Scope& scope, bool lateral) {
    if (failure_.failed()) return {};
    for (const PivotParts* parts : item.pivots) {
        query = parts->unpivot ? unpivot(*parts, std::move(query)) : pivot(*parts, std::move(query));
        if (failure_.failed()) return {};
    }
    if (item.has_alias) {
        source.alias = item.alias;
        source.name.clear();
    }
    if (item.column_aliases.size() > query.columns.size()) {
        failure_.compilation(item.offset,
                             fmt::format("{} has {} columns available but {} columns specified", item.alias,
                                         query.columns.size(), item.column_aliases.size()),
                             "002027", "42601");
        return {};
    }
    const std::string alias = next_alias();
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        const Output& output = query.columns[i];
        const std::string& name = i < item.column_aliases.size() ? item.column_aliases[i] : output.name;
        source.columns.push_back({name, fmt::format("{}.{}", alias, quoted(output.emit)), output.type, false});
    }
    scope.sources.push_back(std::move(source));
    return fmt::format("{}({}) AS {}{}", lateral ? "LATERAL " : "", query.sql, alias, sample(item));
}

std::string Binder::sample(const FromItem& item) {
    if (!item.has_sample) return {};
    if (item.sample_rows) return fmt::format(" TABLESAMPLE RESERVOIR({} ROWS)", item.sample_size);
    return fmt::format(" TABLESAMPLE {}({} PERCENT)", item.sample_method, item.sample_size);
}

std::string Binder::bind_table(const FromItem& item, Scope& scope) {
    if (item.name.size() == 1) {
        for (auto cte = ctes_.rbegin(); cte != ctes_.rend(); ++cte) {
            if (cte->name != item.name[0].text) continue;
            cte->used = true;
            Source source;
            source.alias = cte->name;
            BoundQuery query;
            query.columns = cte->columns;
            query.sql = cte->emit;
            if (item.pivots.empty() && !item.has_sample) {
                // A bare reference, so that DuckDB knows the recursive one.
                std::string sql = add_source(item, std::move(query), std::move(source), scope, false);
                const std::size_t open = sql.find('(');
                const std::size_t close = sql.rfind(") AS ");
                if (open == 0 && close != std::string::npos) sql = sql.substr(1, close - 1) + sql.substr(close + 1);
                return sql;
            }
            query.sql = "SELECT * FROM " + query.sql;
            return add_source(item, std::move(query), std::move(source), scope, false);
        }
    }
    base::Result<FoundRelation> relation = context_.catalog.relation(item.name, context_.names);
    if (!relation) {
        failure_.set(std::move(relation.error()));
        return {};
    }
    return add_relation(item, *relation, scope);
}

std::string Binder::add_relation(const FromItem& item, const FoundRelation& relation, Scope& scope) {
    const std::string alias = next_alias();
    Source source;
    source.alias = item.has_alias            ? item.alias
                   : !relation.alias.empty() ? relation.alias
                   : item.name.empty()       ? std::string{}
                                             : item.name.back().text;
    if (!item.has_alias) source.name = item.name;
    if (item.column_aliases.size() > relation.columns.size()) {
        failure_.compilation(item.offset,
                             fmt::format("{} has {} columns available but {} columns specified", source.alias,
                                         relation.columns.size(), item.column_aliases.size()),
                             "002027", "42601");
        return {};
    }
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
        const RelationColumn& column = relation.columns[i];
        const ColumnType known = column_type(column.duckdb_type, column.type);
        const std::string place = fmt::format("{}.{}", alias, quoted(column.name));
        source.columns.push_back({i < item.column_aliases.size() ? item.column_aliases[i] : column.name,
                                  replace_place(known.wrapper, place), known.type, false});
    }
    const std::string sql = fmt::format("{} AS {}", relation.sql, alias);
    if (item.pivots.empty()) {
        scope.sources.push_back(std::move(source));
        return sql + sample(item);
    }
    BoundQuery query;
    std::string items;
    for (const Column& column : source.columns) {
        query.columns.push_back({column.name, column.name, column.type});
    }
    make_unique(query.columns);
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        items += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", source.columns[i].sql, quoted(query.columns[i].emit));
    }
    query.sql = fmt::format("SELECT {} FROM {}", items, sql);
    source.columns.clear();
    return add_source(item, std::move(query), std::move(source), scope, false);
}

std::string Binder::bind_join(const FromItem& item, Scope& scope) {
    const std::size_t left_begin = scope.sources.size();
    const std::string left = bind_from(*item.left, scope);
    const std::size_t right_begin = scope.sources.size();
    const bool crossed = item.join == JoinKind::cross;
    const std::string right = bind_from(*item.right, scope, crossed);
    if (failure_.failed()) return {};
    // ON sees the tables of this join only.
    Scope joined;
    joined.outer = scope.outer;
    joined.place = Scope::Place::nothing;
    const auto lend = [&] {
        joined.sources.assign(scope.sources.begin() + static_cast<std::ptrdiff_t>(left_begin), scope.sources.end());
        joined.using_columns = scope.using_columns;
    };
    if (item.join == JoinKind::asof) {
        lend();
        return bind_asof(item, scope, left, right, joined);
    }
    if (item.join == JoinKind::cross) {
        if (item.on != nullptr || !item.using_columns.empty()) failure_.syntax(item.offset, "CROSS JOIN ... ON");
        return fmt::format("{} CROSS JOIN {}", left, right);
    }
    constexpr std::string_view words[] = {"INNER", "LEFT", "RIGHT", "FULL"};
    const std::string_view word = words[static_cast<std::size_t>(item.join)];
    std::string condition;
    if (item.natural || !item.using_columns.empty()) {
        condition = bind_using(item, scope, left_begin, right_begin);
    } else if (item.on != nullptr) {
        lend();
        condition = coerce(bind(*item.on, joined), Type::of(TypeKind::boolean), *item.on).sql;
    }
    if (condition.empty()) {
        if (item.join != JoinKind::inner) {
            failure_.compilation(item.offset, "An outer join needs ON or USING");
            return {};
        }
        return fmt::format("{} CROSS JOIN {}", left, right);
    }
    return fmt::format("({} {} JOIN {} ON {})", left, word, right, condition);
}

/// The shared columns, equal on both sides; a reference without a table means both.
std::string Binder::bind_using(const FromItem& item, Scope& scope, std::size_t left_begin, std::size_t right_begin) {
    std::vector<std::string> names = item.using_columns;
    const auto side = [&](std::size_t begin, std::size_t end, const std::string& name) -> Column* {
        for (std::size_t i = begin; i < end; ++i) {
            for (Column& column : scope.sources[i].columns) {
                if (column.name == name) return &column;
            }
        }
        return nullptr;
    };
    if (item.natural) {
        for (std::size_t i = left_begin; i < right_begin; ++i) {
            for (const Column& column : scope.sources[i].columns) {
                if (side(right_begin, scope.sources.size(), column.name) != nullptr) names.push_back(column.name);
            }
        }
    }
    Expr where;
    where.begin = where.end = item.offset;
    std::string condition;
    for (const std::string& name : names) {
        Column* const left = side(left_begin, right_begin, name);
        Column* const right = side(right_begin, scope.sources.size(), name);
        if (left == nullptr || right == nullptr) {
            failure_.unknown_column(item.offset, name);
            return {};
        }
        const auto earlier = std::find_if(scope.using_columns.begin(), scope.using_columns.end(),
                                          [&](const Column& column) { return column.name == name; });
        Value a{earlier != scope.using_columns.end() ? earlier->sql : left->sql, left->type, {}, {}, false};
        Value b{right->sql, right->type, {}, {}, false};
        condition += fmt::format("{}{}", condition.empty() ? "" : " AND ", compare("=", a, b, where).sql);
        Column merged{name, a.sql, left->type, false};
        if (item.join == JoinKind::right) {
            merged.sql = right->sql;
            merged.type = right->type;
        } else if (item.join == JoinKind::full) {
            std::vector<Value> both{a, b};
            merged.type = unify(both, where);
            merged.sql = fmt::format("COALESCE({}, {})", both[0].sql, both[1].sql);
        }
        for (std::size_t i = left_begin; i < scope.sources.size(); ++i) {
            for (Column& column : scope.sources[i].columns) {
                if (column.name == name) column.merged = true;
            }
        }
        if (earlier != scope.using_columns.end()) scope.using_columns.erase(earlier);
        scope.using_columns.push_back(std::move(merged));
    }
    return condition;
}

/// ASOF JOIN is a left join: each left row with the one nearest right row.
std::string Binder::bind_asof(const FromItem& item, Scope& scope, std::string left, std::string right, Scope& joined) {
    const Expr* const match = item.match_condition;
    const bool comparison = match != nullptr && match->kind == ExprKind::binary && match->args.size() == 2 &&
                            (match->text == ">=" || match->text == ">" || match->text == "<=" || match->text == "<");
    if (!comparison) {
        failure_.compilation(item.offset, "ASOF JOIN needs MATCH_CONDITION ( left >= right )");
        return {};
    }
    std::string condition = bind(*match, joined).sql;
    if (item.on != nullptr)
        condition += " AND " + coerce(bind(*item.on, joined), Type::of(TypeKind::boolean), *item.on).sql;
    if (!item.using_columns.empty()) failure_.unsupported("ASOF JOIN ... USING", "use ON");
    static_cast<void>(scope);
    return fmt::format("({} ASOF LEFT JOIN {} ON {})", left, right, condition);
}

}  // namespace backend::duckdb::dialect
