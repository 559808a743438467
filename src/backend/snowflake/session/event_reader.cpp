#include "backend/snowflake/session/event_reader.hpp"

#include <utility>

namespace backend::snowflake {

void EventReader::feed(std::string_view piece) {
    if (overflowed_) return;
    while (!piece.empty()) {
        if (std::exchange(after_return_, false) && piece.front() == '\n') {
            piece.remove_prefix(1);
            continue;
        }
        const std::size_t end = piece.find_first_of("\r\n");
        const std::string_view text = piece.substr(0, end);
        if (partial_.size() + event_.data.size() + text.size() > max_) {
            overflowed_ = true;
            return;
        }
        if (end == std::string_view::npos) {
            partial_ += text;
            return;
        }
        after_return_ = piece[end] == '\r';
        piece.remove_prefix(end + 1);
        if (partial_.empty()) {
            line(text);
        } else {
            partial_ += text;
            line(std::exchange(partial_, {}));
        }
    }
}

void EventReader::line(std::string_view text) {
    if (std::exchange(first_, false) && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.empty()) {
        dispatch();
        return;
    }
    const std::size_t colon = text.find(':');
    if (colon == 0) return;  // a comment
    const std::string_view field = text.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
        event_.name = value;
    } else if (field == "data") {
        if (std::exchange(has_data_, true)) event_.data.push_back('\n');
        event_.data += value;
    }
}

void EventReader::dispatch() {
    RestEvent event = std::exchange(event_, {});
    if (!std::exchange(has_data_, false)) return;
    if (event.name.empty()) event.name = "message";
    ready_.push_back(std::move(event));
}

void EventReader::finish() {
    if (!partial_.empty()) line(std::exchange(partial_, {}));
    dispatch();
}

std::optional<RestEvent> EventReader::next() {
    if (ready_.empty()) return std::nullopt;
    RestEvent event = std::move(ready_.front());
    ready_.pop_front();
    return event;
}

}  // namespace backend::snowflake
