// tasks/get, tasks/update, tasks/cancel, the answer that creates a task, and what listeners are told (SEP-2663).
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "mcp/envelope.hpp"
#include "mcp/running_call_drive.hpp"

namespace mcp {

namespace {

constexpr std::string_view purpose = "task";

std::string_view status_text(TaskState::Status status) {
    switch (status) {
        case TaskState::Status::working: return "working";
        case TaskState::Status::input_required: return "input_required";
        case TaskState::Status::ended: return "completed";
        case TaskState::Status::cancelled: return "cancelled";
    }
    return {};
}

void write_facts(base::JsonWriter& writer, std::string_view id, const TaskId& task, std::string_view status,
                 std::string_view message, base::WallTime updated) {
    writer.field("taskId", id).field("status", status);
    if (!message.empty()) writer.field("statusMessage", message);
    writer.field("createdAt", iso_time(task.created))
        .field("lastUpdatedAt", iso_time(std::max(updated, task.created)))
        .field("ttlMs", std::int64_t{task.ttl.count()})
        .field("pollIntervalMs", std::int64_t{task.poll_interval.count()});
}

void write_error(base::JsonWriter& writer, const RpcError& error) {
    writer.key("error").begin_object().field("code", error.code).field("message", error.message);
    if (!error.data_json.empty()) writer.key("data").raw(error.data_json);
    writer.end_object();
}

}  // namespace

Reply RunningCall::render(const TaskSeed& seed) {
    if (auto refusal = missing_capability(ClientCapabilities{.tasks = true})) return std::move(*refusal);
    const TaskId task{.created = core_.wall_now(),
                      .ttl = std::max(seed.ttl, std::chrono::milliseconds{1}),
                      .poll_interval = std::max(seed.poll_interval, std::chrono::milliseconds{1}),
                      .handle = seed.handle};
    const auto id = core_.sealer.seal({.purpose = std::string{purpose},
                                       .principal = storage_.principal().id,
                                       .connection = {},
                                       .role = {},
                                       .expires = task.created + task.ttl,
                                       .payload = task.pack()});
    MessageBuilder builder;
    begin_result(builder, "task");
    base::JsonWriter writer{builder.buffer()};
    write_facts(writer, id, task, "working", seed.status_message, task.created);
    end_result(builder, {});
    return {.message = builder.take()};
}

/// Nothing: unknown, expired or somebody else's.
std::optional<TaskId> RunningCall::opened_task(std::string_view id) const {
    const auto opened = core_.sealer.open(id, purpose, storage_.principal().id, core_.wall_now());
    return opened ? TaskId::unpack(opened->payload) : std::nullopt;
}

/// The task that the request names, into `task_`; or the refusal.
std::expected<void, Reply> RunningCall::open_task() {
    if (auto refusal = missing_capability(ClientCapabilities{.tasks = true})) return std::unexpected{*refusal};
    const auto id = message_.params ? find_string(*message_.params, "taskId") : std::nullopt;
    if (!id) return std::unexpected{refuse(code::invalid_params, "params.taskId is required: a string")};
    auto task = opened_task(*id);
    if (!task) {
        return std::unexpected{
            refuse(code::invalid_params, "Task not found: it is unknown, has expired or belongs to somebody else")};
    }
    task_id_ = *id;
    task_ = std::move(*task);
    return {};
}

std::optional<Reply> RunningCall::get_task() {
    if (auto opened = open_task(); !opened) return std::move(opened.error());
    return begin<TaskState>(
        [source = core_.registry.tasks()](RunningCall& call) { return source->get(call, call.task_.handle); });
}

std::optional<Reply> RunningCall::update_task() {
    if (auto opened = open_task(); !opened) return std::move(opened.error());
    if (message_.params->if_contains("inputResponses") == nullptr) {
        return refuse(code::invalid_params, "params.inputResponses is required: an object");
    }
    if (auto error = read_input()) return refuse(std::move(*error));
    const auto* source = core_.registry.tasks();
    if (!source->update) return render(TaskNoted{});
    return begin<TaskNoted>([source](RunningCall& call) { return source->update(call, call.task_.handle); });
}

std::optional<Reply> RunningCall::cancel_task() {
    if (auto opened = open_task(); !opened) return std::move(opened.error());
    return begin<TaskNoted>(
        [source = core_.registry.tasks()](RunningCall& call) { return source->cancel(call, call.task_.handle); });
}

Reply RunningCall::render(TaskState state) {
    MessageBuilder builder;
    begin_result(builder, "complete");
    append_task(builder, task_id_, task_, std::move(state));
    end_result(builder, {});
    return {.message = builder.take()};
}

/// A `DetailedTask`: the members of its object, at least one.
void RunningCall::append_task(MessageBuilder& builder, std::string_view id, const TaskId& task, TaskState state) const {
    base::JsonWriter writer{builder.buffer()};
    const auto updated = state.last_updated.value_or(core_.wall_now());
    if (state.status != TaskState::Status::ended || !state.outcome) {
        write_facts(writer, id, task, status_text(state.status), state.status_message, updated);
        if (state.status == TaskState::Status::input_required) {
            writer.key("inputRequests").begin_object();
            write_requests(writer, state.input_requests);
            writer.end_object();
        }
        return;
    }
    auto& outcome = *state.outcome;
    std::optional<ToolResult> result;
    if (outcome) {
        result = std::move(*outcome);
    } else if (auto mapped = map_error(outcome.error(), revision_, Asked::tool, true);
               mapped.surface == Surface::tool_error) {
        result = ToolResult::error(mapped.text);
    } else {
        if (state.status_message.empty()) state.status_message = mapped.rpc.message;
        write_facts(writer, id, task, "failed", state.status_message, updated);
        write_error(writer, mapped.rpc);
    }
    if (!result) return;
    write_facts(writer, id, task, "completed", state.status_message, updated);
    builder.text(R"(,"result":{"resultType":"complete",)");
    append_tool_members(builder, *result);
    if (!result->meta_json.empty()) builder.text(R"(,"_meta":)").text(result->meta_json);
    builder.text("}");
}

/// `{"resultType":"complete","_meta":{…}}`: nothing but that it was understood.
Reply RunningCall::render(TaskNoted) {
    return raw_result(fmt::format(R"({{"resultType":"complete","_meta":{{{}}}}})", core_.result_meta));
}

// --- notifications/tasks on a stream of subscriptions/listen

namespace {

/// However short a task's own interval is.
constexpr std::chrono::milliseconds least_interval{100};

/// What a notification is worth: another status, or other questions. A message that counts seconds is not.
std::string shape_of(const TaskState& state) {
    std::string shape{status_text(state.status)};
    for (const auto& request : state.input_requests) shape += '\n' + request.key;
    return shape;
}

bool is_last(const TaskState& state) {
    return state.status == TaskState::Status::ended || state.status == TaskState::Status::cancelled;
}

}  // namespace

/// The tasks among `ids` that are this principal's, and in date: those that will be told of.
std::vector<RunningCall::WatchedTask> RunningCall::tasks_to_watch(const std::vector<std::string_view>& ids) const {
    std::vector<WatchedTask> tasks;
    if (core_.registry.tasks() == nullptr) return tasks;
    for (const auto id : ids) {
        const bool twice = std::ranges::any_of(tasks, [&](const WatchedTask& one) { return one.id == id; });
        if (auto task = twice ? std::nullopt : opened_task(id)) {
            tasks.push_back({.id = std::string{id}, .task = std::move(*task), .told = {}, .due = {}});
        }
    }
    return tasks;
}

/// Looks at one task, tells of it where it is not as it was told last. False: there is nothing more to tell.
async::Task<bool> RunningCall::look_at(std::shared_ptr<RunningCall> self, WatchedTask& watched) {
    RunningCall& call = *self;
    const auto* source = call.core_.registry.tasks();
    std::optional<base::Result<TaskState>> state;
    try {
        Outcome<TaskState> outcome = source->get(call, watched.task.handle);
        if (outcome.answered()) {
            state = std::move(outcome.answer());
        } else {
            state = co_await std::move(outcome).later();
        }
    } catch (const std::exception& error) {
        state = base::fail(thrown(error));
    }
    if (!call.outlet_ || call.storage_.stopped()) co_return false;
    if (!*state) co_return state->error().kind() != base::Kind::not_found;  // what may pass is asked again
    auto& now = **state;
    const bool last = is_last(now);
    if (auto shape = shape_of(now); shape != watched.told) {
        watched.told = std::move(shape);
        MessageBuilder builder;
        builder.text(R"({"jsonrpc":"2.0","method":"notifications/tasks","params":{"_meta":{")")
            .text(meta_key::subscription)
            .text(R"(":)")
            .text(call.message_.id)
            .text("},");
        call.append_task(builder, watched.id, watched.task, std::move(now));
        builder.text("}}");
        call.outlet_->tell(builder.take());
    }
    co_return !last;
}

/// As long as the stream is open: each task as often as it wants to be asked for, first at once (it may have ended
/// before anybody listened).
async::Task<void> RunningCall::watch_tasks(std::shared_ptr<RunningCall> self, std::vector<WatchedTask> tasks) {
    RunningCall& call = *self;
    auto& worker = call.storage_.worker();
    while (!tasks.empty() && call.outlet_ && !call.storage_.stopped()) {
        for (std::size_t i = 0; i < tasks.size();) {
            auto& task = tasks[i];
            bool goes_on = task.task.created + task.task.ttl > call.core_.wall_now();
            if (goes_on && task.due <= worker.now()) {
                goes_on = co_await look_at(self, task);
                task.due = worker.now() + std::max(task.task.poll_interval, least_interval);
            }
            if (goes_on) {
                ++i;
            } else {
                tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        if (tasks.empty()) co_return;
        async::Call pause{call.storage_, std::ranges::min(tasks, {}, &WatchedTask::due).due};
        async::Signal never;
        co_await never.wait(pause);
    }
}

}  // namespace mcp
