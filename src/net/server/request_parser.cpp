#include "net/server/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "net/server/request_target.hpp"

namespace net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

constexpr std::size_t max_chunk_line = 4096;
constexpr std::size_t max_chunk_extensions = 4096;
constexpr std::string_view too_large = "the body is larger than MAX_REQUEST_BODY_KB allows";
constexpr int max_empty_lines = 4;  // before a request line: RFC 9112 section 2.2 asks to skip at least one

std::string_view view(string_view text) { return {text.data(), text.size()}; }

/// A part of the request, counted from its first byte, so that the buffer may move.
struct Span {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    std::string_view in(const char* base) const { return {base + offset, length}; }
};

struct FieldSpans {
    Span name;
    Span value;
};

RequestParser::Failure failure_of(const ErrorCode& error, bool in_request_line) {
    if (error == http::error::header_limit) {
        if (in_request_line) return {414, "the request line is too long"};
        return {431, "the headers are too long"};
    }
    if (error == http::error::body_limit) return {413, too_large};
    if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
        return {400, "Content-Length is not one number"};
    }
    if (error == http::error::bad_transfer_encoding) {
        return {400, "Transfer-Encoding is repeated or contradicts Content-Length"};
    }
    if (error == http::error::bad_chunk || error == http::error::bad_chunk_extension) {
        return {400, "the chunked body is malformed"};
    }
    if (error == http::error::bad_field) return {400, "a header's name is malformed"};
    if (error == http::error::bad_value) return {400, "a header's value is malformed"};
    if (error == http::error::bad_line_ending) return {400, "a line does not end with CR LF"};
    return {400, "the request line is malformed"};
}

/// "GET / HTTP/2.0" is a version that we do not speak; "GET /a b HTTP/1.1" is no request line.
bool names_another_version(std::string_view line) {
    if (std::count(line.begin(), line.end(), ' ') != 2) return false;
    const auto version = line.substr(line.rfind(' ') + 1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) && version[6] == '.' &&
           digit(version[7]);
}

class StrictParser final : public http::basic_parser<true> {
public:
    StrictParser(const RequestLimits& limits, std::vector<FieldSpans>& fields) : limits_{limits}, fields_{fields} {
        header_limit(static_cast<std::uint32_t>(limits.head_bytes));
        body_limit(limits.body_bytes);
        eager(false);
    }

    /// Bytes of the request from `base`; parsing goes on at `from`. Decoded chunks are put at `body_end`.
    std::size_t feed(char* base, std::size_t size, std::size_t from, std::size_t body_end, ErrorCode& error) {
        base_ = base;
        size_ = size;
        body_end_ = body_end;
        return put(boost::asio::const_buffer{base + from, size - from}, error);
    }

    std::size_t body_end() const { return body_end_; }
    bool line_done() const { return line_done_; }
    bool in_trailer() const { return last_chunk_; }
    const std::optional<RequestParser::Failure>& failure() const { return failure_; }
    Span method() const { return method_; }
    Span target() const { return target_; }
    std::string_view path(const char* base) const { return literal_path_.empty() ? path_.in(base) : literal_path_; }
    Span query() const { return query_; }
    Span host() const { return host_; }
    bool http_1_0() const { return http_1_0_; }
    bool expects_continue() const { return expects_continue_; }
    bool said_keep_alive() const { return http_1_0_ && keep_alive(); }

private:
    Span span(std::string_view text) const {
        if (text.empty()) return {};
        return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size())};
    }

    void refuse(int status, std::string_view message, ErrorCode& error) {
        failure_ = RequestParser::Failure{status, message};
        error = http::error::bad_field;
    }

    void on_request_impl(http::verb, string_view method, string_view target, int version, ErrorCode& error) override {
        line_done_ = true;
        http_1_0_ = version == 10;
        if (target.size() > limits_.target_bytes) return refuse(414, "the request's target is too long", error);
        const auto parts = net::parse_target(view(method), view(target));
        if (!parts) return refuse(400, "the request's target is malformed", error);
        method_ = span(view(method));
        target_ = span(view(target));
        if (parts->path.data() >= base_ && parts->path.data() < base_ + size_) {
            path_ = span(parts->path);
        } else {
            literal_path_ = parts->path;  // of "http://host"
        }
        query_ = span(parts->query);
        if (parts->authority) {
            host_ = span(*parts->authority);
            absolute_ = true;
        }
    }
    void on_response_impl(int, string_view, int, ErrorCode&) override {}

    /// A folded line lies in Beast's own buffer, or behind a line end.
    bool folded(std::string_view name, std::string_view value) const {
        const char* const end = base_ + size_;
        if (value.data() < base_ || value.data() > end) return true;
        return std::find(name.data() + name.size(), value.data(), '\r') != value.data();
    }

    void on_field_impl(http::field field, string_view name, string_view value, ErrorCode& error) override {
        if (folded(view(name), view(value))) return refuse(400, "a header is folded over lines", error);
        if (++field_count_ > limits_.header_count) return refuse(431, "there are too many headers", error);
        if (header_done_) return;  // a trailer: framing is settled, and nothing else of it is used
        fields_.push_back({span(view(name)), span(view(value))});
        switch (field) {
            case http::field::content_length:
                if (std::exchange(has_length_, true) || view(value).find(',') != std::string_view::npos) {
                    refuse(400, "Content-Length is not one number", error);
                }
                break;
            case http::field::transfer_encoding:
                has_coding_ = true;
                if (!base::iequals(view(value), "chunked")) {
                    refuse(400, "the only transfer coding served is chunked", error);
                }
                break;
            case http::field::host:
                if (std::exchange(has_host_, true)) return refuse(400, "Host is repeated", error);
                if (!is_valid_host(view(value))) return refuse(400, "Host is malformed", error);
                if (!absolute_) host_ = span(view(value));
                break;
            case http::field::expect:
                if (!base::iequals(view(value), "100-continue")) {
                    return refuse(417, "the only expectation served is 100-continue", error);
                }
                expects_continue_ = !http_1_0_;
                break;
            default: break;
        }
    }

    void on_header_impl(ErrorCode& error) override {
        header_done_ = true;
        // RFC 9112 section 6.1: a coding in HTTP/1.0 is faulty framing.
        if (has_coding_ && http_1_0_) refuse(400, "HTTP/1.0 has no transfer codings", error);
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(string_view body, ErrorCode&) override { return body.size(); }

    void on_chunk_header_impl(std::uint64_t size, string_view extension, ErrorCode& error) override {
        last_chunk_ = size == 0;
        if (size > limits_.body_bytes - announced_) return refuse(413, too_large, error);
        announced_ += size;
        extension_bytes_ += extension.size();
        const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
        if (extension_bytes_ > max_chunk_extensions || std::any_of(extension.begin(), extension.end(), is_control)) {
            refuse(400, "a chunk's extension is malformed or too long", error);
        }
    }

    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, ErrorCode&) override {
        std::memmove(base_ + body_end_, body.data(), body.size());
        body_end_ += body.size();
        return body.size();
    }

    void on_finish_impl(ErrorCode&) override {}

    const RequestLimits& limits_;
    std::vector<FieldSpans>& fields_;
    char* base_ = nullptr;
    std::size_t size_ = 0;
    std::size_t body_end_ = 0;
    std::size_t field_count_ = 0;
    std::size_t extension_bytes_ = 0;
    std::uint64_t announced_ = 0;  // bytes of body by the chunks' sizes
    Span method_, target_, path_, query_, host_;
    std::string_view literal_path_;
    bool line_done_ = false;
    bool header_done_ = false;
    bool last_chunk_ = false;
    bool http_1_0_ = false;
    bool absolute_ = false;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool has_host_ = false;
    bool expects_continue_ = false;
    std::optional<RequestParser::Failure> failure_;
};

}  // namespace

struct RequestParser::State {
    explicit State(const RequestLimits& limits) : limits{limits} {}

    Step fail(const Failure& why) {
        failure = why;
        return Step::failed;
    }
    Step fail(const ErrorCode& error, std::span<const char> bytes) {
        if (parser->failure()) return fail(*parser->failure());
        if (error == http::error::bad_version) {
            const std::string_view text{bytes.data(), bytes.size()};
            if (names_another_version(text.substr(0, text.find('\r')))) {
                return fail({505, "the versions served are 1.1 and 1.0"});
            }
        }
        return fail(failure_of(error, !parser->line_done()));
    }

    Step advance_head(InputBuffer& input);
    Step advance_chunks(InputBuffer& input);

    const RequestLimits limits;
    std::vector<FieldSpans> fields;
    std::optional<StrictParser> parser;
    Failure failure;
    int empty_lines = 0;
    std::size_t parsed = 0;      // bytes that Beast is done with, chunk framing taken out
    std::size_t body_begin = 0;  // also the size of the head
    std::size_t body_size = 0;   // Content-Length, or what was decoded
    std::size_t framing = 0;     // bytes spent on chunk framing
    bool head_done = false;
    bool complete = false;
};

RequestParser::RequestParser(const RequestLimits& limits) : state_{std::make_unique<State>(limits)} {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::advance(InputBuffer& input) {
    auto& state = *state_;
    if (!state.head_done) {
        if (const auto step = state.advance_head(input); step != Step::complete) return step;
    }
    if (state.parser->chunked()) return state.advance_chunks(input);
    state.complete = input.size() >= state.body_begin + state.body_size;
    return state.complete ? Step::complete : Step::need_more;
}

RequestParser::Step RequestParser::State::advance_head(InputBuffer& input) {
    if (!parser) {
        while (input.size() >= 2 && input.bytes()[0] == '\r' && input.bytes()[1] == '\n') {
            if (++empty_lines > max_empty_lines) return fail({400, "the request line is missing"});
            input.consume(2);
        }
        if (input.empty() || (input.size() == 1 && input.bytes()[0] == '\r')) return Step::need_more;
        fields.clear();
        parser.emplace(limits, fields);
    }
    const auto bytes = input.bytes();
    ErrorCode error;
    parsed += parser->feed(bytes.data(), bytes.size(), parsed, 0, error);
    if (error == http::error::need_more) {
        if (!parser->line_done() && bytes.size() > limits.target_bytes + 64) {
            return fail({414, "the request line is too long"});
        }
        return Step::need_more;
    }
    if (error) return fail(error, bytes);
    if (!parser->is_header_done()) return Step::need_more;
    head_done = true;
    body_begin = parsed;
    if (const auto length = parser->content_length()) body_size = *length;
    parser->eager(true);
    parser->body_limit(boost::none);  // chunks are counted here: Beast counts a size again each time it waits behind it
    return Step::complete;
}

RequestParser::Step RequestParser::State::advance_chunks(InputBuffer& input) {
    const auto bytes = input.bytes();
    if (bytes.size() <= parsed) return Step::need_more;
    ErrorCode error;
    const auto before = body_begin + body_size;
    const auto used = parser->feed(bytes.data(), bytes.size(), parsed, before, error);
    const auto end = parser->body_end();
    body_size = end - body_begin;
    framing += parsed + used - end;
    input.cut(end, parsed + used - end);
    parsed = end;
    if (error && error != http::error::need_more) return fail(error, bytes);
    if (parser->is_done()) {
        complete = true;
        return Step::complete;
    }
    if (error == http::error::need_more && !parser->in_trailer()) {
        // A size's line that waits for its CR LF holds no line end: not in a quoted string, and no LF alone.
        auto line = std::string_view{input.bytes().data(), input.size()}.substr(parsed);
        if (line.starts_with("\r\n")) line.remove_prefix(2);
        if (line.contains('\n')) return fail({400, "the chunked body is malformed"});
    }
    // Framing may not cost more than the data it frames deserves: a peer could send it for ever.
    if (framing > max_chunk_line * 4 + body_size * 8 ||
        (error == http::error::need_more && input.size() - parsed > max_chunk_line + limits.head_bytes)) {
        return fail({400, "the chunked body is malformed"});
    }
    return Step::need_more;
}

const RequestParser::Failure& RequestParser::failure() const { return state_->failure; }

Request RequestParser::take_request(InputBuffer& input, std::vector<Header> headers) {
    const auto& parser = *state_->parser;
    const char* const base = input.bytes().data();
    headers.clear();
    for (const auto& field : state_->fields) headers.push_back({field.name.in(base), field.value.in(base)});
    Request request{.method = parser.method().in(base),
                    .target = parser.target().in(base),
                    .path = parser.path(base),
                    .query = parser.query().in(base),
                    .host = parser.host().in(base),
                    .version = version(),
                    .headers = std::move(headers),
                    .body = {base + state_->body_begin, state_->body_size},
                    .storage = input.storage()};
    input.consume(state_->body_begin + state_->body_size);
    return request;
}

void RequestParser::reset() {
    auto& state = *state_;
    state.parser.reset();
    if (state.fields.capacity() > 32) state.fields = {};
    state.empty_lines = 0;
    state.parsed = state.body_begin = state.body_size = state.framing = 0;
    state.head_done = state.complete = false;
}

bool RequestParser::head_done() const { return state_->head_done; }
bool RequestParser::waits_for_continue(const InputBuffer& input) const {
    const auto& state = *state_;
    return state.head_done && !state.complete && state.parser->expects_continue() && state.framing == 0 &&
           input.size() == state.body_begin;
}
bool RequestParser::keep_alive() const { return state_->head_done && state_->parser->keep_alive(); }
bool RequestParser::said_keep_alive() const { return state_->head_done && state_->parser->said_keep_alive(); }
HttpVersion RequestParser::version() const {
    return state_->parser->http_1_0() ? HttpVersion::http_1_0 : HttpVersion::http_1_1;
}
std::size_t RequestParser::bytes_wanted() const {
    if (!state_->head_done || state_->parser->chunked()) return 0;
    return state_->body_begin + state_->body_size;
}

}  // namespace net
