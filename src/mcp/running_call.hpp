/// One request being answered: its `Context`, its `Call`, its rounds of input, its answer. Not for users of the
/// library.
///
/// Place: made by a channel for each request. Threads: its worker's. Lifetime: shared by its coroutine, its channel (to
/// stop it) and, weakly, the table of calls in flight. It holds its outlet until it has answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/signal.hpp"
#include "mcp/document.hpp"
#include "mcp/error_map.hpp"
#include "mcp/message.hpp"
#include "mcp/method.hpp"
#include "mcp/outlet.hpp"
#include "mcp/request_meta.hpp"
#include "mcp/server_core.hpp"

namespace mcp {

/// What the channel knows of a request.
struct CallFacts {
    Revision revision = latest;
    SessionPtr session = nullptr;  ///< handshake era
    std::string scope = {};        ///< within which its id can be named (cancellation); empty: nowhere
    bool lines = false;            ///< a line channel (it serves one revision more)
};

/// First base of `RunningCall`: the context refers to it.
class CallStorage {
protected:
    CallStorage(async::Worker& worker, async::Call::Parts parts) : storage_{worker, std::move(parts)} {}
    async::Call storage_;
};

class RunningCall final : private CallStorage, public Context, public std::enable_shared_from_this<RunningCall> {
public:
    RunningCall(ServerCore& core, Caller caller, CallFacts facts, Message message, RequestMeta meta,
                DocumentPool::Ptr document);

    /// Routes the request. The reply, or nothing: then `outlet` gets it later.
    std::optional<Reply> start(const std::shared_ptr<Outlet>& outlet);

    /// The client cancelled or left, the grace is over, the server goes down.
    void stop(async::StopReason reason);
    /// A subscription ends gracefully; other calls go on.
    void drain();
    bool done() const { return outlet_ == nullptr; }
    /// The client's answer to a request of ours. `error`: it refused.
    void deliver(const std::string& ask_id, std::string json, bool error);

    const std::string& id() const { return message_.id; }

    bool wants_log(LogLevel level) const override;
    void log(LogLevel level, std::string_view logger, std::string_view data_json) override;
    void release_connection(std::chrono::milliseconds retry) override;

private:
    struct Ask {
        std::string id;   // JSON text
        std::string key;  // of the input request
        std::string json;
        bool answered = false;
        bool refused = false;
    };

    // --- routes (running_call_routes.cpp)
    std::optional<Reply> route();
    std::optional<Reply> call_tool();
    std::optional<Reply> read_resource();
    std::optional<Reply> get_prompt();
    std::optional<Reply> complete_argument();
    std::optional<Reply> get_task();
    std::optional<Reply> update_task();
    std::optional<Reply> cancel_task();
    std::expected<void, Reply> open_task();
    std::optional<TaskId> opened_task(std::string_view id) const;
    std::optional<Reply> list(Registry::List list);
    std::optional<Reply> list_source(std::string after, std::string first_entries);
    Reply subscribe(bool on);
    Reply set_log_level();
    Reply needs_session();
    std::optional<Reply> listen();
    std::optional<Reply> read_filter(const boost::json::object& wanted, ChangeFilter& filter, std::string& agreed);
    std::optional<Reply> read_task_ids(const boost::json::object& wanted, std::vector<std::string_view>& ids);
    std::optional<RpcError> read_input();
    std::string request_digest() const;

    // --- tasks that a listener is told of (running_call_tasks.cpp)
    struct WatchedTask {
        std::string id;  // as the client gave it
        TaskId task;
        std::string told;  // how it stood when it was told of last
        base::TimePoint due;
    };
    std::vector<WatchedTask> tasks_to_watch(const std::vector<std::string_view>& ids) const;
    static async::Task<bool> look_at(std::shared_ptr<RunningCall> self, WatchedTask& watched);
    static async::Task<void> watch_tasks(std::shared_ptr<RunningCall> self, std::vector<WatchedTask> tasks);

    // --- running
    template <class T>
    using Run = std::function<Outcome<T>(RunningCall&)>;
    template <class T, class F>
    std::optional<Reply> begin(F run);
    template <class T>
    Outcome<T> guarded(const Run<T>& run);
    template <class T>
    std::optional<Reply> suspend(Outcome<T> outcome, Run<T> run);
    template <class T>
    static async::Task<void> drive(std::shared_ptr<RunningCall> self, std::shared_ptr<Outcome<T>> outcome, Run<T> run);
    static async::Task<base::Result<void>> ask_client(std::shared_ptr<RunningCall> self, InputRequired input);
    base::Result<void> send_asks(InputRequired& input);
    base::Result<void> take_answers();
    void withdraw_asks();
    bool keep();  // in the table of calls; false: too many
    void complete(Reply reply);
    void count(const Reply& reply);
    void report(const async::Progress& progress);
    void told(Change change, std::string_view uri);
    void end_listening(bool graceful);

    // --- answers (running_call_answers.cpp)
    Reply render(ToolResult result);
    Reply render(ResourceResult result);
    Reply render(PromptResult result);
    Reply render(Completions completions);
    Reply render(const TaskSeed& seed);
    Reply render(TaskState state);
    Reply render(TaskNoted noted);
    void append_task(class MessageBuilder& builder, std::string_view id, const TaskId& task, TaskState state) const;
    void append_tool_members(class MessageBuilder& builder, ToolResult& result) const;
    Reply render(ResourcePage page);
    Reply render(const InputRequired& input);
    Reply render(const base::Error& error);
    Reply refuse(RpcError error);
    Reply refuse(int code, std::string message);
    Reply result(std::string_view members_json);  ///< members of the result object, without braces
    Reply raw_result(std::string_view result_json);
    Reply shutting_down();
    Reply list_page(std::string_view key, std::string_view entries, const std::string& next, bool is_public);
    std::string sealed_cursor(std::string payload, bool is_public) const;
    void begin_result(class MessageBuilder& builder, std::string_view result_type) const;
    void end_result(class MessageBuilder& builder, std::string_view meta_json) const;
    std::optional<Reply> missing_capability(const ClientCapabilities& needed);
    std::optional<Reply> missing_capability(const InputRequired& input);
    static const InputRequired* input_of(const ToolResult& result);
    static const InputRequired* input_of(const ResourceResult& result);
    static const InputRequired* input_of(const PromptResult& result);
    static const InputRequired* input_of(const Completions&) { return nullptr; }
    static const InputRequired* input_of(const ResourcePage&) { return nullptr; }
    static const InputRequired* input_of(const TaskState&) { return nullptr; }
    static const InputRequired* input_of(const TaskNoted&) { return nullptr; }

    ServerCore& core_;
    CallFacts facts_;
    Message message_;
    Method method_;
    DocumentPool::Ptr document_;
    RequestMeta meta_;
    std::shared_ptr<Outlet> outlet_;
    base::TimePoint started_;

    Asked asked_ = Asked::other;
    std::string tool_;          // a registered name, for metrics
    bool tool_error_ = false;   // for metrics
    bool rpc_error_ = false;    // for metrics
    std::string list_entries_;  // resources/list: what stands before the source's page
    std::string task_id_;       // tasks/*: as the client gave it
    TaskId task_;               // the same, opened
    bool kept_ = false;

    /// Both sides should limit the rate of notifications: a burst, then so many a second.
    struct Limiter {
        int burst;
        base::TimePoint next{};
        bool take(base::TimePoint now);
    };
    std::optional<double> last_progress_;
    Limiter progress_limit_{32};
    Limiter log_limit_{128};

    std::vector<Ask> asks_;
    std::optional<async::Signal> answered_;
    DocumentPool::Ptr input_document_;
    int asked_count_ = 0;

    std::unique_ptr<Changes::Listening> listening_;
};

/// The way into it for channels: checks `_meta`, makes the call, starts it. `reply` is empty when `outlet` gets it
/// later; then `call` is there to be stopped.
struct Started {
    RunningCallPtr call;
    std::optional<Reply> reply;
};
Started start_request(ServerCore& core, Caller caller, CallFacts facts, Message message, DocumentPool::Ptr document,
                      const std::shared_ptr<Outlet>& outlet);

/// `initialize`: what the session is, and the answer.
struct Initialized {
    SessionPtr session;
    base::Payload message;
};
std::expected<Initialized, RpcError> initialize(ServerCore& core, const Message& message, bool lines);

/// A client's notification of the handshake era (and of a line): cancellations; all others are known to be harmless.
void take_notification(ServerCore& core, const std::string& scope, const Message& message);
/// A client's response. False: nobody waits for it.
bool take_response(ServerCore& core, const std::string& scope, const Message& message);

}  // namespace mcp
