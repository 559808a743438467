/// Why a request has no answer: the error for the person, and what a retry has to know.
///
/// Place: every result of net/client. Converts to `base::Error`, so that `co_return base::fail(answer.error())` and
/// `std::unexpected(answer.error())` work where a `base::Result` is wanted. A value.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace net::client {

/// How far the request had come. Decides whether sending it again could do its work twice.
enum class Sent : std::uint8_t {
    no,        // no byte of it left this process: safe to send again, whatever it is
    maybe,     // some of it may have reached the server, nothing of an answer came back
    answered,  // the answer had begun: the server has seen it
};

enum class Cause : std::uint8_t {
    argument,     // the request itself: line ends in a header, a broken target, a body that is too large
    stopped,      // the call's own deadline, client or drain: `error` is the call's
    pool,         // no connection became free within CLIENT_POOL_TIMEOUT
    dns,          // the host's name was not resolved
    connect,      // refused, unreachable, or not within the time for connecting
    proxy,        // the proxy refused or broke off
    certificate,  // the server's certificate was not accepted: another try will not help
    tls,          // TLS broke otherwise
    closed,       // the connection ended or was reset before the answer was complete
    silent,       // no byte came for `Limits::silence`
    malformed,    // what came is not HTTP/1.1, or its framing contradicts itself
    decoding,     // the compressed body is broken, broke off or grows beyond its bounds
    too_large,    // head or body above the request's limits
};

std::string_view to_string(Cause cause);

struct Failure {
    base::Error error;
    Cause cause = Cause::closed;
    Sent sent = Sent::no;

    operator base::Error() const& { return error; }         // NOLINT(google-explicit-constructor): by design
    operator base::Error() && { return std::move(error); }  // NOLINT(google-explicit-constructor)

    const std::string& message() const { return error.message(); }
    base::Kind kind() const { return error.kind(); }
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(Failure failure) { return std::unexpected<Failure>{std::move(failure)}; }

}  // namespace net::client
