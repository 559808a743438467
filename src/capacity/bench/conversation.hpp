/// A few questions asked one after the other, before and after the load: discovery, handshake, tools, sessions.
///
/// Place: `survey` and the ends of sessions; the sampler fetches /metrics with it. Blocking: the main thread or the
/// sampler's own. Threads: one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "capacity/bench/answer_reader.hpp"
#include "capacity/bench/link.hpp"
#include "capacity/bench/request_text.hpp"

namespace capacity::bench {

/// What came back for a JSON-RPC message.
struct Reply {
    int status = 200;     ///< HTTP; 200 on stdio
    std::string text;     ///< the response's JSON, or whatever the body was
    std::string session;  ///< Mcp-Session-Id, if the server gave one
    bool is_mcp = true;   ///< JSON or an event stream
};

class Conversation {
public:
    virtual ~Conversation() = default;
    /// One request and its response; `params` is JSON. Errors: `unavailable`, `timeout` with what happened.
    virtual base::Result<Reply> ask(const Dialect& dialect, std::string_view method, std::string_view params,
                                    std::string_view session) = 0;
    virtual base::Result<Reply> notify(const Dialect& dialect, std::string_view method, std::string_view session) = 0;
    void use_id(std::uint64_t id) { fixed_id_ = id; }  ///< for all of them, instead of 1, 2, …

protected:
    std::uint64_t next_id() { return fixed_id_ ? *fixed_id_ : next_id_++; }

private:
    std::optional<std::uint64_t> fixed_id_;
    std::uint64_t next_id_ = 1;
};

class HttpConversation final : public Conversation {
public:
    HttpConversation(const Endpoint& endpoint, std::chrono::milliseconds timeout)
        : endpoint_{endpoint}, timeout_{timeout} {}
    base::Result<Reply> ask(const Dialect& dialect, std::string_view method, std::string_view params,
                            std::string_view session) override;
    base::Result<Reply> notify(const Dialect& dialect, std::string_view method, std::string_view session) override;
    /// Any request of whole bytes. A kept connection that turns out to be closed is opened again, once.
    base::Result<Reply> exchange(const std::string& bytes);

private:
    base::Result<Reply> exchange_once(const std::string& bytes, bool& nothing_came);
    base::Result<void> send(const std::string& bytes, std::chrono::steady_clock::time_point deadline);
    bool wait(short events, std::chrono::steady_clock::time_point deadline);

    const Endpoint& endpoint_;
    std::chrono::milliseconds timeout_;
    Link link_;
    AnswerReader reader_;
};

/// A server that speaks over its standard input and output.
class StdioServer final : public Conversation {
public:
    /// Starts `command` (its first word is looked up in PATH); what it writes to standard error goes to `log`, or
    /// nowhere. Errors: `bad_argument` when it cannot be started.
    static base::Result<std::unique_ptr<StdioServer>> start(const std::vector<std::string>& command,
                                                            const std::string& log, std::chrono::milliseconds timeout);
    ~StdioServer() override;  ///< closes its input, then ends it within 5 s
    StdioServer(const StdioServer&) = delete;
    StdioServer& operator=(const StdioServer&) = delete;

    base::Result<Reply> ask(const Dialect& dialect, std::string_view method, std::string_view params,
                            std::string_view session) override;
    base::Result<Reply> notify(const Dialect& dialect, std::string_view method, std::string_view session) override;

    pid_t pid() const { return pid_; }
    int input() const { return input_.get(); }    ///< to write to; non-blocking
    int output() const { return output_.get(); }  ///< to read from; non-blocking

private:
    StdioServer(pid_t pid, base::Fd input, base::Fd output, std::chrono::milliseconds timeout);
    base::Result<void> write_line(const std::string& line, std::chrono::steady_clock::time_point deadline);
    base::Result<std::string> read_line(std::chrono::steady_clock::time_point deadline);

    pid_t pid_;
    base::Fd input_;
    base::Fd output_;
    std::chrono::milliseconds timeout_;
    std::string buffer_;
};

}  // namespace capacity::bench
