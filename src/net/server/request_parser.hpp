/// Reads one HTTP/1.x request out of growing bytes, strictly: what two parsers could read differently is refused.
///
/// Place: under `Http1Codec`. Boost.Beast's parser has the grammar; this class adds what Beast lets through (RFC 9112
/// sections 2.2, 3, 5.1, 5.2, 6.1-6.3, 7.1): repeated or listed Content-Length, any transfer coding but one `chunked`,
/// codings in HTTP/1.0, folded lines, control characters in chunk extensions, repeated Host, characters outside ASCII
/// in the target; and the bounds. No I/O, no clock. Threads: none. It allocates once and is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/server/exchange.hpp"
#include "net/server/input_buffer.hpp"

namespace net {

struct RequestLimits {
    std::size_t target_bytes = 8 * 1024;   ///< 414
    std::size_t head_bytes = 32 * 1024;    ///< request line and headers: 431
    std::size_t header_count = 100;        ///< 431
    std::size_t body_bytes = 4096 * 1024;  ///< decoded: 413
};

class RequestParser {
public:
    explicit RequestParser(const RequestLimits& limits);
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;
    ~RequestParser();

    enum class Step {
        need_more,
        complete,  // `request` may be called
        failed,    // `failure`; the connection must be closed after the answer
    };
    struct Failure {
        int status = 400;
        std::string_view message;  ///< a literal
    };

    /// Looks at the unconsumed bytes; call again when there are more. Takes chunk framing out of the buffer.
    Step advance(InputBuffer& input);

    const Failure& failure() const;
    /// The request, its bytes consumed from the buffer. Once after `complete`. `headers`: storage to use.
    Request take_request(InputBuffer& input, std::vector<Header> headers);
    /// For the next request.
    void reset();

    bool head_done() const;  ///< the head is complete and was accepted
    /// The client said `Expect: 100-continue` and sent nothing of the body so far.
    bool waits_for_continue(const InputBuffer& input) const;
    bool keep_alive() const;       ///< what version and Connection header say
    bool said_keep_alive() const;  ///< an HTTP/1.0 client that asked for it
    HttpVersion version() const;
    std::size_t bytes_wanted() const;  ///< of the whole request as far as known, else 0

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace net
