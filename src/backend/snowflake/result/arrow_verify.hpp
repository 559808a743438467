/// What nanoarrow takes for granted of a message that passed FlatBuffers' verification: parts that FlatBuffers calls
/// optional and Arrow does not are there.
///
/// Place: before nanoarrow decodes a message of a stranger's stream. Pure.
#pragma once

#include <string_view>

namespace backend::snowflake {

/// Schemas and record batches only. `message`: the FlatBuffer behind the length prefix, already verified. False: it
/// must not be decoded.
bool has_all_parts(std::string_view message);

}  // namespace backend::snowflake
