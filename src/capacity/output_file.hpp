/// Writes a finished output where it was asked for: whole, or not at all.
///
/// Place: `--output` of bench, plan and report. Threads: any, a file each.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace capacity {

/// A file is written beside its place, synced, and renamed over what stood there, so that neither a full disk nor a
/// kill leaves half of it; its permissions are kept, those of a new one are the umask's. What is no regular file (a
/// pipe, a device) is written to as it is. Errors (`bad_argument`): "cannot write plan.html: No space left on device".
base::Result<void> write_output(const std::string& path, std::string_view text);

/// To standard output, with the same care: a full disk behind `>` is an error. `Kind::cancelled` where nobody reads any
/// more (a closed pipe).
base::Result<void> write_stdout(std::string_view text);

}  // namespace capacity
