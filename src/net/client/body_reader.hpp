/// The body of one answer: framing and content coding taken off, bounds kept.
///
/// Place: under `Response`; a pure core, told what bytes came in. Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/client/body_framing.hpp"
#include "net/client/content_decoder.hpp"
#include "net/client/failure.hpp"
#include "net/client/read_buffer.hpp"
#include "net/client/request.hpp"

namespace net::client {

class BodyReader {
public:
    /// False: the head promises what cannot be read (`failure`).
    bool start(const ResponseHead& head, bool to_head, bool decode, const Limits& limits);
    /// Bare bytes of a coding, ended by `input_ended`.
    void start_decoding(Coding coding, const Limits& limits);

    enum class Step {
        piece,      // `piece` is valid until the next call, or until `input` is prepared
        need_more,  // read into `input`, or say `input_ended`
        end,        // bytes that are left in `input` are not of this body
        failed,     // `failure`
    };
    Step next(ReadBuffer& input, std::string_view& piece);
    /// The peer sends no more. False: the body is not complete (`failure`).
    bool input_ended();

    bool at_end() const { return framing_.at_end() && decoder_ == nullptr; }
    /// What is wrong; `whose` begins the message: "the answer of host:443".
    Failure failure(std::string_view whose) const;

    std::uint64_t wire_bytes() const { return wire_bytes_; }
    std::uint64_t decoded_bytes() const { return decoded_bytes_; }
    /// Bytes on the wire that are still to come, where that is known, else 0.
    std::uint64_t left() const { return framing_.left(); }
    /// The same for decoded bytes.
    std::uint64_t expected() const { return decoder_ ? 0 : framing_.left(); }
    /// Bytes of `input` that the last piece lies in; the next step consumes them.
    std::size_t lent() const { return behind_; }

private:
    enum class Trouble { none, malformed, decoding, cut_coding, unknown_coding, too_large, bomb, cut };
    Step fail(Trouble trouble);
    Step decode(ReadBuffer& input, std::string_view& piece);
    Step deliver(std::string_view bytes, std::string_view& piece);

    static constexpr std::size_t output_size = 64 * 1024;

    BodyFraming framing_;
    Limits limits_;
    std::unique_ptr<ContentDecoder> decoder_;
    std::unique_ptr<char[]> output_;
    std::string_view coded_;  // of `input`, not yet decoded
    std::size_t behind_ = 0;  // bytes of `input` to consume before the next step
    bool full_ = false;       // the decoder may hold more output
    std::uint64_t wire_bytes_ = 0;
    std::uint64_t decoded_bytes_ = 0;
    std::uint64_t promised_ = 0;  // Content-Length
    Trouble trouble_ = Trouble::none;
};

}  // namespace net::client
