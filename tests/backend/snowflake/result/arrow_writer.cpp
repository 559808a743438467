#include "backend/snowflake/result/arrow_writer.hpp"

#include <nanoarrow/nanoarrow_ipc.h>

#include <stdexcept>

namespace snowflake_test {
namespace {

void set_metadata(ArrowSchema* schema, const std::map<std::string, std::string>& metadata) {
    if (metadata.empty()) return;
    ArrowBuffer buffer;
    check(ArrowMetadataBuilderInit(&buffer, nullptr));
    for (const auto& [key, value] : metadata) check(ArrowMetadataBuilderAppend(&buffer, view_of(key), view_of(value)));
    check(ArrowSchemaSetMetadata(schema, reinterpret_cast<const char*>(buffer.data)));
    ArrowBufferReset(&buffer);
}

void set_field(ArrowSchema* schema, const ArrowField& field) {
    switch (field.type) {
        case NANOARROW_TYPE_DECIMAL128:
            check(ArrowSchemaSetTypeDecimal(schema, field.type, field.precision, field.scale));
            break;
        case NANOARROW_TYPE_STRUCT:
            check(ArrowSchemaSetTypeStruct(schema, static_cast<std::int64_t>(field.children.size())));
            break;
        case NANOARROW_TYPE_FIXED_SIZE_LIST:
            check(ArrowSchemaSetTypeFixedSize(schema, field.type, field.list_size));
            break;
        case NANOARROW_TYPE_TIMESTAMP:
            check(ArrowSchemaSetTypeDateTime(schema, field.type, NANOARROW_TIME_UNIT_NANO, nullptr));
            break;
        default: check(ArrowSchemaSetType(schema, field.type)); break;
    }
    ArrowSchema* parent = schema;
    if (field.type == NANOARROW_TYPE_MAP) parent = schema->children[0];
    for (std::size_t i = 0; i < field.children.size(); ++i) {
        set_field(parent->children[i], field.children[i]);
        if (field.type == NANOARROW_TYPE_MAP && i == 0) parent->children[0]->flags &= ~ARROW_FLAG_NULLABLE;
    }
    if (!field.name.empty()) check(ArrowSchemaSetName(schema, field.name.c_str()));
    set_metadata(schema, field.metadata);
}

}  // namespace

struct ArrowWriter::Stream {
    ArrowBuffer bytes;
    ArrowIpcWriter writer{};
};

ArrowWriter::ArrowWriter(const std::vector<ArrowField>& fields) : stream_{new Stream} {
    ArrowSchemaInit(&schema_);
    check(ArrowSchemaSetTypeStruct(&schema_, static_cast<std::int64_t>(fields.size())));
    for (std::size_t i = 0; i < fields.size(); ++i) set_field(schema_.children[i], fields[i]);
    ArrowBufferInit(&stream_->bytes);
    ArrowIpcOutputStream output;
    check(ArrowIpcOutputStreamInitBuffer(&output, &stream_->bytes));
    check(ArrowIpcWriterInit(&stream_->writer, &output));
    ArrowError error{};
    check(ArrowIpcWriterWriteSchema(&stream_->writer, &schema_, &error));
    start();
}

ArrowWriter::~ArrowWriter() {
    if (array_.release != nullptr) array_.release(&array_);
    if (schema_.release != nullptr) schema_.release(&schema_);
    ArrowIpcWriterReset(&stream_->writer);
    ArrowBufferReset(&stream_->bytes);
    delete stream_;
}

void ArrowWriter::start() {
    ArrowError error{};
    check(ArrowArrayInitFromSchema(&array_, &schema_, &error));
    check(ArrowArrayStartAppending(&array_));
    rows_ = 0;
}

void ArrowWriter::end_record_batch() {
    ArrowError error{};
    array_.length = rows_;
    check(ArrowArrayFinishBuildingDefault(&array_, &error));
    ArrowArrayView view;
    check(ArrowArrayViewInitFromSchema(&view, &schema_, &error));
    check(ArrowArrayViewSetArray(&view, &array_, &error));
    check(ArrowIpcWriterWriteArrayView(&stream_->writer, &view, &error));
    ArrowArrayViewReset(&view);
    array_.release(&array_);
    start();
}

std::string ArrowWriter::finish() {
    if (rows_ > 0) end_record_batch();
    ArrowError error{};
    check(ArrowIpcWriterWriteArrayView(&stream_->writer, nullptr, &error));
    return {reinterpret_cast<const char*>(stream_->bytes.data), static_cast<std::size_t>(stream_->bytes.size_bytes)};
}

void check(int result) {
    if (result != 0) throw std::runtime_error{"nanoarrow refused: " + std::to_string(result)};
}

ArrowStringView view_of(std::string_view text) { return {text.data(), static_cast<std::int64_t>(text.size())}; }

void append_bytes(ArrowArray* array, std::string_view bytes) {
    check(ArrowArrayAppendBytes(array, {{bytes.data()}, static_cast<std::int64_t>(bytes.size())}));
}

void append_decimal128(ArrowArray* array, std::string_view digits) {
    ArrowDecimal decimal;
    ArrowDecimalInit(&decimal, 128, 38, 0);
    check(ArrowDecimalSetDigits(&decimal, view_of(digits)));
    check(ArrowArrayAppendDecimal(array, &decimal));
}

}  // namespace snowflake_test
