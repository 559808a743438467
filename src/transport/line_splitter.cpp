#include "transport/line_splitter.hpp"

#include <utility>

namespace transport {

void LineSplitter::complete(std::vector<Line>& lines) {
    if (dropping_) {
        lines.push_back({.text = {}, .oversized = true});
    } else {
        lines.push_back({.text = std::move(partial_), .oversized = false});
    }
    dropping_ = false;
    partial_ = {};
}

void LineSplitter::feed(std::string_view bytes, std::vector<Line>& lines) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto part = bytes.substr(0, end);
        if (!dropping_ && partial_.size() + part.size() > max_length_) {
            dropping_ = true;
            partial_ = {};
        }
        if (!dropping_) partial_.append(part);
        if (end == std::string_view::npos) return;
        complete(lines);
        bytes.remove_prefix(end + 1);
    }
}

void LineSplitter::end(std::vector<Line>& lines) {
    if (dropping_ || !partial_.empty()) complete(lines);
}

}  // namespace transport
