/// An answer whose head has come; its body is read piece by piece, or whole.
///
/// Threads: its client's worker only, destruction too (never while a `read` or `body` is under way). Lifetime: may
/// outlive its `HttpClient`. Its connection goes back to the pool when the body was read to its end: with `body`, with
/// the `read` that says so, or, all bytes being there, on destruction. Destroyed (or failed) before that, the
/// connection is closed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "net/client/failure.hpp"

namespace net::client {

struct HeaderField {
    std::string_view name;
    std::string_view value;
};

class Response {
public:
    struct State;
    explicit Response(std::unique_ptr<State> state);  ///< by the client
    Response(Response&&) noexcept;
    Response& operator=(Response&&) noexcept;
    ~Response();

    int status() const;
    std::string_view reason() const;
    /// The first of that name (any case), or empty. Views live as long as the response.
    std::string_view header(std::string_view name) const;
    bool has_header(std::string_view name) const;
    const std::vector<HeaderField>& headers() const;

    /// The next piece of the decoded body, at most 64 KB; empty at the end. It is valid until the next call. Errors:
    /// `Cause::closed`, `decoding`, `malformed`, `silent`, `too_large`, or the call's stop; after one there is no more.
    async::Task<Outcome<std::string_view>> read(async::Call& call);
    /// What is left of the decoded body, at most `max_bytes` (and `Limits::body_bytes`): more is `too_large`.
    async::Task<Outcome<std::string>> body(async::Call& call, std::size_t max_bytes = std::size_t{1} << 30);

    /// Decoded bytes handed out so far, and bytes of the body that came over the wire.
    std::size_t decoded_bytes() const;
    std::size_t wire_bytes() const;

private:
    std::unique_ptr<State> state_;
};

}  // namespace net::client
