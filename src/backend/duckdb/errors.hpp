/// DuckDB's errors in Snowflake's words where they mean the same (code and SQLSTATE), else DuckDB's own without the
/// picture of the translated statement, which the caller never wrote. Threads: pure functions.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace backend::duckdb {

/// `type` is a duckdb_error_type.
base::Error error_from(int type, std::string_view message);

/// Where DuckDB gives a text only ("Binder Error: ..."): the type is read from its front.
base::Error error_from_text(std::string_view message);

}  // namespace backend::duckdb
