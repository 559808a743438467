/// The envelope of every control answer (login, authenticator, token, heartbeat, abort, log-out):
/// `{"data": …, "code": …, "message": …, "success": …}` (docs/snowflake-protocol.md).
///
/// Place: login, session. Answers with rows have a reader of their own (result/query_answer.hpp). Threads: a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace backend::snowflake {

/// A session parameter as text: booleans are `true`/`false`, numbers their digits.
using Parameters = std::vector<std::pair<std::string, std::string>>;

class Envelope {
public:
    static constexpr std::size_t max_bytes = std::size_t{16} << 20;

    /// Exactly one JSON object. `code` may be a text or a number, leading zeros or not; absent: 0. `success` may be
    /// absent: then it is true where the code is 0. `Kind::unavailable`, stage `login`, where `body` is no such thing
    /// (a proxy's page, a body that broke off); the text of the body is never part of the message.
    static base::Result<Envelope> parse(std::string_view body);

    Envelope(Envelope&&) noexcept;
    Envelope& operator=(Envelope&&) noexcept;
    ~Envelope();

    bool success() const { return success_; }
    int code() const { return code_; }                       ///< 390112, 333334, …; 0: none
    const std::string& message() const { return message_; }  ///< written by the server: untrusted text

    bool has_data() const;
    /// `path` walks objects below `data` by dots: "token", "sessionInfo.roleName". Absent for null and other types;
    /// `text` also gives numbers and booleans as text (`sessionId` may be either).
    std::optional<std::string> text(std::string_view path) const;
    std::optional<std::int64_t> whole(std::string_view path) const;
    /// How long a token lives. Absent where it is not said, or is no time (zero, negative); a week at most, so that no
    /// clock overflows by what a server says.
    std::optional<std::chrono::seconds> lifetime(std::string_view path) const;
    std::optional<bool> boolean(std::string_view path) const;
    /// The array of {name, value} below `data.parameters`.
    Parameters parameters() const;

private:
    struct Tree;
    explicit Envelope(std::unique_ptr<Tree> tree);

    std::unique_ptr<Tree> tree_;
    bool success_ = false;
    int code_ = 0;
    std::string message_;
};

}  // namespace backend::snowflake
