// The decoder of Arrow streams: any body is rows or an error, and every cell has a text.
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
    constexpr std::size_t most_rows = 100'000;  // columns without buffers have as many as they say
    static const backend::Zone utc;
    std::string body{reinterpret_cast<const char*>(data), size};
    const auto types = arrow_row_types(body);
    if (!types || types->empty()) return 0;
    const auto reader = read_arrow_rows(std::move(body), *types, utc);
    std::string out;
    std::size_t rows = 0;
    while (rows < most_rows) {
        const auto batch = reader->next();
        if (!batch || *batch == nullptr) return 0;
        if ((*batch)->rows() == 0) std::abort();
        rows += (*batch)->rows();
        for (std::size_t row = 0; row < (*batch)->rows(); ++row) {
            for (std::size_t column = 0; column < types->size(); ++column) {
                out.clear();
                append_text(out, (*batch)->cell(row, column));
                append_json(out, (*batch)->cell(row, column));
            }
        }
    }
    return 0;
}
