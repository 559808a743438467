// Tools of the tasks-* scenarios (SEP-2663), and the table their tasks live in.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>

#include "async/signal.hpp"
#include "base/encoding.hpp"
#include "base/mutex.hpp"
#include "fixture.hpp"
#include "mcp/schema.hpp"

namespace fixture {
namespace {

using namespace std::chrono_literals;
using Answer = base::Result<mcp::ToolResult>;
using Status = mcp::TaskState::Status;

constexpr std::string_view confirm_form =
    R"({"type":"object","properties":{"confirm":{"type":"boolean"}},"required":["confirm"]})";
constexpr std::string_view name_form =
    R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";

/// Jobs that pass by the clock alone: where one stands is computed when somebody asks.
class Jobs {
public:
    struct Job {
        base::WallTime begun;
        std::chrono::milliseconds takes{};
        std::vector<mcp::InputRequest> open;  // the job begins to run when all were answered
        std::shared_ptr<Answer> outcome;
        bool cancelled = false;
    };

    std::string begin(std::chrono::milliseconds takes, Answer outcome, std::vector<mcp::InputRequest> open = {}) {
        auto id = base::new_id();
        const base::MutexLock lock{mutex_};
        jobs_.emplace_back(id, Job{base::WallClock::now(), takes, std::move(open),
                                   std::make_shared<Answer>(std::move(outcome)), false});
        if (jobs_.size() > most) jobs_.pop_front();
        return id;
    }

    base::Result<mcp::TaskState> state(const std::string& id) {
        const base::MutexLock lock{mutex_};
        const auto* job = find(id);
        if (job == nullptr) return base::fail(base::Kind::not_found, "Task not found");
        mcp::TaskState state{.last_updated = job->begun};
        if (job->cancelled) {
            state.status = Status::cancelled;
        } else if (!job->open.empty()) {
            state.status = Status::input_required;
            state.input_requests = job->open;
        } else if (base::WallClock::now() >= job->begun + job->takes) {
            state.status = Status::ended;
            state.last_updated = job->begun + job->takes;
            state.outcome = std::make_shared<Answer>(*job->outcome);
        }
        return state;
    }

    base::Result<mcp::TaskNoted> update(mcp::Context& context, const std::string& id) {
        const base::MutexLock lock{mutex_};
        auto* job = find(id);
        if (job == nullptr) return base::fail(base::Kind::not_found, "Task not found");
        std::erase_if(job->open, [&](const auto& request) { return context.input_response(request.key) != nullptr; });
        if (job->open.empty()) job->begun = base::WallClock::now();
        return mcp::TaskNoted{};
    }

    base::Result<mcp::TaskNoted> cancel(const std::string& id) {
        const base::MutexLock lock{mutex_};
        auto* job = find(id);
        if (job == nullptr) return base::fail(base::Kind::not_found, "Task not found");
        const bool ended = job->open.empty() && base::WallClock::now() >= job->begun + job->takes;
        if (!ended) job->cancelled = true;
        return mcp::TaskNoted{};
    }

private:
    static constexpr std::size_t most = 1024;
    Job* find(const std::string& id) BASE_REQUIRES(mutex_) {
        const auto found = std::ranges::find(jobs_, id, [](const auto& entry) { return entry.first; });
        return found == jobs_.end() ? nullptr : &found->second;
    }

    base::Mutex mutex_;
    std::deque<std::pair<std::string, Job>> jobs_ BASE_GUARDED_BY(mutex_);
};
using JobsPtr = std::shared_ptr<Jobs>;

mcp::ToolResult begun(std::string handle) {
    return mcp::ToolResult::later({.handle = std::move(handle), .poll_interval = 100ms});
}

struct Named {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name))

struct Timed {
    double seconds = 0;
    std::optional<std::string> label;
};
BOOST_DESCRIBE_STRUCT(Timed, (), (seconds, label))

struct Filed {
    std::string filename;
};
BOOST_DESCRIBE_STRUCT(Filed, (), (filename))

async::Task<Answer> computed(mcp::ToolContext& context, std::chrono::milliseconds time, std::string text) {
    async::Call waiting{context.call(), context.call().worker().now() + time};
    async::Signal never;
    co_await never.wait(waiting);
    co_return mcp::ToolResult::text(text);
}

/// As a task where the client takes one, else while it waits.
mcp::ToolOutcome slow_compute(const JobsPtr& jobs, mcp::ToolContext& context, const Timed& arguments) {
    const auto time =
        std::chrono::milliseconds{static_cast<std::int64_t>(std::clamp(arguments.seconds, 0.0, 300.0) * 1000)};
    auto text = fmt::format("Computed {} for {} s", arguments.label.value_or("something"), arguments.seconds);
    if (time == 0ms) return mcp::ToolResult::text(text);
    if (!context.client().capabilities.tasks) return computed(context, time, std::move(text));
    return begun(jobs->begin(time, mcp::ToolResult::text(text)));
}

mcp::ToolOutcome with_name(const JobsPtr& jobs, mcp::ToolContext& context) {
    const auto* given = context.input_response("user_name");
    if (given == nullptr)
        return mcp::ToolResult::ask({{mcp::elicit("user_name", "What is your name?", name_form)}, {}});
    const auto* content = mcp::find_object(*given, "content");
    const auto name = content ? mcp::find_string(*content, "name").value_or("nobody") : "nobody";
    return begun(jobs->begin(200ms, mcp::ToolResult::text(fmt::format("Hello, {}!", name))));
}

}  // namespace

void add_task_tools(mcp::Registry& registry) {
    const auto jobs = std::make_shared<Jobs>();
    const auto add = [&](std::string name, std::string description, mcp::ToolHandler run, std::string schema = {},
                         mcp::ClientCapabilities needs = {}) {
        registry.add(mcp::Tool{.name = std::move(name),
                               .description = std::move(description),
                               .input_schema = std::move(schema),
                               .handler = std::move(run),
                               .requires_client = needs});
    };
    mcp::Arguments<Named> named{{{.name = "name", .description = "Whom to greet"}}};
    add("greet", "Greets at once",
        mcp::with_arguments(named,
                            [](mcp::ToolContext&, const Named& arguments) {
                                return mcp::ToolResult::text(fmt::format("Hello, {}!", arguments.name));
                            }),
        named.schema());
    mcp::Arguments<Timed> timed{{{.name = "seconds", .description = "How long it takes"},
                                 {.name = "label", .description = "What is computed"}}};
    add("slow_compute", "Computes for a while",
        mcp::with_arguments(timed, [jobs](mcp::ToolContext& context,
                                          const Timed& arguments) { return slow_compute(jobs, context, arguments); }),
        timed.schema());
    add("failing_job", "Fails after a second, as a task only",
        [jobs](mcp::ToolContext&) {
            return begun(jobs->begin(1s, mcp::ToolResult::error("The job did not work out.")));
        },
        {}, {.tasks = true});
    add("protocol_error_job", "Breaks the protocol, as a task only",
        [jobs](mcp::ToolContext&) {
            return begun(jobs->begin(200ms, base::fail(base::Kind::internal, "the job broke")));
        },
        {}, {.tasks = true});
    mcp::Arguments<Filed> filed{{{.name = "filename", .description = "What to delete"}}};
    add("confirm_delete", "Asks before it goes on, as a task only",
        mcp::with_arguments(
            filed,
            [jobs](mcp::ToolContext&, const Filed& arguments) {
                return begun(
                    jobs->begin(100ms, mcp::ToolResult::text(fmt::format("Deleted {}", arguments.filename)),
                                {mcp::elicit("confirm", fmt::format("Delete {}?", arguments.filename), confirm_form)}));
            }),
        filed.schema(), {.tasks = true});
    add("multi_input", "Asks two things at once, as a task only",
        [jobs](mcp::ToolContext&) {
            return begun(jobs->begin(100ms, mcp::ToolResult::text("Both were answered"),
                                     {mcp::elicit("first", "The first name?", name_form),
                                      mcp::elicit("second", "The second name?", name_form)}));
        },
        {}, {.tasks = true});
    add("test_tool_with_task", "Asks for a name, then goes on as a task",
        [jobs](mcp::ToolContext& context) { return with_name(jobs, context); }, {}, {.tasks = true});

    registry.add(mcp::TaskSource{
        .get = [jobs](mcp::Context&, const std::string& id) { return jobs->state(id); },
        .update = [jobs](mcp::Context& context, const std::string& id) { return jobs->update(context, id); },
        .cancel = [jobs](mcp::Context&, const std::string& id) { return jobs->cancel(id); },
    });
}

}  // namespace fixture
