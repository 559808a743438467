/// What a client that asked for log messages is told of its own call: a statement refused or failed, a result cut, a
/// statement that takes long (specification, "Logging").
///
/// The server's own words and figures only, but for the warehouse's error text, which is escaped; never a statement's
/// text or a secret. Threads: the call's worker. Lifetime: on the frame of the task that runs the statement.
#pragma once

#include <chrono>

#include "async/deadline_wheel.hpp"
#include "base/error.hpp"
#include "mcp/context.hpp"
#include "query/answer.hpp"

namespace tools {

class CallLog {
public:
    /// How long a statement runs before that is said, and how often it is said again.
    static constexpr std::chrono::seconds slow{10};

    explicit CallLog(mcp::Context& context);
    CallLog(const CallLog&) = delete;
    CallLog& operator=(const CallLog&) = delete;
    ~CallLog() = default;

    /// `warning` from logger "guard" for a refusal, `error` from "query" for a failure, `notice` from "result" for a
    /// cut answer, `debug` from "query" for each answer.
    static void ended(mcp::Context& context, const base::Result<query::Answer>& answer);

private:
    void still_running();

    mcp::Context& context_;
    base::TimePoint started_;
    async::DeadlineWheel::Entry late_;
};

}  // namespace tools
