// tests/data/mcp/lines: what a client writes on a line channel, and what must be written back, in order.
#include <gtest/gtest.h>

#include <deque>

#include "mcp/json_match.hpp"
#include "mcp/line_session.hpp"
#include "mcp/sample_server.hpp"
#include "mcp/transcript.hpp"

namespace {

class LineTranscript : public testing::TestWithParam<sample::Case> {};

TEST_P(LineTranscript, is_answered_as_written) {
    sample::World world;
    std::deque<std::string> written;
    const auto session = mcp::LineSession::make(world.server, world.caller("os:tester"),
                                                [&](base::Payload message) { written.push_back(message.to_string()); });
    for (const auto& step : GetParam().steps) {
        const auto where = GetParam().where(step);
        switch (step.kind) {
            case sample::Step::Kind::sent:
                ASSERT_TRUE(written.empty()) << where << ": not expected before: " << written.front();
                session->receive(step.text);
                world.run();
                break;
            case sample::Step::Kind::time: world.advance(std::chrono::milliseconds{std::stoi(step.text)}); break;
            case sample::Step::Kind::expected: {
                ASSERT_FALSE(written.empty()) << where << ": nothing was written";
                EXPECT_EQ(sample::mismatch(step.text, written.front()), "") << where;
                EXPECT_EQ(written.front().find_first_of("\r\n"), std::string::npos) << where;
                written.pop_front();
                break;
            }
        }
    }
    EXPECT_TRUE(written.empty()) << "more was written: " << written.front();
    session->close(async::StopReason::client);
    world.run();
    EXPECT_TRUE(session->idle());
}

INSTANTIATE_TEST_SUITE_P(Files, LineTranscript, testing::ValuesIn(sample::read_transcripts(TEST_DATA_DIR "/mcp/lines")),
                         [](const auto& info) {
                             std::string name;
                             for (const char c : info.param.name) name += std::isalnum(c) ? c : '_';
                             return name + "_" + std::to_string(info.index);
                         });

}  // namespace
