#include "backend/duckdb/engine.hpp"

namespace backend::duckdb {

Dialect snowflake_dialect() {
    return {.translate = dialect::translate,
            .setup_statements = dialect::setup_statements,
            .register_functions = dialect::register_functions};
}

}  // namespace backend::duckdb
