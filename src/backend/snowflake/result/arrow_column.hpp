/// Reads one column (or nested field) of Arrow record batches into cells: every physical form that Snowflake uses.
///
/// Place: snowflake/result's .cpp files only (it brings nanoarrow's header). Threads: one at a time. Lifetime: `bind`
/// borrows a record batch's view, which must have been validated in full; everything below borrows from it.
#pragma once

#include <nanoarrow/nanoarrow.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cell.hpp"
#include "backend/snowflake/result/cell_plan.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

class ArrowColumn {
public:
    /// `type`: of the answer, or null where it named none; the schema's own metadata goes first. Errors: a form that
    /// cannot be read. `zone` outlives the column.
    static base::Result<ArrowColumn> make(const ArrowSchema& schema, const RowType* type, const Zone& zone,
                                          int depth = 0);

    void bind(const ArrowArrayView& view);

    /// Makes ready the rows from `first` on: what has to be checked or built. Errors: a value that is none of its type.
    base::Result<void> prepare(std::int64_t first, std::int64_t count);
    /// A row that is ready, counted from `first`.
    Cell cell(std::size_t row) const;

    /// Appends the value at `row` of the record batch as JSON. False where it is none of its type.
    bool append_json(std::string& out, std::int64_t row) const;

private:
    /// How a value stands in memory.
    enum class Form : std::uint8_t {
        null,
        boolean,
        number,  // integers of any width: by the plan a NUMBER, a date, a time, a timestamp, an interval
        decimal128,
        real,
        single,
        bytes,     // utf8 and binary of any width
        instant,   // struct{epoch[, fraction][, timezone]}
        decfloat,  // struct{exponent, significand}
        list,
        fixed_list,
        map,
        object,
    };

    bool is_null(std::int64_t row) const { return ArrowArrayViewIsNull(view_, row) != 0; }
    bool renders() const;
    bool is_built() const;
    std::optional<Form> form_of(const ArrowSchemaView& schema) const;
    std::optional<Cell> value(std::int64_t row) const;
    std::optional<Cell> number_value(Int128 number) const;
    std::optional<Cell> instant_value(std::int64_t row) const;
    bool render(std::string& out, std::int64_t row) const;
    bool render_decfloat(std::string& out, std::int64_t row) const;
    bool append_list(std::string& out, std::int64_t from, std::int64_t to) const;
    bool append_map(std::string& out, std::int64_t row) const;
    bool append_object(std::string& out, std::int64_t row) const;
    Int128 integer(std::int64_t row) const;
    std::string_view bytes(std::int64_t row) const;

    CellPlan plan_;
    Form form_ = Form::null;
    bool binary_ = false;  // bytes that are not text
    bool vector_ = false;
    std::string name_;
    std::vector<ArrowColumn> children_;
    int epoch_ = -1;  // children of an instant; of a decfloat: exponent and significand
    int fraction_ = -1;
    int timezone_ = -1;
    const ArrowArrayView* view_ = nullptr;

    // What `prepare` made.
    std::int64_t first_ = 0;
    std::vector<Cell> built_;
    std::string text_;
    std::vector<std::size_t> ends_;
};

}  // namespace backend::snowflake
