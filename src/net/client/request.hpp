/// What is asked of a server. A value that `HttpClient::send` takes over.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/client/url.hpp"

namespace net::client {

/// Which connections a request may use (DESIGN.md section 4, "Outbound").
enum class Lane : std::uint8_t {
    query,    // statements and their polls
    data,     // chunks of results; with `query` bounded by CLIENT_POOL_SIZE over all workers
    control,  // abort, renewal, heartbeat, login: connections of their own, never behind queries
};

/// May the request be sent a second time when a *kept* connection turns out to be closed before the first byte of an
/// answer? (Without an answer nobody knows whether the server had acted on it.)
enum class Repeat : std::uint8_t {
    by_method,  // GET, HEAD, PUT, DELETE and OPTIONS may, others not
    allowed,    // idempotent by other means (a request id)
    never,
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Limits {
    std::size_t head_bytes = 64 * 1024;              ///< of the answer's status line and headers
    std::size_t body_bytes = std::size_t{1} << 30;   ///< of the answer's body, decoded
    std::size_t free_bytes = std::size_t{32} << 20;  ///< decoded, before `ratio` is looked at
    std::size_t ratio = 1100;                        ///< decoded bytes for one on the wire (deflate ends at 1032)
    std::chrono::milliseconds silence{0};            ///< longest wait for the next byte; 0: only the call's deadline
};

struct Request {
    std::string method = "GET";
    Url url;
    /// Without Host, Content-Length, Transfer-Encoding, Connection and Proxy-*: the client's own. Accept-Encoding is
    /// added (gzip, deflate, zstd) where it is missing. Line ends and other control characters are refused.
    HeaderList headers;
    std::string body;
    Lane lane = Lane::query;
    Repeat repeat = Repeat::by_method;
    bool decode = true;  ///< take Content-Encoding off the body; false: Accept-Encoding is the caller's alone
    Limits limits;
};

}  // namespace net::client
