/// The first thing that went wrong in a translation; what comes after it is noise.
///
/// Parser and binder do not stop at an error: they note it here, go on with a stand-in that cannot hurt, and the
/// caller asks once at the end. Codes and wording are Snowflake's where it has them. Threads: a value of one
/// translation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace backend::duckdb::dialect {

class Failure {
public:
    explicit Failure(std::string_view text) : text_{text} {}

    bool failed() const { return error_.has_value(); }
    base::Error take() { return std::move(*error_); }

    /// "syntax error line 1 at position 7 unexpected 'x'." (001003)
    void syntax(std::uint32_t offset, std::string_view unexpected);
    /// "invalid identifier 'X'" (000904)
    void unknown_column(std::uint32_t offset, std::string_view name);
    /// Any other error of Snowflake's compiler, with its code and SQLSTATE.
    void compilation(std::uint32_t offset, std::string message, std::string code = "001065",
                     std::string sqlstate = "22023");
    /// What Snowflake can and the embedded backend can't: "<what> is not supported by the embedded backend[;
    /// <advice>]".
    void unsupported(std::string_view what, std::string_view advice = {});
    void set(base::Error error);

private:
    std::string position(std::uint32_t offset) const;

    std::string_view text_;
    std::optional<base::Error> error_;
};

}  // namespace backend::duckdb::dialect
