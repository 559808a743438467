#include "net/client/body_framing.hpp"

#include <algorithm>

namespace net::client {
namespace {

constexpr std::uint64_t free_framing = 64 * 1024;  // chunk lines and trailers, before they must be worth their data

}  // namespace

void BodyFraming::start(const ResponseHead& head, bool to_head) {
    *this = BodyFraming{};
    if (to_head || head.status / 100 == 1 || head.status == 204 || head.status == 304) return;
    if (head.chunked) {
        state_ = State::size;
    } else if (head.content_length) {
        left_ = *head.content_length;
        state_ = left_ > 0 ? State::length : State::end;
    } else {
        state_ = State::until_close;
    }
}

bool BodyFraming::ends_with_input() {
    if (state_ == State::until_close) state_ = State::end;
    return state_ == State::end;
}

bool BodyFraming::fail(std::string_view why) {
    why_ = why;
    state_ = State::failed;
    return false;
}

BodyFraming::Piece BodyFraming::take(std::string_view bytes, std::size_t at) {
    auto data = bytes.substr(at);
    if (state_ != State::until_close) {
        data = data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size())));
        left_ -= data.size();
        if (left_ == 0) state_ = state_ == State::length ? State::end : State::data_cr;
    }
    data_bytes_ += data.size();
    return {.status = Piece::Status::data, .consumed = at + data.size(), .data = data};
}

BodyFraming::Piece BodyFraming::next(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        switch (state_) {
            case State::end: return {.status = Piece::Status::end, .consumed = at};
            case State::failed: return {.status = Piece::Status::malformed, .consumed = at};
            case State::length:
            case State::until_close:
            case State::data: return take(bytes, at);
            default: break;
        }
        if (!framing(bytes[at++])) return {.status = Piece::Status::malformed, .consumed = at};
    }
    return {.status = state_ == State::end ? Piece::Status::end : Piece::Status::need_more, .consumed = at};
}

bool BodyFraming::size_digit(char c) {
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    if (value >= 0) {
        if (++digits_ > 15) return fail("a chunk's size is too long");
        left_ = left_ * 16 + static_cast<std::uint64_t>(value);
        return true;
    }
    if (digits_ == 0) return fail("a chunk does not begin with its size");
    if (c == '\r') {
        state_ = State::size_end;
    } else if (c == ';' || c == ' ' || c == '\t') {
        state_ = State::extension;
    } else {
        return fail("a chunk's size is malformed");
    }
    return true;
}

/// One byte that is not of the body.
bool BodyFraming::framing(char c) {
    if (++framing_bytes_ > free_framing + 8 * data_bytes_) return fail("there is more chunk framing than data");
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7f;
    switch (state_) {
        case State::size: return size_digit(c);
        case State::extension:
            if (control) return fail("a chunk's extension is malformed");
            if (c == '\r') state_ = State::size_end;
            return true;
        case State::size_end:
            if (c != '\n') return fail("a chunk's size line does not end with CR LF");
            state_ = left_ == 0 ? State::trailer : State::data;
            digits_ = 0;
            return true;
        case State::data_cr:
            if (c != '\r') return fail("a chunk does not end where its size says");
            state_ = State::data_lf;
            return true;
        case State::data_lf:
            if (c != '\n') return fail("a chunk does not end where its size says");
            state_ = State::size;
            return true;
        case State::trailer:
        case State::trailer_line:
            if (control) return fail("a trailer is malformed");
            if (c == '\r') {
                state_ = state_ == State::trailer ? State::last_lf : State::trailer_lf;
            } else {
                state_ = State::trailer_line;
            }
            return true;
        case State::trailer_lf:
        case State::last_lf:
            if (c != '\n') return fail("a trailer does not end with CR LF");
            state_ = state_ == State::last_lf ? State::end : State::trailer;
            return true;
        default: return fail("the chunked body is malformed");
    }
}

}  // namespace net::client
