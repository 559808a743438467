/// The Date header's value (RFC 9110 section 5.6.7), made once a second. Threads: one's own.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace net {

class DateText {
public:
    /// "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the next call.
    std::string_view at(std::time_t seconds) {
        if (seconds != seconds_) write(seconds);
        return text_;
    }

private:
    void write(std::time_t seconds);
    std::time_t seconds_ = -1;
    std::string text_;
};

}  // namespace net
