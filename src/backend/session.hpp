/// A login on a backend, vendor-neutral: what the pool lends and the pipeline runs statements on.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/result_set.hpp"
#include "base/error.hpp"

namespace backend {

/// What names resolve in. Empty: the session's (or the connection's) own.
struct Context {
    std::string role;
    std::string secondary_roles;  ///< "NONE", "ALL" or empty
    std::string warehouse;
    std::string database;
    std::string schema;

    friend bool operator==(const Context&, const Context&) = default;
};

struct Binding {
    std::string type;                  ///< FIXED, TEXT, DATE, …
    std::optional<std::string> value;  ///< absent: NULL
};

/// One statement as the guard judged it: these bytes run and no others.
struct Statement {
    std::string text;
    std::vector<Binding> bindings;
    Context context;
    std::string tag;                     ///< query tag (JSON), at most 2,000 characters
    std::optional<std::uint64_t> limit;  ///< rows the caller will take at most: a hint to stop early
};

class Session {
public:
    virtual ~Session() = default;

    /// Runs a statement. The session must not be used for another one until the result set is gone, unless
    /// `carries_several()`.
    virtual async::Task<base::Result<std::unique_ptr<ResultSet>>> execute(async::Call& call, Statement statement) = 0;
    virtual const Context& context() const = 0;  ///< as the last answer named it
    virtual bool usable() const = 0;             ///< false: the pool throws it away
    virtual bool carries_several() const { return false; }
};

/// A backend makes sessions. One a connection; shared by all workers; thread-safe.
class Backend {
public:
    virtual ~Backend() = default;
    virtual std::string_view name() const = 0;  ///< "duckdb", "snowflake"
    virtual async::Task<base::Result<std::unique_ptr<Session>>> login(async::Call& call, Context context) = 0;
    virtual Context default_context() const = 0;
};

}  // namespace backend
