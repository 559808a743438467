// The tasks extension (SEP-2663): a tool answers a task, tasks/* say where it stands, on whatever replica.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <map>

#include "mcp/json_match.hpp"
#include "mcp/line_session.hpp"
#include "mcp/sample_server.hpp"

namespace {

using namespace std::chrono_literals;
using Status = mcp::TaskState::Status;

/// A warehouse that several replicas share: what each handle's task says.
struct Place {
    std::map<std::string, mcp::TaskState> tasks;
    std::vector<std::string> cancelled;
};

mcp::Registry registry(Place& place) {
    mcp::Registry registry;
    registry.add(mcp::Tool{.name = "begin", .description = "Begins", .handler = [](mcp::ToolContext& context) {
                               if (!context.client().capabilities.tasks) return mcp::ToolResult::text("waited");
                               return mcp::ToolResult::later(
                                   {.handle = "q1", .status_message = "runs", .ttl = 60s, .poll_interval = 500ms});
                           }});
    registry.add(mcp::Tool{.name = "only",
                           .description = "As a task only",
                           .handler = [](mcp::ToolContext&) { return mcp::ToolResult::later({.handle = "q2"}); },
                           .requires_client = {.tasks = true}});
    registry.add(
        mcp::TaskSource{.get = [&place](mcp::Context&, const std::string& handle) -> base::Result<mcp::TaskState> {
                            const auto found = place.tasks.find(handle);
                            if (found == place.tasks.end()) return base::fail(base::Kind::not_found, "Task not found");
                            return found->second;
                        },
                        .update = {},
                        .cancel = [&place](mcp::Context&, const std::string& handle) -> base::Result<mcp::TaskNoted> {
                            place.cancelled.push_back(handle);
                            return mcp::TaskNoted{};
                        }});
    return registry;
}

/// One replica; the keys are the same on all.
struct Replica {
    explicit Replica(Place& place) : server{registry(place), sealer, sample::options(time)} {}
    ~Replica() {
        session->close(async::StopReason::client);
        worker.poll();
    }

    std::string ask(const std::string& method, const std::string& params, std::string_view capabilities = with_tasks) {
        written.clear();
        session->receive(fmt::format(
            R"({{"jsonrpc":"2.0","id":1,"method":"{}","params":{{{}{}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}}}})",
            method, params, params.empty() ? "" : ",", capabilities));
        while (worker.poll() > 0) {
        }
        return written;
    }
    std::string task(const std::string& method, const std::string& id, std::string_view more = {}) {
        return ask(method, fmt::format(R"("taskId":"{}"{})", id, more));
    }

    static constexpr std::string_view with_tasks = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";

    sample::Time time;
    async::Worker worker{0, [this] { return time.now(); }};
    base::TokenSealer sealer = *base::TokenSealer::with_keys({base::Secret{"sixteen characters and more"}});
    mcp::Server server;
    std::string written;
    std::string principal = "key:ann";
    std::shared_ptr<mcp::LineSession> session = mcp::LineSession::make(
        server, {worker, std::make_shared<base::Principal>(base::Principal{.id = principal}), {}, {}},
        [this](base::Payload message) {
            written = message.to_string();
            all.push_back(written);
        });

    /// What came while the clock went on by `passed`, in steps.
    std::vector<std::string> hear(std::chrono::milliseconds passed) {
        all.clear();
        for (std::chrono::milliseconds gone{0}; gone < passed; gone += 100ms) {
            time.advance(100ms);
            while (worker.poll() > 0) {
            }
        }
        return all;
    }
    std::vector<std::string> all;
};

std::string task_id(std::string_view answer) {
    const auto json = boost::json::parse(answer);
    return std::string{json.at("result").at("taskId").get_string()};
}

#define EXPECT_FITS(expected, actual) EXPECT_EQ(sample::mismatch(expected, actual), "")

TEST(Tasks, are_declared_where_the_revision_has_them) {
    Place place;
    Replica replica{place};
    EXPECT_FITS(R"({"result":{"capabilities":{"tasks":"!","extensions":{"io.modelcontextprotocol/tasks":{}}}}})",
                replica.ask("server/discover", ""));
}

TEST(Tasks, begin_with_a_flat_answer) {
    Place place;
    Replica replica{place};
    const auto answer = replica.ask("tools/call", R"("name":"begin")");
    EXPECT_FITS(R"({"result":{"resultType":"task","status":"working","statusMessage":"runs","ttlMs":60000,
                    "pollIntervalMs":500,"createdAt":"~2025-12-18T","lastUpdatedAt":"~2025-12-18T","task":"!",
                    "content":"!","requestState":"!"}})",
                answer);
}

TEST(Tasks, are_read_on_another_replica) {
    Place place;
    std::string id;
    {
        Replica first{place};
        id = task_id(first.ask("tools/call", R"("name":"begin")"));
    }
    Replica second{place};
    place.tasks["q1"] = {.status = Status::working, .status_message = "half"};
    EXPECT_FITS(R"({"result":{"resultType":"complete","status":"working","statusMessage":"half","result":"!"}})",
                second.task("tasks/get", id));
    place.tasks["q1"] = {.status = Status::ended,
                         .outcome = std::make_shared<base::Result<mcp::ToolResult>>(mcp::ToolResult::text("done"))};
    EXPECT_FITS(R"({"result":{"resultType":"complete","status":"completed","error":"!",
                    "result":{"content":[{"type":"text","text":"done"}],"isError":"!"}}})",
                second.task("tasks/get", id));
}

TEST(Tasks, that_a_model_can_mend_are_completed_and_others_failed) {
    Place place;
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    const auto fails = [&](base::Kind kind) {
        place.tasks["q1"] = {
            .status = Status::ended,
            .outcome = std::make_shared<base::Result<mcp::ToolResult>>(base::fail(kind, "no column X"))};
        return replica.task("tasks/get", id);
    };
    EXPECT_FITS(R"({"result":{"status":"completed","result":{"isError":true,"content":[{"text":"~no column X"}]}}})",
                fails(base::Kind::sql));
    EXPECT_FITS(R"({"result":{"status":"failed","result":"!","statusMessage":"no column X",
                    "error":{"code":-32603,"message":"no column X"}}})",
                fails(base::Kind::internal));
}

TEST(Tasks, show_what_input_they_wait_for) {
    Place place;
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    place.tasks["q1"] = {.status = Status::input_required, .input_requests = {mcp::elicit("sure", "Sure?", "{}")}};
    EXPECT_FITS(R"({"result":{"status":"input_required","inputRequests":{"sure":{"method":"elicitation/create"}}}})",
                replica.task("tasks/get", id));
    EXPECT_FITS(R"({"error":{"code":-32602,"message":"~inputResponses"}})", replica.task("tasks/update", id));
    EXPECT_FITS(R"({"result":{"resultType":"complete","status":"!","taskId":"!"}})",
                replica.task("tasks/update", id, R"(,"inputResponses":{"unknown":{}})"));
}

TEST(Tasks, are_cancelled_with_an_empty_answer) {
    Place place;
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    EXPECT_FITS(R"({"result":{"resultType":"complete","status":"!","taskId":"!"}})", replica.task("tasks/cancel", id));
    EXPECT_EQ(place.cancelled, std::vector<std::string>{"q1"});
}

TEST(Tasks, are_unknown_to_others_after_their_time_and_when_made_up) {
    Place place;
    place.tasks["q1"] = {};
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    constexpr auto unknown = R"({"error":{"code":-32602,"message":"~not found"}})";
    EXPECT_FITS(unknown, replica.task("tasks/get", "made-up"));
    EXPECT_FITS(unknown, replica.task("tasks/cancel", "made-up"));
    EXPECT_FITS(R"({"error":{"code":-32602,"message":"~taskId"}})", replica.ask("tasks/get", ""));

    auto other = mcp::LineSession::make(
        replica.server, {replica.worker, std::make_shared<base::Principal>(base::Principal{.id = "key:bob"}), {}, {}},
        [&](base::Payload message) { replica.written = message.to_string(); });
    std::swap(other, replica.session);
    EXPECT_FITS(unknown, replica.task("tasks/get", id));
    std::swap(other, replica.session);
    other->close(async::StopReason::client);

    replica.time.advance(59s);
    EXPECT_FITS(R"({"result":{"status":"working"}})", replica.task("tasks/get", id));
    replica.time.advance(2s);
    EXPECT_FITS(unknown, replica.task("tasks/get", id));
}

TEST(Tasks, need_a_client_that_declares_them) {
    Place place;
    Replica replica{place};
    constexpr auto missing =
        R"({"error":{"code":-32021,"data":{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}}})";
    EXPECT_FITS(R"({"result":{"resultType":"complete","content":[{"text":"waited"}]}})",
                replica.ask("tools/call", R"("name":"begin")", "{}"));
    EXPECT_FITS(missing, replica.ask("tools/call", R"("name":"only")", "{}"));
    EXPECT_FITS(missing, replica.ask("tasks/get", R"("taskId":"x")", "{}"));
    EXPECT_FITS(missing, replica.ask("tasks/update", R"("taskId":"x","inputResponses":{})", "{}"));
    EXPECT_FITS(missing, replica.ask("tasks/cancel", R"("taskId":"x")", "{}"));
    EXPECT_FITS(missing, replica.ask("subscriptions/listen", R"("notifications":{"taskIds":["x"]})", "{}"));
}

std::string listen_to(const std::string& id) { return fmt::format(R"("notifications":{{"taskIds":["{}"]}})", id); }

mcp::TaskState done() {
    return {.status = Status::ended,
            .outcome = std::make_shared<base::Result<mcp::ToolResult>>(mcp::ToolResult::text("done"))};
}

TEST(TaskNotifications, tell_a_listener_of_each_status_once) {
    Place place;
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    place.tasks["q1"] = {.status = Status::working, .status_message = "1 s"};
    replica.all.clear();
    replica.ask("subscriptions/listen", listen_to(id));
    ASSERT_EQ(replica.all.size(), 2U);
    EXPECT_FITS(fmt::format(R"({{"method":"notifications/subscriptions/acknowledged",
                     "params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":1}},
                     "notifications":{{"taskIds":["{}"]}}}}}})",
                            id),
                replica.all[0]);
    EXPECT_FITS(fmt::format(R"({{"method":"notifications/tasks","id":"!",
                     "params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":1}},"taskId":"{}",
                     "status":"working","statusMessage":"1 s","ttlMs":60000,"pollIntervalMs":500,"resultType":"!"}}}})",
                            id),
                replica.all[1]);

    place.tasks["q1"].status_message = "2 s";
    EXPECT_TRUE(replica.hear(2s).empty()) << "seconds that pass are no news";
    place.tasks["q1"] = {.status = Status::input_required, .input_requests = {mcp::elicit("sure", "Sure?", "{}")}};
    auto heard = replica.hear(2s);
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_FITS(R"({"params":{"status":"input_required","inputRequests":{"sure":{"method":"elicitation/create"}}}})",
                heard[0]);
    place.tasks["q1"] = done();
    heard = replica.hear(2s);
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_FITS(R"({"params":{"status":"completed","result":{"content":[{"type":"text","text":"done"}]}}})", heard[0]);
    EXPECT_TRUE(replica.hear(5s).empty()) << "that was the end";
}

TEST(TaskNotifications, tell_at_once_of_a_task_that_has_ended_already) {
    Place place;
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    place.tasks["q1"] = done();
    EXPECT_FITS(R"({"method":"notifications/tasks","params":{"status":"completed"}})",
                replica.ask("subscriptions/listen", listen_to(id)));
}

TEST(TaskNotifications, are_agreed_to_for_tasks_of_this_principal_only) {
    Place place;
    place.tasks["q1"] = {};
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    auto other = mcp::LineSession::make(
        replica.server, {replica.worker, std::make_shared<base::Principal>(base::Principal{.id = "key:bob"}), {}, {}},
        [&](base::Payload message) { replica.all.push_back(message.to_string()); });
    std::swap(other, replica.session);
    replica.all.clear();
    replica.ask("subscriptions/listen", listen_to(id));
    std::swap(other, replica.session);
    ASSERT_EQ(replica.all.size(), 1U) << "nothing but the acknowledgement";
    EXPECT_FITS(R"({"params":{"notifications":{"taskIds":"!"}}})", replica.all[0]);
    other->close(async::StopReason::client);
    replica.worker.poll();

    replica.all.clear();
    replica.ask("subscriptions/listen", R"("notifications":{"taskIds":["made-up"]})");
    ASSERT_EQ(replica.all.size(), 1U);
    EXPECT_FITS(R"({"params":{"notifications":{"taskIds":"!"}}})", replica.all[0]);
    EXPECT_FITS(R"({"error":{"code":-32602,"message":"~taskIds"}})",
                replica.ask("subscriptions/listen", R"("notifications":{"taskIds":[1]})"));
}

TEST(TaskNotifications, end_with_the_stream) {
    Place place;
    place.tasks["q1"] = {};
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    replica.ask("subscriptions/listen", listen_to(id));
    replica.session->receive(
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})");
    while (replica.worker.poll() > 0) {
    }
    place.tasks["q1"] = done();
    EXPECT_TRUE(replica.hear(3s).empty());
}

TEST(TaskNotifications, end_with_the_task_s_own_time) {
    Place place;
    place.tasks["q1"] = {};
    Replica replica{place};
    const auto id = task_id(replica.ask("tools/call", R"("name":"begin")"));
    replica.ask("subscriptions/listen", listen_to(id));
    replica.hear(61s);
    place.tasks["q1"] = done();
    EXPECT_TRUE(replica.hear(3s).empty());
}

TEST(Tasks, of_the_experiment_of_2025_are_gone) {
    Place place;
    Replica replica{place};
    EXPECT_FITS(R"({"error":{"code":-32601}})", replica.ask("tasks/result", R"("taskId":"x")"));
    EXPECT_FITS(R"({"error":{"code":-32601}})", replica.ask("tasks/list", ""));
}

TEST(Tasks, are_not_part_of_the_handshake_era) {
    Place place;
    Replica replica{place};
    replica.session->receive(
        R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}},"clientInfo":{"name":"c","version":"1"}}})");
    EXPECT_FITS(R"({"result":{"capabilities":{"extensions":"!"}}})", replica.written);
    replica.session->receive(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"begin"}})");
    EXPECT_FITS(R"({"id":2,"result":{"content":[{"text":"waited"}]}})", replica.written);
    replica.session->receive(R"({"jsonrpc":"2.0","id":3,"method":"tasks/get","params":{"taskId":"x"}})");
    EXPECT_FITS(R"({"id":3,"error":{"code":-32601}})", replica.written);
}

TEST(TaskId, keeps_what_was_packed) {
    const mcp::TaskId id{.created = base::WallTime{1234ms}, .ttl = 5s, .poll_interval = 1s, .handle = "a;b\n\0c"};
    const auto back = mcp::TaskId::unpack(id.pack());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->created, id.created);
    EXPECT_EQ(back->ttl, id.ttl);
    EXPECT_EQ(back->handle, id.handle);
    EXPECT_FALSE(mcp::TaskId::unpack("1;2;x;h"));
    EXPECT_FALSE(mcp::TaskId::unpack(""));
}

TEST(IsoTime, has_milliseconds_and_utc) {
    EXPECT_EQ(mcp::iso_time(base::WallTime{1'753'693'200'007ms}), "2025-07-28T09:00:00.007Z");
    EXPECT_EQ(mcp::iso_time(base::WallTime{-1ms}), "1969-12-31T23:59:59.999Z");
}

}  // namespace
