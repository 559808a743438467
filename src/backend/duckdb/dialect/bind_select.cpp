/// One query block: SELECT list, aliases, GROUP BY, ORDER BY.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "backend/duckdb/dialect/binder.hpp"
#include "backend/duckdb/dialect/functions.hpp"
#include "backend/duckdb/dialect/like_match.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb::dialect {

namespace {

std::string_view nulls(const OrderItem& item) {
    // Snowflake: NULL is larger than everything.
    if (item.nulls == OrderItem::Nulls::by_default) return item.descending ? " DESC NULLS FIRST" : " ASC NULLS LAST";
    const bool first = item.nulls == OrderItem::Nulls::first;
    if (item.descending) return first ? " DESC NULLS FIRST" : " DESC NULLS LAST";
    return first ? " ASC NULLS FIRST" : " ASC NULLS LAST";
}

/// `3` in ORDER BY and GROUP BY, or 0.
std::size_t ordinal(const Expr& expr) {
    std::size_t position = 0;
    if (expr.kind != ExprKind::number) return 0;
    const char* const end = expr.text.data() + expr.text.size();
    const auto [at, error] = std::from_chars(expr.text.data(), end, position);
    return error == std::errc{} && at == end ? position : 0;
}

bool is_constant(const Value& value) { return value.literal != Value::Literal::none; }

/// Is there an aggregate or a window function in it, also behind the alias of another item?
bool holds_aggregate(const Expr& expr, const Select& select) {
    if (expr.kind == ExprKind::call) {
        bool known = false;
        const Function* const function =
            find_function(expr.name.back().text, expr.call->star ? 1 : expr.args.size(), known);
        if (expr.call->window != nullptr) return true;
        using Kind = Function::Kind;
        if (function != nullptr && (function->kind == Kind::aggregate || function->kind == Kind::ordered)) return true;
    }
    if (expr.kind == ExprKind::column && expr.name.size() == 1) {
        for (const SelectItem& item : select.items) {
            const bool other = item.has_alias && item.alias == expr.name[0].text && item.expr != &expr;
            if (other && item.expr->kind != ExprKind::column && holds_aggregate(*item.expr, select)) return true;
        }
    }
    return std::any_of(expr.args.begin(), expr.args.end(),
                       [&](const Expr* arg) { return holds_aggregate(*arg, select); });
}

}  // namespace

/// Without an alias a column is named by its own name, anything else by its text in capitals.
std::string Binder::item_name(const SelectItem& item) const {
    if (item.has_alias) return item.alias;
    const Expr& expr = *item.expr;
    if (expr.kind == ExprKind::column) return expr.name.back().text;
    return sql::to_upper(source_text(expr));
}

void Binder::expand_star(const Expr& star, Scope& scope, std::vector<Output>& outputs, std::vector<Value>& values) {
    const StarParts& parts = *star.star;
    const std::size_t before = outputs.size();
    bool matched = false;
    const auto add = [&](const Column& column) {
        if (parts.has_ilike && !matches_like(column.name, parts.ilike)) return;
        if (std::find(parts.exclude.begin(), parts.exclude.end(), column.name) != parts.exclude.end()) return;
        if (column.type.is(TypeKind::unsupported)) {
            failure_.unsupported(fmt::format("The type of column {} (Snowflake has none like it)", column.name),
                                 "leave it out with EXCLUDE");
        }
        Value value{column.sql, column.type, {}, {}, false};
        std::string name = column.name;
        for (const StarChange& change : parts.replace) {
            if (change.column == column.name) value = bind(*change.expr, scope);
        }
        for (const StarChange& change : parts.rename) {
            if (change.column == column.name) name = change.alias;
        }
        outputs.push_back({std::move(name), {}, value.type});
        values.push_back(std::move(value));
    };
    const auto known = [&](const std::string& name) {
        return std::any_of(scope.sources.begin(), scope.sources.end(), [&](const Source& source) {
            return std::any_of(source.columns.begin(), source.columns.end(),
                               [&](const Column& column) { return column.name == name; });
        });
    };
    for (const Source& source : scope.sources) {
        if (!star.name.empty()) {
            const std::size_t size = star.name.size();
            const bool by_alias = size == 1 && source.alias == star.name[0].text;
            bool by_name = size > 1 && source.name.size() >= size;
            for (std::size_t i = 0; by_name && i < size; ++i) {
                by_name = source.name[source.name.size() - size + i].text == star.name[i].text;
            }
            if (!by_alias && !by_name) continue;
        }
        matched = true;
        for (const Column& column : source.columns) {
            if (column.merged && star.name.empty()) {
                // USING: the merged column stands once, where the left table has it.
                const auto merged = std::find_if(scope.using_columns.begin(), scope.using_columns.end(),
                                                 [&](const Column& other) { return other.name == column.name; });
                const bool first = std::none_of(outputs.begin() + static_cast<std::ptrdiff_t>(before), outputs.end(),
                                                [&](const Output& output) { return output.name == column.name; });
                if (merged != scope.using_columns.end() && first) add(*merged);
                continue;
            }
            add(column);
        }
    }
    if (scope.sources.empty() || !matched) {
        failure_.compilation(star.begin, star.name.empty()
                                             ? "SELECT with no tables specified is not valid"
                                             : fmt::format("Object '{}' does not exist", star.name.back().text));
        return;
    }
    for (const std::string& name : parts.exclude) {
        if (!known(name))
            failure_.compilation(star.begin, fmt::format("invalid column name '{}' in EXCLUDE", name), "001752",
                                 "42601");
    }
    for (const auto* changes : {&parts.replace, &parts.rename}) {
        for (const StarChange& change : *changes) {
            if (!known(change.column))
                failure_.compilation(star.begin, fmt::format("invalid column name '{}'", change.column), "001752",
                                     "42601");
        }
    }
    if (outputs.size() == before) failure_.compilation(star.begin, "SELECT with no columns", "002070", "42601");
}

std::vector<Output> Binder::bind_items(const Select& select, Scope& scope, std::vector<Value>& values) {
    std::vector<Output> outputs;
    for (std::size_t i = 0; i < select.items.size(); ++i) {
        const SelectItem& item = select.items[i];
        if (item.expr->kind == ExprKind::star) {
            expand_star(*item.expr, scope, outputs, values);
            continue;
        }
        Scope::Alias& alias = scope.aliases[i];
        if (alias.state == Scope::Alias::State::unbound) {
            alias.state = Scope::Alias::State::binding;
            alias.value = bind(*item.expr, scope);
            alias.state = Scope::Alias::State::bound;
        }
        values.push_back(alias.value);
        if (values.back().type.is(TypeKind::interval)) failure_.unsupported("An INTERVAL as a result");
        outputs.push_back({item_name(item), {}, values.back().type});
    }
    make_unique(outputs);
    return outputs;
}

BoundQuery Binder::bind_select(const Select& select, Scope* outer, const Query* tail) {
    Scope scope;
    scope.outer = outer;
    scope.place = Scope::Place::nothing;
    std::string from;
    for (const FromItem* item : select.from) {
        from += from.empty() ? " FROM " : ", ";
        from += bind_from(*item, scope);
    }
    if (failure_.failed()) return {};
    scope.place = Scope::Place::select;
    for (const SelectItem& item : select.items) {
        scope.aliases.push_back({&item, {}, Scope::Alias::State::unbound});
    }
    BoundQuery bound;
    std::vector<Value> values;
    bound.columns = bind_items(select, scope, values);
    if (failure_.failed()) return {};
    std::string sql = select.distinct ? "SELECT DISTINCT " : "SELECT ";
    for (std::size_t i = 0; i < values.size(); ++i) {
        sql += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", values[i].sql, quoted(bound.columns[i].emit));
    }
    sql += from;
    const auto clause = [&](std::string_view word, const Expr* expr, Scope::Place place) {
        if (expr == nullptr) return;
        scope.place = place;
        sql += fmt::format(" {} {}", word, bind_boolean(*expr, scope).sql);
    };
    clause("WHERE", select.where, Scope::Place::where);
    scope.place = Scope::Place::group_by;
    sql += bind_group_by(select, scope, bound.columns, values);
    clause("HAVING", select.having, Scope::Place::having);
    clause("QUALIFY", select.qualify, Scope::Place::qualify);
    scope.place = Scope::Place::order_by;
    if (tail != nullptr) {
        sql += bind_order(*tail, &scope, bound.columns);
        sql += bind_limits(*tail, select.top, outer);
    } else if (select.top != nullptr) {
        sql += bind_limits(Query{}, select.top, outer);
    }
    bound.sql = std::move(sql);
    return bound;
}

/// Every item that holds neither an aggregate nor a window function; none: one group.
std::string Binder::group_by_all(const Select& select, const std::vector<Output>& outputs,
                                 const std::vector<Value>& values) const {
    std::string sql;
    std::size_t at = 0;
    std::size_t stars = 0;
    for (const SelectItem& item : select.items) stars += item.expr->kind == ExprKind::star ? 1 : 0;
    const std::size_t plain = select.items.size() - stars;
    if (stars > 1) {
        failure_.unsupported("GROUP BY ALL with several *");
        return {};
    }
    for (const SelectItem& item : select.items) {
        const bool star = item.expr->kind == ExprKind::star;
        for (std::size_t count = star ? outputs.size() - plain : 1; count > 0; --count, ++at) {
            if (is_constant(values[at]) || (!star && holds_aggregate(*item.expr, select))) continue;
            sql += fmt::format("{}{}", sql.empty() ? " GROUP BY " : ", ", values[at].sql);
        }
    }
    return sql;
}

std::string Binder::bind_group_by(const Select& select, Scope& scope, const std::vector<Output>& outputs,
                                  const std::vector<Value>& values) {
    if (select.group == GroupKind::none) return {};
    if (select.group == GroupKind::all) return group_by_all(select, outputs, values);
    const auto key = [&](const Expr& expr) -> std::string {
        std::size_t position = ordinal(expr);
        if (position == 0) {
            Value value = bind(expr, scope);
            if (!is_constant(value)) return value.sql;
            for (std::size_t i = 0; i < values.size() && position == 0; ++i) {
                if (values[i].sql == value.sql) position = i + 1;
            }
            if (position == 0) return fmt::format("({} IS NULL)", value.sql);  // one group, as any constant makes
        }
        if (position > outputs.size()) {
            failure_.compilation(expr.begin, fmt::format("GROUP BY position {} is not in select list", position),
                                 "000979", "42601");
            return {};
        }
        return is_constant(values[position - 1]) ? fmt::format("({} IS NULL)", values[position - 1].sql)
                                                 : values[position - 1].sql;
    };
    std::string sql;
    for (const GroupElement& element : select.group_by) {
        sql += sql.empty() ? " GROUP BY " : ", ";
        if (element.word.empty()) {
            sql += key(*element.sets[0][0]);
            continue;
        }
        sql += element.word;
        sql += " (";
        for (std::size_t i = 0; i < element.sets.size(); ++i) {
            const std::vector<Expr*>& set = element.sets[i];
            sql += i == 0 ? "" : ", ";
            const bool grouped = set.size() != 1;
            if (grouped) sql += '(';
            for (std::size_t k = 0; k < set.size(); ++k) sql += (k == 0 ? "" : ", ") + key(*set[k]);
            if (grouped) sql += ')';
        }
        sql += ')';
    }
    return sql;
}

std::string Binder::order_by(const std::vector<OrderItem>& items, Scope& scope) {
    std::string sql;
    for (const OrderItem& item : items) {
        const Value value = bind(*item.expr, scope);
        sql += fmt::format("{}{}{}", sql.empty() ? "" : ", ", value.sql, nulls(item));
    }
    return sql;
}

/// A name alone means the output column first; inside an expression it means the table's column first, so where both
/// exist and differ the two readings are told apart by an error.
std::string Binder::bind_order(const Query& query, Scope* scope, const std::vector<Output>& outputs) {
    std::string sql;
    if (query.order_all) {
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const OrderItem item{nullptr, query.order_all_descending, query.order_all_nulls};
            sql += fmt::format("{}{}{}", sql.empty() ? " ORDER BY " : ", ", i + 1, nulls(item));
        }
        return sql;
    }
    for (const OrderItem& item : query.order) {
        std::string key;
        std::size_t position = ordinal(*item.expr);
        if (position > outputs.size()) {
            failure_.compilation(item.expr->begin, fmt::format("ORDER BY position {} is not in select list", position),
                                 "000979", "42601");
        }
        if (position == 0 && item.expr->kind == ExprKind::column && item.expr->name.size() == 1) {
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                if (outputs[i].name == item.expr->name[0].text) {
                    position = i + 1;
                    break;
                }
            }
        }
        if (position > 0) {
            key = std::to_string(position);
        } else if (scope != nullptr) {
            Value value = bind(*item.expr, *scope);
            key = is_constant(value) ? fmt::format("({} IS NULL)", value.sql) : value.sql;
        } else {
            // Behind UNION and the like only output columns can be named.
            Scope names;
            Source& source = names.sources.emplace_back();
            for (const Output& output : outputs)
                source.columns.push_back({output.name, quoted(output.emit), output.type, false});
            names.place = Scope::Place::nothing;
            key = bind(*item.expr, names).sql;
        }
        sql += fmt::format("{}{}{}", sql.empty() ? " ORDER BY " : ", ", key, nulls(item));
    }
    return sql;
}

std::string Binder::bind_limits(const Query& query, const Expr* top, Scope* outer) {
    const auto number = [&](const Expr& expr) -> std::string {
        if (expr.kind == ExprKind::null) return {};
        Scope nothing;
        nothing.outer = outer;
        const Value value = bind(expr, nothing);
        const bool whole =
            value.literal == Value::Literal::number && value.type.is_integer() && !value.literal_text.starts_with('-');
        if (!whole) {
            failure_.unsupported("LIMIT, OFFSET, FETCH or TOP of anything but a whole number");
            return {};
        }
        return value.sql;
    };
    std::string sql;
    const Expr* limit = query.limit != nullptr ? query.limit : top;
    if (query.limit != nullptr && top != nullptr) failure_.unsupported("TOP and LIMIT in one query");
    if (limit != nullptr) {
        const std::string count = number(*limit);
        if (!count.empty()) sql += " LIMIT " + count;
    }
    if (query.offset != nullptr) {
        const std::string skip = number(*query.offset);
        if (!skip.empty()) sql += " OFFSET " + skip;
    }
    return sql;
}

/// The window of a function; NULLs are ordered as in ORDER BY.
std::string Binder::over(const Window& window, Scope& scope, bool whole_frame, bool allow_frame) {
    std::string sql;
    for (const Expr* expr : window.partition) {
        const Value value = bind(*expr, scope);
        sql += fmt::format("{}{}", sql.empty() ? "PARTITION BY " : ", ", value.sql);
    }
    if (!window.order.empty())
        sql += fmt::format("{}ORDER BY {}", sql.empty() ? "" : " ", order_by(window.order, scope));
    if (!window.has_frame) {
        if (whole_frame && !window.order.empty()) sql += " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";
        return fmt::format(" OVER ({})", sql);
    }
    if (!allow_frame) failure_.unsupported("A window frame for this function");
    const auto bound = [&](const FrameBound& edge) -> std::string {
        using Kind = FrameBound::Kind;
        switch (edge.kind) {
            case Kind::unbounded_preceding: return "UNBOUNDED PRECEDING";
            case Kind::unbounded_following: return "UNBOUNDED FOLLOWING";
            case Kind::current: return "CURRENT ROW";
            case Kind::preceding:
            case Kind::following: break;
        }
        const Value value = bind(*edge.offset, scope);
        if (value.literal != Value::Literal::number || !window.rows) {
            failure_.unsupported(window.rows ? "A window frame whose size is not a constant" : "RANGE with a distance");
        }
        return value.sql + (edge.kind == Kind::preceding ? " PRECEDING" : " FOLLOWING");
    };
    return fmt::format(" OVER ({} {} BETWEEN {} AND {})", sql, window.rows ? "ROWS" : "RANGE", bound(window.from),
                       bound(window.to));
}

}  // namespace backend::duckdb::dialect
