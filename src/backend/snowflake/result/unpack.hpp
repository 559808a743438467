/// Takes gzip or zstd off a body that carries it without saying so (chunks are told by their first bytes, not by
/// Content-Encoding: snowflake-wire.md 4.8).
///
/// Place: chunk downloads. Threads: its call's worker; lets others run after each 256 KB.
#pragma once

#include <cstddef>
#include <string>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// A body that is not compressed comes back as it is. Errors: `unavailable` where it is broken, broke off, or grows
/// beyond `max_bytes` or 1,100 times its size.
async::Task<base::Result<std::string>> unpack(async::Call& call, std::string body, std::size_t max_bytes);

}  // namespace backend::snowflake
