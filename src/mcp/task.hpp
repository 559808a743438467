/// Tasks: an answer that comes later, to whoever holds its handle (extension `io.modelcontextprotocol/tasks`, SEP-2663;
/// 2026-07-28 only).
///
/// A tool starts the work wherever work lives on (a warehouse, a table of the application) and answers a `TaskSeed`.
/// The library seals its handle into the task id together with the principal and the age, so that every replica with
/// the same keys can serve `tasks/get`, `tasks/update` and `tasks/cancel`, and keeps no table. The registry's
/// `TaskSource` says where a task stands.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "mcp/context.hpp"
#include "mcp/input_required.hpp"
#include "mcp/outcome.hpp"

namespace mcp {

inline constexpr std::string_view tasks_extension = "io.modelcontextprotocol/tasks";

struct ToolResult;

/// "The work goes on without you." Only where `context.client().capabilities.tasks`.
struct TaskSeed {
    std::string handle;  ///< any bytes, at most 16 KiB: what the source is asked with
    std::string status_message = {};
    std::chrono::milliseconds ttl{3'600'000};  ///< from now on; afterwards the task is unknown
    std::chrono::milliseconds poll_interval{1'000};
};

/// Where a task stands.
struct TaskState {
    enum class Status : std::uint8_t {
        working,
        input_required,  // `input_requests` are open
        ended,           // `outcome` is there: "completed", or "failed" where it is an error of the protocol
        cancelled,
    };
    Status status = Status::working;
    std::string status_message = {};
    std::optional<base::WallTime> last_updated = {};  ///< absent: when it was asked for
    std::vector<InputRequest> input_requests = {};    ///< keys are unique over the task's life
    /// What the tool would have answered. An error that a model can mend is a completed task with `isError`.
    std::shared_ptr<base::Result<ToolResult>> outcome = {};
};

/// "Understood"; what follows from it is seen by the next `tasks/get`.
struct TaskNoted {};

/// Where the tasks of a server live. Handles were opened and verified: they are of this principal and in date.
/// Errors of all three: `not_found` for a handle that the place does not know (any more).
struct TaskSource {
    std::function<Outcome<TaskState>(Context&, const std::string& handle)> get;
    /// `context.input_response(key)` holds what the client gave; unknown and answered keys are to be ignored.
    /// Empty: tasks never ask for input.
    std::function<Outcome<TaskNoted>(Context&, const std::string& handle)> update;
    /// Of a task that has ended too: nothing happens.
    std::function<Outcome<TaskNoted>(Context&, const std::string& handle)> cancel;
};

/// What is sealed into a task id. Pure.
struct TaskId {
    base::WallTime created;
    std::chrono::milliseconds ttl{};
    std::chrono::milliseconds poll_interval{};
    std::string handle;

    std::string pack() const;
    static std::optional<TaskId> unpack(std::string_view payload);
};

/// "2026-07-28T09:30:00.123Z"
std::string iso_time(base::WallTime time);

}  // namespace mcp
