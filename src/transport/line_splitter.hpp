/// Cuts a stream of bytes into lines of bounded length. Pure.
///
/// A line that is too long is dropped up to its end and told once. Ends of lines are LF; a CR before it stays (JSON
/// takes it for white space). Threads: none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace transport {

class LineSplitter {
public:
    struct Line {
        std::string text;
        bool oversized = false;  ///< `text` is empty
    };

    explicit LineSplitter(std::size_t max_length) : max_length_{max_length} {}

    /// Appends the lines that `bytes` complete.
    void feed(std::string_view bytes, std::vector<Line>& lines);
    /// The end of the stream: what came without a line end is a line too.
    void end(std::vector<Line>& lines);

private:
    void complete(std::vector<Line>& lines);

    std::size_t max_length_;
    std::string partial_;
    bool dropping_ = false;
};

}  // namespace transport
