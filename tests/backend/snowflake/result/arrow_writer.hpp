/// Writes Arrow IPC streams as Snowflake does: fields with logicalType, scale and byteLength in their metadata.
#pragma once

#include <nanoarrow/nanoarrow.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snowflake_test {

/// A field of the schema.
struct ArrowField {
    std::string name;
    ArrowType type = NANOARROW_TYPE_INT64;
    std::map<std::string, std::string> metadata;
    std::vector<ArrowField> children = {};
    int precision = 38;  ///< of decimal128
    int scale = 0;
    int list_size = 0;  ///< of a fixed-size list
};

class ArrowWriter {
public:
    explicit ArrowWriter(const std::vector<ArrowField>& fields);
    ArrowWriter(const ArrowWriter&) = delete;
    ArrowWriter& operator=(const ArrowWriter&) = delete;
    ~ArrowWriter();

    /// Where a column's values are appended (ArrowArrayAppend*).
    ArrowArray* column(std::size_t index) { return array_.children[index]; }
    void end_row() { ++rows_; }
    /// The rows since the last call become a record batch.
    void end_record_batch();
    /// Ends the stream.
    std::string finish();

private:
    void start();
    ArrowSchema schema_{};
    ArrowArray array_{};
    std::int64_t rows_ = 0;
    struct Stream;
    Stream* stream_;
};

/// Throws where nanoarrow refuses.
void check(int result);
ArrowStringView view_of(std::string_view text);
void append_bytes(ArrowArray* array, std::string_view bytes);
/// Digits with a sign, unscaled.
void append_decimal128(ArrowArray* array, std::string_view digits);

}  // namespace snowflake_test
