/// Is this text the correct answer to that request? Not only "200": JSON, JSON-RPC 2.0, the same id, a result that is
/// complete and no tool error, and the text that was expected.
///
/// Place: the load engine's, one a thread. The first answer of each kind is parsed (by events: no tree, no allocation);
/// one that then differs in nothing but the id is compared byte by byte. Threads: its own only.
#pragma once

#include <cstdint>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "capacity/bench/workload.hpp"

namespace capacity::bench {

enum class Outcome : std::uint8_t {
    ok,
    refused,  ///< the server said "not now": HTTP 429 or 503, or an error of the kind "overloaded"
    failed,
};

struct Verdict {
    Outcome outcome = Outcome::ok;
    std::string kind = {};     ///< of what is not ok: "tool error", "JSON-RPC error -32603", "wrong id", …
    std::string example = {};  ///< what the server said, or what is wrong
};

class AnswerCheck {
public:
    explicit AnswerCheck(const Workload& workload);
    AnswerCheck(const AnswerCheck&) = delete;
    AnswerCheck& operator=(const AnswerCheck&) = delete;
    ~AnswerCheck();

    /// `request`: its place in the workload; `id`: the number that was sent. True for the common case, which costs
    /// little; otherwise `verdict` says.
    bool is_known(std::string_view body, std::size_t request, std::uint64_t id);
    Verdict judge(std::string_view body, std::size_t request, std::uint64_t id);

    /// The id of a JSON-RPC message that is a response; 0 for a notification or a request, and for what is no JSON.
    std::uint64_t response_id(std::string_view body);

private:
    struct Parser;
    struct Known {  // an answer but for its id
        std::string before;
        std::string after;
    };
    struct Expectation {
        const WorkloadRequest* request;
        std::unique_ptr<std::regex> regex;
        std::vector<Known> known;
        std::size_t next = 0;  // the one to be replaced
        std::uint64_t hits = 0;
        std::uint64_t kept = 0;
    };
    void keep(Expectation& expectation, std::string_view body, std::uint64_t id);

    std::vector<Expectation> expectations_;
    std::unique_ptr<Parser> parser_;
};

}  // namespace capacity::bench
