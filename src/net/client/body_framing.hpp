/// Where an answer's body begins and ends on the wire (RFC 9112 sections 6.3 and 7.1), byte by byte.
///
/// Place: under `BodyReader`. By hand, not Beast's: it takes bytes as they come, so a chunk's size line split over
/// reads needs no buffer that grows. Pure. Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/client/response_head.hpp"

namespace net::client {

class BodyFraming {
public:
    /// `to_head`: the request was HEAD. 1xx, 204 and 304 have no body either.
    void start(const ResponseHead& head, bool to_head);

    struct Piece {
        enum class Status {
            need_more,  // all bytes were used
            data,       // some of the body; there may be more in the bytes
            end,        // nothing of the bytes was used beyond the body's end
            malformed,  // `why`
        };
        Status status = Status::need_more;
        std::size_t consumed = 0;
        std::string_view data = {};  ///< into the bytes given
    };
    Piece next(std::string_view bytes);

    bool at_end() const { return state_ == State::end; }
    /// The peer sends no more: is the body complete by that? Then it is at its end.
    bool ends_with_input();
    /// Bytes that are still to come where that is known (a Content-Length), else 0.
    std::uint64_t left() const { return state_ == State::length ? left_ : 0; }
    std::string_view why() const { return why_; }

private:
    enum class State {
        end,
        length,       // `left_` bytes of body
        until_close,  // all there is
        size,         // hex digits of a chunk's size
        extension,    // behind them, to the line's end
        size_end,     // the LF of it
        data,         // `left_` bytes of a chunk
        data_cr,
        data_lf,
        trailer,       // at a trailer line's beginning
        trailer_line,  // in it
        trailer_lf,
        last_lf,
        failed,
    };
    Piece take(std::string_view bytes, std::size_t at);
    bool framing(char c);
    bool size_digit(char c);
    bool fail(std::string_view why);

    State state_ = State::end;
    std::uint64_t left_ = 0;
    std::uint64_t data_bytes_ = 0;
    std::uint64_t framing_bytes_ = 0;
    int digits_ = 0;
    std::string_view why_;
};

}  // namespace net::client
