/// API_KEYS_FILE: one key a line, fields as `name=value` with blanks between, `#` begins a comment line.
///
///   id=5k2m9… name=reporting roles=user,admin salt=<base64url> hash=<base64url> created=2026-11-24T08:00:00Z
///   requests_per_minute=60 burst=10 queries_per_day=500 result_bytes_per_day=100000000
///   warehouse_seconds_per_day=3600           (these may be missing; all on one line)
///
/// Reading and writing block: not for workers. Writing replaces the file as a whole (mode 0600), so a reader sees the
/// old or the new one; writers wait for each other.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/api_key.hpp"
#include "base/error.hpp"

namespace access_control {

/// Errors name `file` and the line.
base::Result<std::vector<KeyRecord>> parse_keys(std::string_view text, std::string_view file);
std::string format_keys(const std::vector<KeyRecord>& keys);

/// `Kind::not_found` where there is no such file.
base::Result<std::vector<KeyRecord>> read_keys(const std::string& path);

/// Reads (nothing where there is no file), lets `change` change, and writes. An error of `change` leaves all as it was.
base::Result<void> change_keys(const std::string& path,
                               const std::function<base::Result<void>(std::vector<KeyRecord>&)>& change);

}  // namespace access_control
