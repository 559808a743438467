#include "tools/call_log.hpp"

#include <fmt/format.h>

#include <string>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace tools {

namespace {

using mcp::LogLevel;

/// `{"message":…` open for more members.
class Entry {
public:
    explicit Entry(std::string_view message) { writer_.begin_object().field("message", message); }
    base::JsonWriter& writer() { return writer_; }
    void send(mcp::Context& context, LogLevel level, std::string_view logger) {
        writer_.end_object();
        context.log(level, logger, json_);
    }

private:
    std::string json_;
    base::JsonWriter writer_{json_};
};

void failed(mcp::Context& context, const base::Error& error) {
    const bool refused = error.stage() == base::Stage::guard;
    const auto level = refused ? LogLevel::warning : LogLevel::error;
    if (error.kind() == base::Kind::cancelled || !context.wants_log(level)) return;
    Entry entry{base::escape_untrusted(error.message())};
    entry.writer().field("kind", base::to_string(error.kind())).field("stage", base::to_string(error.stage()));
    if (!error.code().empty()) entry.writer().field(refused ? "rule" : "code", base::escape_untrusted(error.code()));
    if (!error.query_id().empty()) entry.writer().field("query_id", base::escape_untrusted(error.query_id()));
    entry.send(context, level, refused ? "guard" : "query");
}

void cut(mcp::Context& context, const query::Facts& facts) {
    if (!facts.truncated || !context.wants_log(LogLevel::notice)) return;
    Entry entry{facts.cursor.empty() ? "the answer does not show everything"
                                     : "the answer does not show everything: its cursor goes on"};
    entry.writer().field("row_count", std::uint64_t{facts.row_count});
    if (facts.total_rows) entry.writer().field("total_rows", *facts.total_rows);
    entry.send(context, LogLevel::notice, "result");
}

void answered(mcp::Context& context, const query::Facts& facts) {
    if (!context.wants_log(LogLevel::debug)) return;
    Entry entry{"answered"};
    entry.writer().field("row_count", std::uint64_t{facts.row_count}).field("elapsed_ms", facts.elapsed_ms);
    if (!facts.query_id.empty()) entry.writer().field("query_id", base::escape_untrusted(facts.query_id));
    entry.send(context, LogLevel::debug, "query");
}

}  // namespace

CallLog::CallLog(mcp::Context& context)
    : context_{context}, started_{context.call().worker().now()}, late_{[this] { still_running(); }} {
    if (context.wants_log(LogLevel::notice)) context.call().worker().wheel().arm(late_, started_ + slow);
}

void CallLog::still_running() {
    auto& worker = context_.call().worker();
    const auto passed = std::chrono::floor<std::chrono::seconds>(worker.now() - started_);
    Entry entry{fmt::format("the statement has been running for {} s", passed.count())};
    entry.writer().field("elapsed_s", static_cast<std::int64_t>(passed.count()));
    entry.send(context_, LogLevel::notice, "query");
    worker.wheel().arm(late_, worker.now() + slow);
}

void CallLog::ended(mcp::Context& context, const base::Result<query::Answer>& answer) {
    if (!answer) return failed(context, answer.error());
    cut(context, answer->facts);
    answered(context, answer->facts);
}

}  // namespace tools
