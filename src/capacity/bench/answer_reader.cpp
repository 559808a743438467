#include "capacity/bench/answer_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace capacity::bench {
namespace {

using Piece = net::client::BodyFraming::Piece;
using net::client::ResponseHead;
using net::client::ResponseHeadParser;

constexpr std::size_t head_bytes = 64 * 1024;

bool names_type(std::string_view value, std::string_view type) {
    value = value.substr(0, value.find(';'));
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return base::iequals(value, type);
}

HeadFacts facts_of(const ResponseHead& head) {
    HeadFacts facts;
    facts.status = head.status;
    const auto type = head.header("Content-Type");
    facts.is_json = names_type(type, "application/json");
    facts.is_stream = names_type(type, "text/event-stream");
    facts.keep_alive = head.keep_alive;
    facts.session = std::string{head.header("Mcp-Session-Id")};
    facts.content_type = std::string{type};
    return facts;
}

}  // namespace

void EventReader::clear() {
    buffer_.clear();
    data_.clear();
    read_ = 0;
    has_data_ = false;
    after_cr_ = false;
}

/// A line without its end (LF, CR or CR LF); false when it is not complete.
bool EventReader::line(std::string_view& found) {
    if (after_cr_ && read_ < buffer_.size()) {
        after_cr_ = false;
        if (buffer_[read_] == '\n') ++read_;
    }
    const auto end = buffer_.find_first_of("\r\n", read_);
    if (end == std::string::npos) return false;
    found = std::string_view{buffer_}.substr(read_, end - read_);
    after_cr_ = buffer_[end] == '\r';
    read_ = end + 1;
    return true;
}

void EventReader::field(std::string_view line) {
    if (!line.starts_with("data")) return;
    line.remove_prefix(4);
    if (!line.empty() && line.front() != ':') return;
    if (!line.empty()) line.remove_prefix(1);
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
}

std::optional<std::string_view> EventReader::next() {
    if (read_ == buffer_.size()) {
        buffer_.clear();
        read_ = 0;
    }
    std::string_view found;
    while (line(found)) {
        if (!found.empty()) {
            field(found);
            continue;
        }
        if (std::exchange(has_data_, false) && !data_.empty()) {
            event_.swap(data_);
            data_.clear();
            return event_;
        }
        data_.clear();
    }
    return std::nullopt;
}

void AnswerReader::start() {
    state_ = State::head;
    has_head_ = false;
    carry_.clear();
    body_.clear();
    rest_ = {};
    text_ = {};
    events_.clear();
}

AnswerReader::Step AnswerReader::fail(std::string why) {
    why_ = std::move(why);
    state_ = State::failed;
    parser_.reset();
    return Step::broken;
}

AnswerReader::Step AnswerReader::feed(std::string_view bytes) {
    rest_ = bytes;
    return more();
}

AnswerReader::Step AnswerReader::more() {
    text_ = {};
    if (state_ == State::head) {
        if (const Step step = read_head(); step != Step::end) return step;
    }
    if (state_ == State::body) return read_body();
    if (state_ == State::last) {
        state_ = State::over;
        return Step::end;
    }
    return state_ == State::failed ? Step::broken : Step::end;
}

/// `end`: the head is there, the body may begin.
AnswerReader::Step AnswerReader::read_head() {
    if (carry_.empty() && parser_ == nullptr) {
        if (!last_head_.empty() && rest_.starts_with(last_head_)) {
            framing_ = last_framing_;
            rest_.remove_prefix(last_head_.size());
            has_head_ = true;
            state_ = State::body;
            return Step::end;
        }
    }
    for (;;) {
        if (parser_ == nullptr) parser_ = std::make_unique<ResponseHeadParser>(head_bytes);
        carry_ += rest_;
        const auto step = parser_->advance(carry_);
        if (step == ResponseHeadParser::Step::need_more) {
            rest_ = {};
            return Step::need_more;
        }
        if (step != ResponseHeadParser::Step::complete) {
            return fail(fmt::format("what answers is no HTTP/1.1: {}", parser_->why()));
        }
        const std::size_t used = parser_->take(carry_, head_);
        rest_.remove_prefix(rest_.size() - (carry_.size() - used));
        carry_.clear();
        parser_.reset();
        if (head_.status / 100 != 1) break;
    }
    last_head_ = head_.text;
    facts_ = facts_of(head_);
    last_framing_.start(head_, false);
    framing_ = last_framing_;
    has_head_ = true;
    state_ = State::body;
    return Step::end;
}

AnswerReader::Step AnswerReader::read_body() {
    const bool stream = facts_.is_stream;
    for (;;) {
        if (stream) {
            if (const auto event = events_.next()) {
                text_ = *event;
                return Step::text;
            }
        }
        const Piece piece = framing_.next(rest_);
        rest_.remove_prefix(piece.consumed);
        if (piece.status == Piece::Status::malformed) {
            return fail(fmt::format("the answer's body is malformed: {}", framing_.why()));
        }
        if (piece.status == Piece::Status::need_more) {
            return framing_.at_end() ? finish_body() : Step::need_more;
        }
        if (piece.status == Piece::Status::end) return finish_body();
        if (body_.size() + piece.data.size() + events_.waiting_bytes() > most_bytes) {
            return fail("the answer is larger than 1 GiB");
        }
        if (stream) {
            events_.feed(piece.data);
        } else if (body_.empty() && framing_.at_end()) {
            text_ = piece.data;
            state_ = State::last;
            return Step::text;
        } else {
            body_ += piece.data;
        }
    }
}

AnswerReader::Step AnswerReader::finish_body() {
    if (facts_.is_stream || body_.empty()) {
        state_ = State::over;
        return Step::end;
    }
    text_ = body_;
    state_ = State::last;
    return Step::text;
}

AnswerReader::Step AnswerReader::ended() {
    rest_ = {};
    if (state_ == State::body && framing_.ends_with_input()) return finish_body();
    if (state_ != State::head && state_ != State::body) return more();
    return fail(has_begun() ? "the connection was closed in the middle of the answer"
                            : "the connection was closed without an answer");
}

}  // namespace capacity::bench
