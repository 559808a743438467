#include "backend/snowflake/result/arrow_verify.hpp"

#include <cstdlib>
#include <cstring>

#include <nanoarrow/ipc/flatcc_generated.h>

// The generated names: org_apache_arrow_flatbuf_Field_type(…)
#define ARROW(name) org_apache_arrow_flatbuf_##name

namespace backend::snowflake {
namespace {

constexpr int deepest = 64;

bool has_all_parts(ARROW(KeyValue_vec_t) pairs) {
    for (std::size_t i = 0; pairs != nullptr && i < ARROW(KeyValue_vec_len(pairs)); ++i) {
        const auto pair = ARROW(KeyValue_vec_at(pairs, i));
        if (ARROW(KeyValue_key(pair)) == nullptr || ARROW(KeyValue_value(pair)) == nullptr) return false;
    }
    return true;
}

bool has_all_parts(ARROW(Field_table_t) field, int depth) {
    if (depth > deepest || ARROW(Field_type(field)) == nullptr) return false;
    if (ARROW(Field_type_type(field)) == ARROW(Type_Union)) return false;  // Snowflake has none
    if (const auto dictionary = ARROW(Field_dictionary(field));
        dictionary != nullptr && ARROW(DictionaryEncoding_indexType(dictionary)) == nullptr)
        return false;
    if (!has_all_parts(ARROW(Field_custom_metadata(field)))) return false;
    const auto children = ARROW(Field_children(field));
    for (std::size_t i = 0; children != nullptr && i < ARROW(Field_vec_len(children)); ++i)
        if (!has_all_parts(ARROW(Field_vec_at(children, i)), depth + 1)) return false;
    return true;
}

bool has_all_parts(ARROW(Schema_table_t) schema) {
    const auto fields = ARROW(Schema_fields(schema));
    if (fields == nullptr || !has_all_parts(ARROW(Schema_custom_metadata(schema)))) return false;
    for (std::size_t i = 0; i < ARROW(Field_vec_len(fields)); ++i)
        if (!has_all_parts(ARROW(Field_vec_at(fields, i)), 0)) return false;
    return true;
}

/// Buffers lie in the body: the decoder adds offset and length before it compares.
bool has_all_parts(ARROW(RecordBatch_table_t) batch, std::int64_t body_bytes) {
    const auto nodes = ARROW(RecordBatch_nodes(batch));
    const auto buffers = ARROW(RecordBatch_buffers(batch));
    if (nodes == nullptr || buffers == nullptr) return false;
    for (std::size_t i = 0; i < ARROW(Buffer_vec_len(buffers)); ++i) {
        const auto buffer = ARROW(Buffer_vec_at(buffers, i));
        const std::int64_t offset = ARROW(Buffer_offset(buffer));
        const std::int64_t length = ARROW(Buffer_length(buffer));
        if (offset < 0 || length < 0 || length > body_bytes || offset > body_bytes - length) return false;
    }
    return true;
}

}  // namespace

bool has_all_parts(std::string_view message, std::int64_t body_bytes) {
    const auto root = ARROW(Message_as_root(message.data()));
    if (root == nullptr || ARROW(Message_header(root)) == nullptr) return false;
    switch (ARROW(Message_header_type(root))) {
        case ARROW(MessageHeader_Schema):
            return has_all_parts(static_cast<ARROW(Schema_table_t)>(ARROW(Message_header(root))));
        case ARROW(MessageHeader_RecordBatch): {
            const auto batch = static_cast<ARROW(RecordBatch_table_t)>(ARROW(Message_header(root)));
            return has_all_parts(batch, body_bytes);
        }
        default: return false;
    }
}

}  // namespace backend::snowflake
