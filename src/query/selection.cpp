#include "query/selection.hpp"

#include "base/text.hpp"

namespace query {

namespace {

std::optional<std::size_t> find(const std::vector<backend::Column>& columns, std::string_view name) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (base::iequals(columns[i].name, name)) return i;
    }
    return std::nullopt;
}

base::Error missing(std::string_view name) {
    return base::Error{base::Kind::internal, "the backend's answer has no column \"" + std::string{name} + "\""}.at(
        base::Stage::render);
}

}  // namespace

base::Result<Selection> Selection::of(const Request& request, const std::vector<backend::Column>& columns) {
    Selection selection;
    for (const auto& pick : request.picks) {
        const auto source = find(columns, pick.source);
        if (!source && !pick.optional) return base::fail(missing(pick.source));
        backend::Column column = source ? columns[*source] : backend::Column{.name = {}, .type = "VARCHAR"};
        column.name = std::string{pick.name};
        if (pick.holds) column.type = "BOOLEAN";
        selection.holds_.push_back(pick.holds);
        selection.columns_.push_back(std::move(column));
        selection.sources_.push_back(source);
    }
    if (request.picks.empty()) {
        selection.columns_ = columns;
        for (std::size_t i = 0; i < columns.size(); ++i) selection.sources_.emplace_back(i);
    }
    auto only = test_of(request.only, columns);
    if (!only) return base::fail(std::move(only.error()));
    auto except = test_of(request.except, columns);
    if (!except) return base::fail(std::move(except.error()));
    selection.only_ = std::move(*only);
    selection.except_ = std::move(*except);
    return selection;
}

base::Result<std::optional<Selection::Test>> Selection::test_of(const std::optional<Only>& wanted,
                                                                const std::vector<backend::Column>& columns) {
    if (!wanted) return std::optional<Test>{};
    const auto column = find(columns, wanted->source);
    if (!column) return base::fail(missing(wanted->source));
    return Test{.column = *column, .value = wanted->value};
}

bool Selection::passes(const Test& test, const backend::Batch& batch, std::size_t row) {
    scratch_.clear();
    backend::append_text(scratch_, batch.cell(row, test.column));
    return scratch_ == test.value;
}

bool Selection::take(const backend::Batch& batch, std::size_t row, std::vector<backend::Cell>& cells) {
    if (only_ && !passes(*only_, batch, row)) return false;
    if (except_ && passes(*except_, batch, row)) return false;
    cells.clear();
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        auto cell = sources_[i] ? batch.cell(row, *sources_[i]) : backend::Cell::null();
        if (i < holds_.size() && holds_[i] && !cell.is_null()) {
            scratch_.clear();
            backend::append_text(scratch_, cell);
            cell = backend::Cell::boolean(holds_[i](scratch_));
        }
        cells.push_back(cell);
    }
    return true;
}

}  // namespace query
