#include "net/server/http1_codec.hpp"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/json_writer.hpp"

namespace net {
namespace {

void append_number(std::string& out, std::size_t value, int base = 10) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
    out.append(digits.data(), end);
}

bool has_no_body(int status) { return status == 204 || status == 304 || (status >= 100 && status < 200); }

}  // namespace

Http1Codec::Http1Codec(const Limits& limits, BlockPool& pool, base::MemoryBudget* budget)
    : limits_{limits}, input_{pool, budget}, parser_{limits.request} {}

bool Http1Codec::wants_input() const {
    if (phase_ == Phase::closing) return false;
    return phase_ != Phase::answering || input_.size() < limits_.read_ahead;
}

std::span<char> Http1Codec::prepare() {
    if (!wants_input()) return {};
    auto room = input_.prepare(phase_ == Phase::body ? parser_.bytes_wanted() : 0);
    if (room) return *room;
    if (phase_ != Phase::answering) refuse(503, "the server has no memory left for this request", 1);
    return {};
}

std::optional<Request> Http1Codec::next() {
    if (phase_ == Phase::answering || phase_ == Phase::closing || input_.empty()) return {};
    const auto step = parser_.advance(input_);
    if (step == RequestParser::Step::failed) {
        refuse(parser_.failure().status, parser_.failure().message);
        return {};
    }
    if (step == RequestParser::Step::need_more) {
        phase_ = parser_.head_done() ? Phase::body : input_.empty() ? Phase::idle : Phase::head;
        if (!continued_ && parser_.waits_for_continue(input_)) {
            continued_ = true;
            output_.append("HTTP/1.1 100 Continue\r\n\r\n");
        }
        return {};
    }
    version_ = parser_.version();
    said_keep_alive_ = parser_.said_keep_alive();
    wanted_more_ = parser_.keep_alive();
    keep_alive_ = limits_.keep_alive && wanted_more_ && answered_ + 1 < limits_.requests;
    auto request = parser_.take_request(input_, std::exchange(spare_headers_, {}));
    parser_.reset();
    head_only_ = request.method == "HEAD";
    if (request.method == "CONNECT") keep_alive_ = false;
    continued_ = false;
    phase_ = Phase::answering;
    return request;
}

void Http1Codec::write_head(const ReplyHead& head, std::optional<std::size_t> length) {
    auto& out = output_.text();
    if (head.status == 200) {
        out.append("HTTP/1.1 200 OK\r\nDate: ");
    } else {
        out.append("HTTP/1.1 ");
        append_number(out, static_cast<std::size_t>(head.status));
        out.append(" ").append(reason_phrase(head.status)).append("\r\nDate: ");
    }
    out.append(date_);
    if (head.body == ReplyHead::Body::events) {
        out.append("\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nX-Accel-Buffering: no");
    } else if (!head.content_type.empty()) {
        out.append("\r\nContent-Type: ").append(head.content_type);
    }
    if (length) {
        out.append("\r\nContent-Length: ");
        append_number(out, *length);
    } else if (chunked_) {
        out.append("\r\nTransfer-Encoding: chunked");
    }
    if (!persists()) {
        out.append("\r\nConnection: close\r\n");
    } else {
        out.append(said_keep_alive_ ? "\r\nConnection: keep-alive\r\n" : "\r\n");
    }
    out.append(head.headers.lines()).append("\r\n");
    output_.text_added();
}

void Http1Codec::reply(const ReplyHead& head, base::Payload body) {
    if (phase_ != Phase::answering) return;
    chunked_ = false;
    const bool bodiless = has_no_body(head.status);
    write_head(head, bodiless ? std::optional<std::size_t>{} : body.size());
    if (!bodiless && !head_only_) output_.append(std::move(body));
    answer_done();
}

void Http1Codec::begin(const ReplyHead& head) {
    if (phase_ != Phase::answering) return;
    bodiless_ = has_no_body(head.status) || head_only_;
    chunked_ = version_ == HttpVersion::http_1_1 && !has_no_body(head.status);
    // HTTP/1.0 knows the end of such an answer by the end of the connection only.
    if (!chunked_ && !bodiless_) keep_alive_ = false;
    write_head(head, {});
}

void Http1Codec::write(base::Payload part) {
    if (phase_ != Phase::answering || bodiless_ || part.empty()) return;
    if (chunked_) {
        append_number(output_.text(), part.size(), 16);
        output_.append("\r\n");
    }
    output_.append(std::move(part));
    if (chunked_) output_.append("\r\n");
}

void Http1Codec::finish() {
    if (phase_ != Phase::answering) return;
    if (chunked_ && !bodiless_) output_.append("0\r\n\r\n");
    answer_done();
}

void Http1Codec::answer_done() {
    ++answered_;
    bodiless_ = false;
    phase_ = persists() ? Phase::idle : Phase::closing;
    cut_short_ = wanted_more_ && !persists();
}

void Http1Codec::refuse(int status, std::string_view message, int retry_after) {
    if (phase_ == Phase::answering || phase_ == Phase::closing) return;
    std::string body;
    base::JsonWriter{body}.begin_object().field("error", message).end_object();
    ReplyHead head{.status = status, .content_type = "application/json"};
    if (retry_after > 0) head.headers.add("Retry-After", std::to_string(retry_after));
    keep_alive_ = false;
    chunked_ = false;
    write_head(head, body.size());
    output_.append(std::string_view{body});
    refused_ = true;
    refusal_status_ = status;
    phase_ = Phase::closing;
}

void Http1Codec::time_out() {
    if (phase_ == Phase::head || phase_ == Phase::body) return refuse(408, "the request did not arrive in time");
    if (phase_ == Phase::idle) phase_ = Phase::closing;
}

void Http1Codec::release() {
    if (phase_ != Phase::idle) return;
    input_.release();
    output_.release();
    if (spare_headers_.capacity() > 32) spare_headers_ = {};
}

}  // namespace net
