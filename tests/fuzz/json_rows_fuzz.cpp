// The decoder of JSON rows: any body is rows or an error, and every cell has a text; inline or as a chunk.
// links: backend_snowflake backend base
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "backend/cell.hpp"
#include "backend/snowflake/result/rows_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace backend::snowflake;
    if (size < 2) return 0;
    static const std::vector<const char*> names{"fixed",
                                                "real",
                                                "decfloat",
                                                "text",
                                                "boolean",
                                                "date",
                                                "time",
                                                "timestamp_ntz",
                                                "timestamp_ltz",
                                                "timestamp_tz",
                                                "binary",
                                                "interval_year_month",
                                                "interval_day_time",
                                                "variant"};
    static const backend::Zone utc;
    // The first byte says how many columns there are and which types they have.
    std::vector<CellPlan> plans;
    for (std::size_t i = 0; i < 1U + data[0] % 3U; ++i)
        plans.push_back(plan_of({.type = names[(data[0] + i * data[1]) % names.size()], .scale = data[1] % 10}, utc));
    const auto reader = read_json_rows(std::string{reinterpret_cast<const char*>(data) + 2, size - 2}, plans);
    std::string out;
    while (true) {
        const auto batch = reader->next();
        if (!batch || *batch == nullptr) return 0;
        if ((*batch)->rows() == 0) std::abort();
        for (std::size_t row = 0; row < (*batch)->rows(); ++row) {
            for (std::size_t column = 0; column < plans.size(); ++column) {
                out.clear();
                append_text(out, (*batch)->cell(row, column));
                append_json(out, (*batch)->cell(row, column));
            }
        }
    }
}
