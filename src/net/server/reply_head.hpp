/// The head of an HTTP answer, ready for the wire.
///
/// Place: handlers fill it, codecs write it. Framing headers (Content-Length, Transfer-Encoding, Connection, Date) are
/// the codec's: never add them. Threads: a value.
#pragma once

#include <string>
#include <string_view>

namespace net {

/// Header lines as HTTP/1 writes them: "Name: value\r\n" each. One buffer, no list of strings.
class HeaderLines {
public:
    /// `name` is a literal of ours. Control characters of `value` (CR, LF, NUL ...) become spaces: no value can start
    /// another line.
    HeaderLines& add(std::string_view name, std::string_view value);
    /// Lines of another list behind these.
    HeaderLines& add(const HeaderLines& other);
    bool has(std::string_view name) const;  ///< any case
    bool empty() const { return lines_.empty(); }
    std::string_view lines() const { return lines_; }

private:
    std::string lines_;
};

struct ReplyHead {
    enum class Body {
        plain,
        events,  // Server-Sent Events: Content-Type, Cache-Control: no-cache and X-Accel-Buffering: no are put in, and
                 // a comment goes out whenever nothing else did for 15 s. Each `write` is whole events.
    };

    int status = 200;
    std::string_view content_type;  ///< a literal; empty: none
    HeaderLines headers;
    Body body = Body::plain;
};

/// "Not Found" for 404; "Unknown" where HTTP has no name.
std::string_view reason_phrase(int status);

}  // namespace net
