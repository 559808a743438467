/// Server-sent events out of pieces of a body, however they are cut.
///
/// Place: Cortex's streamed answers. Pure. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
/// section 9.2.6. Threads: none.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "backend/snowflake/services.hpp"

namespace backend::snowflake {

class EventReader {
public:
    /// An event may be this long; a longer one is cut off at the bound and `overflowed` says so.
    explicit EventReader(std::size_t max_event_bytes = std::size_t{16} << 20) : max_{max_event_bytes} {}

    void feed(std::string_view piece);
    /// The body has ended: what stands without its empty line is an event too (servers that just close).
    void finish();
    std::optional<RestEvent> next();
    bool overflowed() const { return overflowed_; }

private:
    void line(std::string_view text);
    void dispatch();

    std::size_t max_;
    std::string partial_;        // a line that has not ended
    bool after_return_ = false;  // the last byte was \r: a \n now belongs to it
    bool first_ = true;          // a byte-order mark may stand in front
    RestEvent event_;
    bool has_data_ = false;
    bool overflowed_ = false;
    std::deque<RestEvent> ready_;
};

}  // namespace backend::snowflake
