/// Reads the head of an answer out of growing bytes, strictly: what two readers could frame differently is refused.
///
/// Place: under `HttpClient` and for a proxy's answer to CONNECT. Boost.Beast's parser has the grammar; this class adds
/// what Beast lets through (RFC 9112 sections 5.2, 6.1 to 6.3): any transfer coding but one `chunked`, codings in
/// HTTP/1.0 or beside Content-Length, folded lines; and the bounds. No I/O. Threads: none.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/client/response.hpp"

namespace net::client {

struct ResponseHead {
    int status = 0;
    std::string text;  ///< the head's bytes; `fields` and `reason` lie in it
    std::string_view reason;
    std::vector<HeaderField> fields;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool keep_alive = false;                           ///< by version and Connection
    std::optional<std::chrono::seconds> idle_timeout;  ///< Keep-Alive: timeout=…

    /// The first of that name (any case), or empty.
    std::string_view header(std::string_view name) const;
};

class ResponseHeadParser {
public:
    explicit ResponseHeadParser(std::size_t head_bytes);
    ResponseHeadParser(const ResponseHeadParser&) = delete;
    ResponseHeadParser& operator=(const ResponseHeadParser&) = delete;
    ~ResponseHeadParser();

    enum class Step {
        need_more,
        complete,   // `take`
        malformed,  // `why`
        too_large,  // `why`
    };
    /// `bytes`: all of the answer so far, from its first byte; they may have moved since the last call.
    Step advance(std::string_view bytes);
    std::string_view why() const;  ///< a literal
    /// The head out of `bytes`, and how many bytes of them it was; once after `complete`. Ready for the next answer.
    std::size_t take(std::string_view bytes, ResponseHead& head);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace net::client
