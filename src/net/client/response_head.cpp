#include "net/client/response_head.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace net::client {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

constexpr std::size_t max_fields = 1000;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

/// A part of the head, counted from its first byte, so that the buffer may move.
struct Span {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    std::string_view in(std::string_view head) const { return head.substr(offset, length); }
};

std::string_view why_of(const ErrorCode& error) {
    if (error == http::error::bad_version) return "it does not begin with HTTP/1.1 or HTTP/1.0";
    if (error == http::error::bad_status) return "its status is malformed";
    if (error == http::error::bad_reason) return "its reason is malformed";
    if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
        return "its Content-Length is not one number";
    }
    if (error == http::error::bad_transfer_encoding) return "its Transfer-Encoding contradicts itself";
    if (error == http::error::bad_field || error == http::error::bad_value) return "a header is malformed";
    if (error == http::error::bad_line_ending) return "a line does not end with CR LF";
    return "its head is malformed";
}

class StrictParser final : public http::basic_parser<false> {
public:
    StrictParser(std::size_t head_bytes, std::vector<std::pair<Span, Span>>& fields) : fields_{fields} {
        header_limit(static_cast<std::uint32_t>(head_bytes));
        skip(true);  // framing of the body is `BodyReader`'s
        fields_.clear();
    }

    std::size_t feed(std::string_view bytes, std::size_t from, ErrorCode& error) {
        base_ = bytes.data();
        size_ = bytes.size();
        return put(boost::asio::const_buffer{base_ + from, size_ - from}, error);
    }

    std::string_view why() const { return why_; }
    int status() const { return status_; }
    Span reason() const { return reason_; }
    bool is_chunked() const { return chunked_; }
    std::optional<std::chrono::seconds> idle_timeout() const { return idle_timeout_; }

private:
    Span span(std::string_view text) const {
        if (text.empty()) return {};
        return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size())};
    }
    void refuse(std::string_view why, ErrorCode& error) {
        why_ = why;
        error = http::error::bad_field;
    }

    void on_request_impl(http::verb, string_view, string_view, int, ErrorCode&) override {}
    void on_response_impl(int status, string_view reason, int version, ErrorCode& error) override {
        http_1_0_ = version == 10;
        status_ = status;
        reason_ = span(view(reason));
        if (status < 100) refuse("its status is malformed", error);
    }

    /// A folded line lies in Beast's own buffer, or behind a line end.
    bool folded(std::string_view name, std::string_view value) const {
        if (value.empty()) return false;
        if (value.data() < base_ || value.data() > base_ + size_) return true;
        return std::find(name.data() + name.size(), value.data(), '\r') != value.data();
    }

    void on_field_impl(http::field field, string_view name, string_view value, ErrorCode& error) override {
        if (folded(view(name), view(value))) return refuse("a header is folded over lines", error);
        if (fields_.size() == max_fields) return refuse("there are too many headers", error);
        fields_.emplace_back(span(view(name)), span(view(value)));
        if (field == http::field::transfer_encoding) {
            if (http_1_0_) return refuse("HTTP/1.0 has no transfer codings", error);
            if (std::exchange(chunked_, true) || !base::iequals(view(value), "chunked")) {
                refuse("its transfer coding is another than chunked", error);
            }
        } else if (field == http::field::content_length) {
            has_length_ = true;
        } else if (field == http::field::keep_alive) {
            read_timeout(view(value));
        }
    }
    void read_timeout(std::string_view value) {
        const auto at = value.find("timeout=");
        unsigned seconds = 0;
        if (at == std::string_view::npos) return;
        const auto digits = value.substr(at + 8);
        if (std::from_chars(digits.data(), digits.data() + digits.size(), seconds).ec == std::errc{}) {
            idle_timeout_ = std::chrono::seconds{std::min(seconds, 86'400U)};
        }
    }

    void on_header_impl(ErrorCode& error) override {
        if (chunked_ && has_length_) refuse("it has both Content-Length and Transfer-Encoding", error);
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(string_view body, ErrorCode&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, string_view, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, ErrorCode&) override { return body.size(); }
    void on_finish_impl(ErrorCode&) override {}

    std::vector<std::pair<Span, Span>>& fields_;
    const char* base_ = nullptr;
    std::size_t size_ = 0;
    int status_ = 0;
    Span reason_;
    std::string_view why_;
    std::optional<std::chrono::seconds> idle_timeout_;
    bool http_1_0_ = false;
    bool chunked_ = false;
    bool has_length_ = false;
};

}  // namespace

std::string_view ResponseHead::header(std::string_view name) const {
    for (const auto& field : fields) {
        if (field.name.size() == name.size() && base::iequals(field.name, name)) return field.value;
    }
    return {};
}

struct ResponseHeadParser::State {
    std::size_t head_bytes;
    std::vector<std::pair<Span, Span>> fields;
    std::optional<StrictParser> parser;
    std::size_t parsed = 0;
    std::string_view why;
};

ResponseHeadParser::ResponseHeadParser(std::size_t head_bytes)
    : state_{std::make_unique<State>(State{.head_bytes = head_bytes, .fields = {}, .parser = {}, .why = {}})} {}
ResponseHeadParser::~ResponseHeadParser() = default;

ResponseHeadParser::Step ResponseHeadParser::advance(std::string_view bytes) {
    auto& s = *state_;
    if (bytes.empty()) return Step::need_more;
    if (!s.parser) s.parser.emplace(s.head_bytes, s.fields);
    if (bytes.size() <= s.parsed) return Step::need_more;
    ErrorCode error;
    s.parsed += s.parser->feed(bytes, s.parsed, error);
    if (error == http::error::header_limit || (error == http::error::need_more && bytes.size() > s.head_bytes)) {
        s.why = "its head is too long";
        return Step::too_large;
    }
    if (error && error != http::error::need_more) {
        s.why = s.parser->why().empty() ? why_of(error) : s.parser->why();
        return Step::malformed;
    }
    return s.parser->is_header_done() ? Step::complete : Step::need_more;
}

std::string_view ResponseHeadParser::why() const { return state_->why; }

std::size_t ResponseHeadParser::take(std::string_view bytes, ResponseHead& head) {
    auto& s = *state_;
    const auto size = s.parsed;
    head.text.assign(bytes.substr(0, size));
    head.status = s.parser->status();
    head.reason = s.parser->reason().in(head.text);
    head.fields.clear();
    head.fields.reserve(s.fields.size());
    for (const auto& [name, value] : s.fields) head.fields.push_back({name.in(head.text), value.in(head.text)});
    head.content_length.reset();
    if (const auto length = s.parser->content_length()) head.content_length = *length;
    head.chunked = s.parser->is_chunked();
    head.keep_alive = s.parser->keep_alive();
    head.idle_timeout = s.parser->idle_timeout();
    s.parser.reset();
    s.parsed = 0;
    return size;
}

}  // namespace net::client
