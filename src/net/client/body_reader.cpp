#include "net/client/body_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace net::client {

bool BodyReader::start(const ResponseHead& head, bool to_head, bool decode, const Limits& limits) {
    *this = BodyReader{};
    limits_ = limits;
    framing_.start(head, to_head);
    if (framing_.at_end()) return true;
    promised_ = head.content_length.value_or(0);
    Coding coding = Coding::identity;
    if (decode) {
        int headers = 0;
        for (const auto& field : head.fields) headers += base::iequals(field.name, "Content-Encoding");
        const auto known = headers <= 1 ? coding_of(head.header("Content-Encoding")) : std::nullopt;
        if (!known) return fail(Trouble::unknown_coding) != Step::failed;
        coding = *known;
    }
    if (coding != Coding::identity) {
        decoder_ = ContentDecoder::make(coding);
    } else if (promised_ > limits_.body_bytes) {
        return fail(Trouble::too_large) != Step::failed;
    }
    return true;
}

void BodyReader::start_decoding(Coding coding, const Limits& limits) {
    *this = BodyReader{};
    limits_ = limits;
    framing_.start(ResponseHead{.status = 200}, false);
    if (coding != Coding::identity) decoder_ = ContentDecoder::make(coding);
}

BodyReader::Step BodyReader::fail(Trouble trouble) {
    trouble_ = trouble;
    return Step::failed;
}

BodyReader::Step BodyReader::deliver(std::string_view bytes, std::string_view& piece) {
    decoded_bytes_ += bytes.size();
    if (decoded_bytes_ > limits_.body_bytes) return fail(Trouble::too_large);
    piece = bytes;
    return Step::piece;
}

BodyReader::Step BodyReader::next(ReadBuffer& input, std::string_view& piece) {
    if (trouble_ != Trouble::none) return Step::failed;
    for (;;) {
        if (decoder_ && (!coded_.empty() || full_)) {
            const auto step = decode(input, piece);
            if (step != Step::need_more) return step;
        }
        input.consume(std::exchange(behind_, 0));
        const auto found = framing_.next(input.bytes());
        switch (found.status) {
            case BodyFraming::Piece::Status::need_more: input.consume(found.consumed); return Step::need_more;
            case BodyFraming::Piece::Status::malformed: return fail(Trouble::malformed);
            case BodyFraming::Piece::Status::end:
                input.consume(found.consumed);
                if (decoder_ && !decoder_->complete()) return fail(Trouble::cut_coding);
                decoder_.reset();
                return Step::end;
            case BodyFraming::Piece::Status::data:
                wire_bytes_ += found.data.size();
                behind_ = found.consumed;
                if (!decoder_) return deliver(found.data, piece);
                coded_ = found.data;
                break;
        }
    }
}

BodyReader::Step BodyReader::decode(ReadBuffer&, std::string_view& piece) {
    if (!output_) output_ = std::make_unique_for_overwrite<char[]>(output_size);
    const auto step = decoder_->decode(coded_, {output_.get(), output_size});
    coded_.remove_prefix(step.consumed);
    full_ = step.produced == output_size;
    if (step.failed) return fail(Trouble::decoding);
    if (step.produced == 0) {
        coded_ = {};
        return Step::need_more;
    }
    const auto all = decoded_bytes_ + step.produced;
    if (all > limits_.free_bytes && all / std::max<std::size_t>(1, limits_.ratio) > wire_bytes_)
        return fail(Trouble::bomb);
    return deliver({output_.get(), step.produced}, piece);
}

bool BodyReader::input_ended() {
    if (trouble_ != Trouble::none) return false;
    if (framing_.ends_with_input()) return true;
    fail(Trouble::cut);
    return false;
}

Failure BodyReader::failure(std::string_view whose) const {
    const auto failed = [](Cause cause, std::string message) {
        return Failure{.error = base::Error{base::Kind::unavailable, std::move(message)}.at(base::Stage::result),
                       .cause = cause,
                       .sent = Sent::answered};
    };
    switch (trouble_) {
        case Trouble::malformed:
            return failed(Cause::malformed, fmt::format("{} is malformed: {}", whose, framing_.why()));
        case Trouble::decoding:
            return failed(Cause::decoding, fmt::format("{} cannot be decompressed: its bytes are broken", whose));
        case Trouble::cut_coding:
            return failed(Cause::decoding, fmt::format("{} cannot be decompressed: it breaks off", whose));
        case Trouble::unknown_coding:
            return failed(Cause::decoding, fmt::format("{} has a Content-Encoding that was not asked for", whose));
        case Trouble::too_large:
            return failed(Cause::too_large, fmt::format("{} is larger than {} bytes", whose, limits_.body_bytes));
        case Trouble::bomb:
            return failed(Cause::decoding, fmt::format("{} grows to more than {} times its size when decompressed",
                                                       whose, limits_.ratio));
        case Trouble::cut:
            if (promised_ > 0) {
                return failed(Cause::closed,
                              fmt::format("{} broke off after {} of {} bytes", whose, wire_bytes_, promised_));
            }
            return failed(Cause::closed, fmt::format("{} broke off after {} bytes", whose, wire_bytes_));
        case Trouble::none: break;
    }
    return failed(Cause::closed, fmt::format("{} broke off", whose));
}

}  // namespace net::client
