/// Short words for the tests of rows: texts of all cells of a body.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/cell.hpp"
#include "backend/snowflake/result/rows_reader.hpp"
#include "backend/zone.hpp"

namespace snowflake_test {

using backend::snowflake::RowType;

struct ReadRows {
    std::vector<std::vector<std::string>> text;  ///< NULL is <null>
    std::vector<std::vector<std::string>> json;
    std::size_t batches = 0;
    std::string error;
};

inline ReadRows read_all(backend::snowflake::RowsReader& reader, std::size_t columns) {
    ReadRows all;
    while (true) {
        auto batch = reader.next();
        if (!batch) {
            all.error = batch.error().message();
            return all;
        }
        if (*batch == nullptr) return all;
        ++all.batches;
        for (std::size_t row = 0; row < (*batch)->rows(); ++row) {
            auto& texts = all.text.emplace_back();
            auto& values = all.json.emplace_back();
            for (std::size_t column = 0; column < columns; ++column) {
                const backend::Cell cell = (*batch)->cell(row, column);
                std::string text;
                cell.is_null() ? void(text = "<null>") : append_text(text, cell);
                texts.push_back(text);
                append_json(values.emplace_back(), cell);
            }
        }
    }
}

inline ReadRows read_json(std::string body, const std::vector<RowType>& types, const backend::Zone& zone = {}) {
    std::vector<backend::snowflake::CellPlan> plans;
    for (const RowType& type : types) plans.push_back(plan_of(type, zone));
    const auto reader = backend::snowflake::read_json_rows(std::move(body), plans);
    return read_all(*reader, types.size());
}

inline ReadRows read_arrow(std::string body, const std::vector<RowType>& types, const backend::Zone& zone = {}) {
    const auto reader = backend::snowflake::read_arrow_rows(std::move(body), types, zone);
    return read_all(*reader, types.size());
}

}  // namespace snowflake_test
