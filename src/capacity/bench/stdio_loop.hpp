/// Callers that speak to servers over their standard input and output: all through one, or each with its own.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "capacity/bench/conversation.hpp"
#include "capacity/bench/load_loop.hpp"

namespace capacity::bench {

class StdioLoop final : public LoadLoop {
public:
    /// Caller k asks server k modulo their number. The servers have had their handshake and outlive the loop.
    StdioLoop(const LoadPlan& plan, std::uint32_t index, std::vector<StdioServer*> servers);

private:
    struct Channel {
        StdioServer* server = nullptr;
        std::string output;
        std::size_t sent = 0;
        std::string input;
        bool ended = false;
        bool watched_for_write = false;
    };

    void send(std::uint32_t index, std::uint64_t rank) override;
    void abandon(std::uint32_t) override {}  // an answer that comes later finds nobody
    void on_event(std::uint64_t tag, std::uint32_t events) override;

    Channel& channel_of(std::uint32_t index) { return channels_[index % channels_.size()]; }
    void flush(std::size_t channel);
    void read(std::size_t channel);
    void take_line(std::string_view line, TimePoint now);
    void lose(std::size_t channel);

    std::vector<Channel> channels_;
    std::string text_;
    std::array<char, 256 * 1024> buffer_{};
};

}  // namespace capacity::bench
