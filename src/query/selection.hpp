/// Which columns and rows of a result are taken: `Request::picks` and `Request::only`, found in its columns.
///
/// Threads: a value of one call.
#pragma once

#include "query/namespace.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/result_set.hpp"
#include "base/error.hpp"
#include "query/answer.hpp"

namespace query {

class Selection {
public:
    /// Error `internal`: the result lacks a column that is not optional.
    static base::Result<Selection> of(const Request& request, const std::vector<backend::Column>& columns);

    const std::vector<backend::Column>& columns() const { return columns_; }
    /// False: the row is not wanted. Else `cells` holds its picked cells, borrowed like the batch.
    bool take(const backend::Batch& batch, std::size_t row, std::vector<backend::Cell>& cells);
    bool filters() const { return only_ || except_; }

private:
    std::vector<backend::Column> columns_;
    std::vector<std::optional<std::size_t>> sources_;
    std::vector<std::function<bool(std::string_view)>> holds_;  // by pick; none where there are no picks
    struct Test {
        std::size_t column;
        std::string value;
    };
    static base::Result<std::optional<Test>> test_of(const std::optional<Only>& wanted,
                                                     const std::vector<backend::Column>& columns);
    bool passes(const Test& test, const backend::Batch& batch, std::size_t row);

    std::optional<Test> only_;
    std::optional<Test> except_;
    std::string scratch_;
};

}  // namespace query
