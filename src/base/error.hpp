/// Errors as values: who can mend it, where it came from, and what to do.
///
/// Place: everywhere. `Result<T>` is what a function answers that can fail in an expected way; exceptions are for
/// broken invariants only. Threads: a value, no sharing.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// Who can mend it (DESIGN.md section 5).
enum class Kind {
    bad_argument,  // the caller: a wrong or missing argument
    denied,        // the caller may not do this
    not_found,     // what was named does not exist (or is not visible)
    sql,           // the backend refused the statement
    timeout,       // a deadline ran out; `Stage` says which wait
    overloaded,    // refused now, try later (`retry_after`)
    unavailable,   // a part we need does not answer
    cancelled,     // the caller left or we are shutting down
    credentials,   // the operator: login data wrong or expired
    internal,      // us
};

/// Where it came from.
enum class Stage { none, config, protocol, access, guard, cache, queue, pool, login, query, result, render };

std::string_view to_string(Kind kind);
std::string_view to_string(Stage stage);

/// One pointer wide, so that `Result<T>` stays small. Never empty, except after being moved from.
class Error {
public:
    Error(Kind kind, std::string message);
    Error(const Error& other);
    Error(Error&&) noexcept = default;
    Error& operator=(const Error& other);
    Error& operator=(Error&&) noexcept = default;
    ~Error() = default;

    Error&& at(Stage stage) &&;                               ///< where it happened
    Error&& about(std::string argument) &&;                   ///< the argument, setting or object it is about
    Error&& retry_after(std::chrono::milliseconds delay) &&;  ///< when another try makes sense
    Error&& code(std::string backend_code, std::string sqlstate = {}) &&;
    Error&& query(std::string query_id) &&;

    Kind kind() const { return detail_->kind; }
    Stage stage() const { return detail_->stage; }
    /// For the person: what happened, to what, and what to do. May hold untrusted text (escaped where it is shown).
    const std::string& message() const { return detail_->message; }
    const std::string& argument() const { return detail_->argument; }
    std::optional<std::chrono::milliseconds> retry_after() const { return detail_->retry_after; }
    const std::string& code() const { return detail_->code; }
    const std::string& sqlstate() const { return detail_->sqlstate; }
    const std::string& query_id() const { return detail_->query_id; }

private:
    struct Detail {
        Kind kind;
        Stage stage = Stage::none;
        std::string message;
        std::string argument;
        std::optional<std::chrono::milliseconds> retry_after;
        std::string code;
        std::string sqlstate;
        std::string query_id;
    };
    std::unique_ptr<Detail> detail_;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return base::fail(Kind::denied, "…");`
inline std::unexpected<Error> fail(Kind kind, std::string message) {
    return std::unexpected<Error>{Error{kind, std::move(message)}};
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>{std::move(error)}; }

}  // namespace base
