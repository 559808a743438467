#include "transport/line_splitter.hpp"

#include <gtest/gtest.h>

namespace {

std::string show(const std::vector<transport::LineSplitter::Line>& lines) {
    std::string text;
    for (const auto& line : lines) text += line.oversized ? "<long>|" : line.text + "|";
    return text;
}

TEST(LineSplitter, cuts_the_same_wherever_the_bytes_are_split) {
    const std::string bytes = "one\ntwo\r\n\nlast";
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        transport::LineSplitter splitter{100};
        std::vector<transport::LineSplitter::Line> lines;
        splitter.feed(bytes.substr(0, at), lines);
        splitter.feed(bytes.substr(at), lines);
        splitter.end(lines);
        EXPECT_EQ(show(lines), "one|two\r||last|") << at;
    }
}

TEST(LineSplitter, a_line_that_just_fits_passes_and_a_longer_one_is_told_once) {
    const std::string bytes = "12345\n123456\n1234567890123\nok\n";
    for (std::size_t piece = 1; piece < 20; ++piece) {
        transport::LineSplitter splitter{5};
        std::vector<transport::LineSplitter::Line> lines;
        for (std::size_t at = 0; at < bytes.size(); at += piece) splitter.feed(bytes.substr(at, piece), lines);
        EXPECT_EQ(show(lines), "12345|<long>|<long>|ok|") << piece;
    }
}

TEST(LineSplitter, nothing_is_no_line) {
    transport::LineSplitter splitter{5};
    std::vector<transport::LineSplitter::Line> lines;
    splitter.end(lines);
    EXPECT_EQ(show(lines), "");
}

}  // namespace
