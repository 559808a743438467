#include "transport/stdio.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

#include "transport/small_server.hpp"

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// The transport between two pipes; the test is the client.
class Stdio : public testing::Test {
protected:
    void open(transport::StdioTransport::Options options = {}) {
        std::array<int, 2> in{}, out{};
        ASSERT_EQ(::pipe(in.data()), 0);
        ASSERT_EQ(::pipe(out.data()), 0);
        to = in[1];
        from = out[0];
        workers.start();
        channel = std::make_unique<transport::StdioTransport>(
            world.server, workers[0], principal, transport::StdioStreams{.in = in[0], .out = out[1]}, options, [this] {
                ended = true;
                ended.notify_all();
            });
        channel->start();
    }
    void TearDown() override {
        channel.reset();
        world.server.stop(async::StopReason::drain);
        EXPECT_TRUE(world.server.join(10s));
        workers.stop_and_join();
        close_input();
        close_output();
    }
    void close_input() {
        if (to >= 0) ::close(std::exchange(to, -1));
    }
    void close_output() {
        if (from >= 0) ::close(std::exchange(from, -1));
    }

    void say(std::string line) {
        line.push_back('\n');
        ASSERT_EQ(::write(to, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    }
    /// One line, without its end; empty at the end of the output.
    std::string hear() {
        for (;;) {
            if (const auto end = held.find('\n'); end != std::string::npos) {
                auto line = held.substr(0, end);
                held.erase(0, end + 1);
                return line;
            }
            pollfd wait{from, POLLIN, 0};
            std::array<char, 65536> bytes;
            if (::poll(&wait, 1, 10'000) <= 0) return {};
            const auto got = ::read(from, bytes.data(), bytes.size());
            if (got <= 0) return {};
            held.append(bytes.data(), static_cast<std::size_t>(got));
        }
    }

    small::World world;
    async::Workers workers{1};
    base::PrincipalPtr principal = std::make_shared<base::Principal>(
        base::Principal{.id = "os:test", .kind = base::Principal::Kind::os_user, .roles = {}, .limits = {}});
    std::unique_ptr<transport::StdioTransport> channel;
    std::atomic<bool> ended = false;
    int to = -1, from = -1;
    std::string held;
};

TEST_F(Stdio, answers_each_line_with_a_line) {
    open();
    say(small::call("hello", 1));
    EXPECT_THAT(hear(), HasSubstr(R"("text":"hello")"));
    say(small::call("slow", 2));
    EXPECT_THAT(hear(), HasSubstr("slow answer"));
    say("");
    say("{");
    EXPECT_THAT(hear(), HasSubstr("-32700"));
}

TEST_F(Stdio, answers_that_are_ready_first_come_first) {
    open();
    say(small::call("slow", 1) + "\n" + small::call("hello", 2));
    EXPECT_THAT(hear(), HasSubstr(R"("id":2)"));
    EXPECT_THAT(hear(), HasSubstr(R"("id":1)"));
}

TEST_F(Stdio, a_line_that_is_too_long_is_refused_and_the_next_is_served) {
    open({.max_line = 1000});
    say(std::string(5000, ' ') + small::call("hello", 1));
    EXPECT_THAT(hear(), HasSubstr(R"("error")"));
    say(small::call("hello", 2));
    EXPECT_THAT(hear(), HasSubstr(R"("id":2)"));
}

TEST_F(Stdio, a_message_over_the_limit_is_refused_with_a_time_and_the_next_is_served) {
    int left = 1;
    open({.admit = [&left]() -> base::Result<void> {
        if (left-- > 0) return {};
        left = 1;
        return base::fail(
            base::Error{base::Kind::overloaded, "too many requests"}.at(base::Stage::access).retry_after(2s));
    }});
    say(small::call("hello", 1));
    EXPECT_THAT(hear(), HasSubstr(R"("text":"hello")"));
    say(small::call("hello", 2));
    EXPECT_THAT(hear(), testing::AllOf(HasSubstr(R"("id":2)"), HasSubstr(R"("retryAfterMs":2000)")));
    say(small::call("hello", 3));
    EXPECT_THAT(hear(), HasSubstr(R"("text":"hello")"));
}

TEST_F(Stdio, the_end_of_input_lets_calls_end_and_ends) {
    open();
    say(small::call("hello", 1) + "\n" + small::call("slow", 2));
    close_input();
    EXPECT_THAT(hear(), HasSubstr(R"("id":1)"));
    EXPECT_THAT(hear(), HasSubstr("slow answer"));
    ended.wait(false);
    EXPECT_TRUE(channel->join(10s));
}

TEST_F(Stdio, a_last_line_without_an_end_is_served) {
    open();
    const auto text = small::call("hello", 7);
    ASSERT_EQ(::write(to, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close_input();
    EXPECT_THAT(hear(), HasSubstr(R"("id":7)"));
}

TEST_F(Stdio, the_end_of_input_stops_calls_after_the_grace) {
    open({.end_grace = 20ms});
    say(small::call("wait"));
    world.seen.waiting.wait(0);
    close_input();
    world.seen.stopped.wait(0);
    EXPECT_EQ(world.seen.reason, async::StopReason::client);
    ended.wait(false);
}

TEST_F(Stdio, a_reader_that_is_gone_stops_calls_at_once) {
    open({.end_grace = 1h});
    say(small::call("wait"));
    world.seen.waiting.wait(0);
    close_input();
    close_output();
    world.seen.stopped.wait(0);
    ended.wait(false);
}

TEST_F(Stdio, a_broken_pipe_ends_the_channel) {
    open();
    close_output();
    say(small::call("hello"));
    ended.wait(false);
    EXPECT_TRUE(channel->join(10s));
}

TEST_F(Stdio, drain_lets_calls_end_and_reads_no_more) {
    open();
    say(small::call("slow", 1));
    say(small::call("wait", 2));
    world.seen.waiting.wait(0);
    channel->drain();
    EXPECT_THAT(hear(), HasSubstr("slow answer"));
    EXPECT_FALSE(channel->join(0ms));
    channel->end(async::StopReason::drain);
    world.seen.stopped.wait(0);
    EXPECT_TRUE(channel->join(10s));
}

TEST_F(Stdio, a_client_that_does_not_read_is_not_read_from) {
    open({.max_line = 100'000, .read_ahead = 10'000, .output = 10'000});
    std::string batch;
    for (int i = 0; i < 50; ++i) batch += small::call("hello", i) + "\n";
    // Far more than pipes and bounds hold: at some point the pipe takes nothing more.
    std::size_t taken = 0;
    for (int i = 0; i < 400; ++i) {
        pollfd wait{to, POLLOUT, 0};
        if (::poll(&wait, 1, 300) <= 0) break;
        const auto sent = ::write(to, batch.data(), std::min<std::size_t>(batch.size(), 4096));
        ASSERT_GT(sent, 0);
        taken += static_cast<std::size_t>(sent);
        std::rotate(batch.begin(), batch.begin() + sent, batch.end());
    }
    EXPECT_LT(taken, 400u * 4096u);
    EXPECT_THAT(hear(), HasSubstr(R"("id":0)"));
}

}  // namespace
