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
        [this](base::Payload message) { written = message.to_string(); });
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
