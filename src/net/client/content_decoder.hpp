/// Takes gzip, deflate or zstd off a body, piece by piece (RFC 9110 section 8.4.1, RFC 9659).
///
/// Place: under `BodyReader`; also for bodies that are compressed without saying so. Pure. Threads: none.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/client/failure.hpp"
#include "net/client/request.hpp"

namespace net::client {

enum class Coding : std::uint8_t { identity, gzip, deflate, zstd };

/// What a Content-Encoding header says; nothing for codings we do not know, or several.
std::optional<Coding> coding_of(std::string_view header);

class ContentDecoder {
public:
    virtual ~ContentDecoder() = default;
    static std::unique_ptr<ContentDecoder> make(Coding coding);  ///< not for identity

    struct Step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
        bool failed = false;  ///< the bytes are none of this coding
    };
    /// Uses up `in` or fills `out`, whichever comes first.
    virtual Step decode(std::string_view in, std::span<char> out) = 0;
    /// May the input end here? (gzip and zstd may be several members one behind the other.)
    virtual bool complete() const = 0;
};

/// A whole body at once, within the limits (`body_bytes`, `free_bytes`, `ratio`). Errors: `decoding`, `too_large`.
Outcome<std::string> decode_all(Coding coding, std::string_view bytes, const Limits& limits);

}  // namespace net::client
