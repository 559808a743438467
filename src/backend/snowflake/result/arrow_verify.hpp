/// What nanoarrow takes for granted of a message that passed FlatBuffers' verification: parts that FlatBuffers calls
/// optional and Arrow does not are there, and buffers lie in the body.
///
/// Place: before nanoarrow decodes a message of a stranger's stream. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace backend::snowflake {

/// Schemas and record batches only. `message`: the FlatBuffer behind the length prefix, already verified.
/// `body_bytes`: of the body behind it, which holds the buffers. False: it
/// must not be decoded.
bool has_all_parts(std::string_view message, std::int64_t body_bytes);

}  // namespace backend::snowflake
