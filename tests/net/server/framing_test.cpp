#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "net/server/codec_driver.hpp"

namespace {

struct Case {
    std::string name;
    std::string expect;
    std::string bytes;
};

std::string unescape(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            bytes.push_back(text[i]);
            continue;
        }
        switch (text[++i]) {
            case 'r': bytes.push_back('\r'); break;
            case 'n': bytes.push_back('\n'); break;
            case 't': bytes.push_back('\t'); break;
            case '0': bytes.push_back('\0'); break;
            case 'x':
                bytes.push_back(static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16))), i += 2;
                break;
            default: bytes.push_back(text[i]);
        }
    }
    return bytes;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    std::ifstream file{TEST_DATA_DIR "/http/framing.test"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("case ")) all.push_back({line.substr(5), {}, {}});
        if (line.starts_with("expect ")) all.back().expect = line.substr(7);
        if (line.starts_with("| ")) all.back().bytes += unescape(std::string_view{line}.substr(2));
    }
    return all;
}

TEST(Framing, corpus_is_there) { EXPECT_GT(cases().size(), 100u); }

TEST(Framing, each_case_is_seen_as_it_should_when_it_comes_at_once) {
    for (const auto& one : cases()) {
        CodecDriver driver;
        driver.feed(one.bytes);
        EXPECT_EQ(driver.summary(), one.expect) << one.name;
    }
}

TEST(Framing, each_case_is_seen_the_same_byte_by_byte) {
    for (const auto& one : cases()) {
        CodecDriver driver;
        driver.feed(one.bytes, 1);
        EXPECT_EQ(driver.summary(), one.expect) << one.name;
    }
}

TEST(Framing, each_case_is_seen_the_same_wherever_it_is_split) {
    for (const auto& one : cases()) {
        for (std::size_t at = 1; at < one.bytes.size(); ++at) {
            CodecDriver driver;
            driver.feed(std::string_view{one.bytes}.substr(0, at));
            driver.feed(std::string_view{one.bytes}.substr(at));
            ASSERT_EQ(driver.summary(), one.expect) << one.name << " split at " << at;
        }
    }
}

TEST(Framing, a_refusal_closes_and_says_so) {
    for (const auto& one : cases()) {
        CodecDriver driver;
        driver.feed(one.bytes);
        if (!driver.codec.refused()) continue;
        EXPECT_TRUE(driver.codec.should_close()) << one.name;
        EXPECT_NE(driver.output().find("Connection: close\r\n"), std::string::npos) << one.name;
    }
}

}  // namespace
