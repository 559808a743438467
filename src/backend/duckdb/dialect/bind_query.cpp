/// WITH, set operators, VALUES and what stands behind them.
#include <fmt/format.h>

#include <algorithm>

#include "backend/duckdb/dialect/binder.hpp"
#include "base/text.hpp"

namespace backend::duckdb::dialect {

/// DuckDB folds names of its own way: no two columns of one query may differ in case only.
void Binder::make_unique(std::vector<Output>& outputs) const {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        int number = 1;
        const std::string name = outputs[i].name.empty() ? "COLUMN" : outputs[i].name;
        outputs[i].emit = name;
        const auto taken = [&] {
            return std::any_of(outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(i),
                               [&](const Output& other) { return base::iequals(other.emit, outputs[i].emit); });
        };
        while (taken()) outputs[i].emit = fmt::format("{}_{}", name, ++number);
    }
}

BoundQuery Binder::bind_query(const Query& query, Scope* outer) {
    const std::size_t visible = ctes_.size();
    std::string with;
    bind_ctes(query, outer, with);
    BoundQuery bound = bind_body(*query.body, outer, &query);
    bound.sql.insert(0, with);
    ctes_.resize(visible);
    return bound;
}

/// A body that is `… UNION ALL …` and names the CTE itself is recursive, with or without the keyword.
void Binder::bind_ctes(const Query& query, Scope* outer, std::string& with) {
    bool recursive = false;
    for (const Cte& cte : query.ctes) {
        const std::string emit = next_alias();
        const Query& body = *cte.query;
        const bool may_recur = body.ctes.empty() && body.body->kind == BodyKind::set &&
                               body.body->set_word == "UNION" && body.body->set_all && !body.limit &&
                               body.order.empty();
        const auto rename = [&](std::vector<Output>& outputs) {
            if (cte.columns.empty()) return;
            if (cte.columns.size() != outputs.size()) {
                failure_.compilation(
                    0, fmt::format("Number of columns in the list of CTE {} is not that of its query", cte.name));
                return;
            }
            for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i].name = cte.columns[i];
        };
        BoundQuery bound;
        if (may_recur) {
            BoundQuery left = bind_body(*body.body->left, outer, nullptr);
            CteEntry self{cte.name, emit, left.columns, false, false};
            rename(self.columns);
            make_unique(self.columns);
            const std::size_t place = ctes_.size();
            ctes_.push_back(self);
            BoundQuery right = bind_body(*body.body->right, outer, nullptr);
            const bool used = ctes_[place].used;
            ctes_.resize(place);
            if (used) {
                recursive = true;
                if (failure_.failed()) return;
                if (left.columns.size() != right.columns.size()) {
                    failure_.compilation(body.body->offset,
                                         "invalid number of result columns for set operator input branches");
                    return;
                }
                // The anchor decides the types; its sums and counters grow in the wider storage of integers.
                std::vector<Type> types;
                for (Output& column : left.columns) {
                    if (column.type.is_integer()) column.type.storage = Storage::i128;
                    types.push_back(column.type);
                }
                const Expr where{};
                ctes_.push_back({cte.name, emit, self.columns, false, false});
                for (std::size_t i = 0; i < types.size(); ++i) ctes_.back().columns[i].type = types[i];
                right = bind_body(*body.body->right, outer, nullptr);
                ctes_.resize(place);
                left = convert_columns(std::move(left), types, where);
                right = convert_columns(std::move(right), types, where);
                bound.columns = self.columns;
                for (std::size_t i = 0; i < types.size(); ++i) bound.columns[i].type = types[i];
                bound.sql = fmt::format("{} UNION ALL {}", left.sql, right.sql);
            } else {
                bound = bind_query(body, outer);
            }
        } else {
            bound = bind_query(body, outer);
        }
        if (failure_.failed()) return;
        rename(bound.columns);
        make_unique(bound.columns);
        std::string columns;
        for (const Output& column : bound.columns) columns += (columns.empty() ? "" : ", ") + quoted(column.emit);
        with += fmt::format("{}{}({}) AS ({})", with.empty() ? "" : ", ", emit, columns, bound.sql);
        ctes_.push_back({cte.name, emit, std::move(bound.columns), false, false});
    }
    if (!with.empty()) with = fmt::format("WITH {}{} ", recursive ? "RECURSIVE " : "", with);
}

/// `tail` is the query whose ORDER BY and LIMIT go with this body; null: they stand elsewhere.
BoundQuery Binder::bind_body(const Body& body, Scope* outer, const Query* tail) {
    const bool has_tail = tail != nullptr && (!tail->order.empty() || tail->order_all || tail->limit || tail->offset);
    if (body.kind == BodyKind::select && body.select != nullptr) return bind_select(*body.select, outer, tail);
    BoundQuery bound;
    switch (body.kind) {
        case BodyKind::set: bound = bind_set(body, outer); break;
        case BodyKind::values: bound = bind_values(body, outer); break;
        case BodyKind::nested: {
            bound = bind_query(*body.query, outer);
            bound.sql = fmt::format("({})", bound.sql);
            break;
        }
        case BodyKind::select: return bound;
    }
    if (!has_tail) return bound;
    Scope order_scope;
    order_scope.outer = outer;
    bound.sql += bind_order(*tail, nullptr, bound.columns);
    bound.sql += bind_limits(*tail, nullptr, outer);
    return bound;
}

BoundQuery Binder::convert_columns(BoundQuery query, const std::vector<Type>& types, const Expr& where) {
    const std::string alias = next_alias();
    std::string items;
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        Output& column = query.columns[i];
        Value value{fmt::format("{}.{}", alias, quoted(column.emit)), column.type, {}, {}, false};
        if (types[i].kind == TypeKind::null) {
            // all NULL: stays as it is
        } else if (value.type.is(TypeKind::null) || value.type.kind != types[i].kind) {
            value = coerce(std::move(value), types[i], where);
        } else if (types[i].is(TypeKind::number)) {
            value.sql = fmt::format("CAST({} AS {})", value.sql, types[i].duckdb());
        }
        items += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", value.sql, quoted(column.emit));
        column.type = types[i];
    }
    query.sql = fmt::format("SELECT {} FROM ({}) AS {}", items, query.sql, alias);
    return query;
}

BoundQuery Binder::bind_set(const Body& body, Scope* outer) {
    BoundQuery left = bind_body(*body.left, outer, nullptr);
    BoundQuery right = bind_body(*body.right, outer, nullptr);
    if (failure_.failed()) return left;
    if (body.by_name) {
        failure_.unsupported("UNION BY NAME", "name the columns in the same order");
        return left;
    }
    match_columns(left, right, body);
    const std::string_view all = body.set_all ? " ALL" : "";
    BoundQuery bound;
    bound.columns = left.columns;
    bound.sql = fmt::format("({}) {}{} ({})", left.sql, body.set_word, all, right.sql);
    return bound;
}

void Binder::match_columns(BoundQuery& left, BoundQuery& right, const Body& body) {
    if (left.columns.size() != right.columns.size()) {
        failure_.compilation(
            body.offset,
            fmt::format("invalid number of result columns for set operator input branches, expected {}, "
                        "got {} in a branch",
                        left.columns.size(), right.columns.size()),
            "001789", "42601");
        return;
    }
    Expr where;
    where.begin = where.end = body.offset;
    std::vector<Type> types;
    bool left_differs = false;
    bool right_differs = false;
    for (std::size_t i = 0; i < left.columns.size(); ++i) {
        const Type& a = left.columns[i].type;
        const Type& b = right.columns[i].type;
        types.push_back(common_type(a, b, where));
        const auto differs = [&](const Type& type) {
            return type.kind != types[i].kind ||
                   (type.is(TypeKind::number) && (type.storage != types[i].storage || type.scale != types[i].scale));
        };
        left_differs |= differs(a);
        right_differs |= differs(b);
    }
    if (failure_.failed()) return;
    if (left_differs) left = convert_columns(std::move(left), types, where);
    if (right_differs) right = convert_columns(std::move(right), types, where);
    for (std::size_t i = 0; i < types.size(); ++i) left.columns[i].type = types[i];
}

/// Columns are COLUMN1, COLUMN2, …; each has one type over all rows.
BoundQuery Binder::bind_values(const Body& body, Scope* outer) {
    BoundQuery bound;
    Scope scope;
    scope.outer = outer;
    scope.place = Scope::Place::nothing;
    const std::size_t width = body.rows[0].size();
    std::vector<std::vector<Value>> columns(width);
    for (const std::vector<Expr*>& row : body.rows) {
        if (row.size() != width) {
            failure_.compilation(body.offset,
                                 fmt::format("VALUES: a row has {} columns, the first has {}", row.size(), width));
            return bound;
        }
        for (std::size_t i = 0; i < width; ++i) columns[i].push_back(bind(*row[i], scope));
    }
    Expr where;
    where.begin = where.end = body.offset;
    std::string names;
    for (std::size_t i = 0; i < width; ++i) {
        Output& column = bound.columns.emplace_back();
        column.name = column.emit = fmt::format("COLUMN{}", i + 1);
        column.type = unify(columns[i], where);
        names += (i == 0 ? "" : ", ") + quoted(column.emit);
    }
    std::string rows;
    for (std::size_t row = 0; row < body.rows.size(); ++row) {
        rows += row == 0 ? "(" : ", (";
        for (std::size_t i = 0; i < width; ++i) rows += (i == 0 ? "" : ", ") + columns[i][row].sql;
        rows += ')';
    }
    bound.sql = fmt::format("SELECT * FROM (VALUES {}) AS {}({})", rows, next_alias(), names);
    return bound;
}

}  // namespace backend::duckdb::dialect
