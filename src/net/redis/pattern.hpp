/// Patterns of SCAN and KEYS (https://redis.io/docs/latest/commands/keys/). Pure.
#pragma once

#include <string>
#include <string_view>

namespace net::redis {

/// A pattern that means exactly this text.
std::string escape_pattern(std::string_view text);

}  // namespace net::redis
