/// One HTTP answer out of bytes as they come: its status, and the JSON text in it, be it the body or an event of a
/// stream (text/event-stream).
///
/// Place: one a connection of the load generator. The usual answer lies whole in what one read brought: it is then
/// looked at where it is, and a head that repeats byte by byte is not parsed again. Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/client/body_framing.hpp"
#include "net/client/response_head.hpp"

namespace capacity::bench {

/// What of a head matters.
struct HeadFacts {
    int status = 0;
    bool is_json = false;
    bool is_stream = false;
    bool keep_alive = true;
    std::string session;  ///< Mcp-Session-Id
    std::string content_type;
};

/// Events of `text/event-stream` out of bytes (WHATWG HTML, "Server-sent events"): only the data of each.
class EventReader {
public:
    void clear();
    void feed(std::string_view bytes) { buffer_ += bytes; }
    std::size_t waiting_bytes() const { return buffer_.size() - read_; }
    /// The data of the next complete event that has any; the view lives until the next call of anything.
    std::optional<std::string_view> next();

private:
    bool line(std::string_view& found);
    void field(std::string_view line);

    std::string buffer_;
    std::string data_;   // of the event that is being read
    std::string event_;  // of the last one
    std::size_t read_ = 0;
    bool has_data_ = false;
    bool after_cr_ = false;
};

class AnswerReader {
public:
    enum class Step {
        need_more,
        text,    ///< a JSON text is there: `text`. Of a stream it may be a notification: call `more` to go on
        end,     ///< the answer is over (after `text`, or without any)
        broken,  ///< `why`
    };
    /// Before each request.
    void start();
    /// `bytes`: what came. They must stay where they are until `more` has answered `need_more` or `end`.
    Step feed(std::string_view bytes);
    Step more();
    /// The peer sends no more.
    Step ended();

    const HeadFacts& head() const { return facts_; }
    bool has_head() const { return has_head_; }
    bool has_begun() const { return has_head_ || !carry_.empty(); }
    std::string_view text() const { return text_; }
    const std::string& why() const { return why_; }
    /// After `end`: may the connection carry another request? Bytes that nobody asked for forbid it.
    bool reusable() const { return has_head_ && facts_.keep_alive && rest_.empty(); }

    static constexpr std::size_t most_bytes = std::size_t{1} << 30;

private:
    enum class State { head, body, last, over, failed };
    Step read_head();
    Step read_body();
    Step finish_body();
    Step fail(std::string why);

    State state_ = State::head;
    bool has_head_ = false;
    std::string last_head_;  // heads differ by their Date once a second
    HeadFacts facts_;        // of it
    net::client::BodyFraming last_framing_;
    net::client::BodyFraming framing_;
    std::unique_ptr<net::client::ResponseHeadParser> parser_;
    net::client::ResponseHead head_;
    std::string carry_;      // the beginning of a head that has not come whole
    std::string body_;       // of more than one piece
    std::string_view rest_;  // of what was fed
    std::string_view text_;
    EventReader events_;
    std::string why_;
};

}  // namespace capacity::bench
