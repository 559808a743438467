#include <fmt/format.h>

#include "backend/duckdb/dialect/number_format.hpp"
#include "backend/duckdb/dialect/registrar.hpp"
#include "backend/duckdb/translation.hpp"

namespace backend::duckdb::dialect {

void register_number_format_functions(Registrar& registrar) {
    using Text = std::string_view;
    registrar.add<std::string(Text, Text)>("__sf_number_format", [](Out<std::string>& out, Text digits, Text format) {
        if (!format_number(digits, format, out.value)) {
            out.refuse(
                fmt::format("The number format '{}' is not valid or not supported by the embedded backend", format));
        }
    });
    registrar.add_both<std::string(Text, Text)>("number_unformat", [](Out<std::string>& out, Text text, Text format) {
        switch (unformat_number(text, format, out.value)) {
            case NumberParse::good: return;
            case NumberParse::bad:
                return out.fail(fmt::format("Can't parse '{}' as number with format '{}'", text, format));
            case NumberParse::unsupported:
                return out.refuse(fmt::format(
                    "The number format '{}' is not valid or not supported by the embedded backend", format));
        }
    });
}

/// Everything that needs more than a rewrite is a function in C++; there are no macros.
const std::vector<std::string>& setup_statements() {
    static const std::vector<std::string> none;
    return none;
}

base::Result<void> register_functions(const Api& api, _duckdb_connection* connection) {
    Registrar registrar{api, reinterpret_cast<duckdb_connection>(connection)};
    register_text_functions(registrar);
    register_number_functions(registrar);
    register_number_format_functions(registrar);
    register_time_functions(registrar);
    register_variant_functions(registrar);
    register_array_functions(registrar);
    register_flatten(registrar);
    if (registrar.failed()) {
        return base::fail(base::Error{base::Kind::internal,
                                      fmt::format("DuckDB does not take the function {}", registrar.first_failed())}
                              .at(base::Stage::config));
    }
    return {};
}

}  // namespace backend::duckdb::dialect
