/// Callers with a connection each to an HTTP endpoint.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "capacity/bench/answer_reader.hpp"
#include "capacity/bench/link.hpp"
#include "capacity/bench/load_loop.hpp"

namespace capacity::bench {

class HttpLoop final : public LoadLoop {
public:
    /// `sessions`: one a caller of this loop, or none at all. `endpoint` outlives the loop.
    HttpLoop(const LoadPlan& plan, std::uint32_t index, const Endpoint& endpoint, std::vector<std::string> sessions);

private:
    struct Client {
        Link link;
        AnswerReader reader;
        std::string output;
        std::size_t sent = 0;
        Verdict verdict;
        bool has_verdict = false;
        bool was_used = false;
        bool watched_for_write = false;
        TimePoint answered_at;
    };

    void send(std::uint32_t index, std::uint64_t rank) override;
    void abandon(std::uint32_t index) override;
    void look_after(TimePoint now) override;
    void on_event(std::uint64_t tag, std::uint32_t events) override;

    void connect(std::uint32_t index);
    void flush(std::uint32_t index);
    void read(std::uint32_t index);
    bool take(std::uint32_t index, AnswerReader::Step step);
    bool take_text(std::uint32_t index);
    void finish(std::uint32_t index);
    void lose(std::uint32_t index, std::string kind, std::string why);
    void watch_for(std::uint32_t index, bool write, bool first);

    const Endpoint& endpoint_;
    std::vector<std::string> sessions_;
    std::vector<Client> clients_;
    std::array<char, 256 * 1024> buffer_{};
};

}  // namespace capacity::bench
