// tasks/get, tasks/update, tasks/cancel and the answer that creates a task (SEP-2663).
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

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

/// The task that the request names, into `task_`; or the refusal.
std::expected<void, Reply> RunningCall::open_task() {
    if (auto refusal = missing_capability(ClientCapabilities{.tasks = true})) return std::unexpected{*refusal};
    const auto id = message_.params ? find_string(*message_.params, "taskId") : std::nullopt;
    if (!id) return std::unexpected{refuse(code::invalid_params, "params.taskId is required: a string")};
    auto opened = core_.sealer.open(*id, purpose, storage_.principal().id, core_.wall_now());
    auto task = opened ? TaskId::unpack(opened->payload) : std::nullopt;
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
    base::JsonWriter writer{builder.buffer()};
    const auto updated = state.last_updated.value_or(core_.wall_now());
    if (state.status != TaskState::Status::ended || !state.outcome) {
        write_facts(writer, task_id_, task_, status_text(state.status), state.status_message, updated);
        if (state.status == TaskState::Status::input_required) {
            writer.key("inputRequests").begin_object();
            write_requests(writer, state.input_requests);
            writer.end_object();
        }
        end_result(builder, {});
        return {.message = builder.take()};
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
        write_facts(writer, task_id_, task_, "failed", state.status_message, updated);
        write_error(writer, mapped.rpc);
    }
    if (result) {
        write_facts(writer, task_id_, task_, "completed", state.status_message, updated);
        builder.text(R"(,"result":{"resultType":"complete",)");
        append_tool_members(builder, *result);
        if (!result->meta_json.empty()) builder.text(R"(,"_meta":)").text(result->meta_json);
        builder.text("}");
    }
    end_result(builder, {});
    return {.message = builder.take()};
}

/// `{"resultType":"complete","_meta":{…}}`: nothing but that it was understood.
Reply RunningCall::render(TaskNoted) {
    return raw_result(fmt::format(R"({{"resultType":"complete","_meta":{{{}}}}})", core_.result_meta));
}

}  // namespace mcp
