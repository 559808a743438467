#include "backend/snowflake/session/monitoring.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "backend/snowflake/wire/request_target.hpp"

namespace backend::snowflake {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string{value->get_string()};
    if (value->is_int64()) return std::to_string(value->get_int64());
    return {};
}

std::optional<std::uint64_t> whole(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
    return static_cast<std::uint64_t>(value->get_int64());
}

/// Six digits, or nothing for the "0" and "" of a query that did not fail.
std::string error_code(const std::string& said) {
    int code = 0;
    for (const char c : said) {
        if (c < '0' || c > '9' || code > 100'000'000) return {};
        code = code * 10 + (c - '0');
    }
    return code == 0 ? std::string{} : code_text(code);
}

const json::object* first_query(const json::value& document) {
    const json::object* top = document.if_object();
    const json::value* data = top != nullptr ? top->if_contains("data") : nullptr;
    const json::value* queries =
        data != nullptr && data->is_object() ? data->get_object().if_contains("queries") : nullptr;
    if (queries == nullptr || !queries->is_array() || queries->get_array().empty()) return nullptr;
    return queries->get_array().front().if_object();
}

}  // namespace

QueryStatus::State query_state(std::string_view word) {
    using State = QueryStatus::State;
    if (word == "RUNNING") return State::running;
    for (const std::string_view queued : {"QUEUED", "QUEUED_REPARING_WAREHOUSE", "QUEUED_REPAIRING_WAREHOUSE",
                                          "RESUMING_WAREHOUSE", "BLOCKED", "NO_DATA", "RESTARTED"}) {
        if (word == queued) return State::queued;
    }
    if (word == "SUCCESS") return State::succeeded;
    if (word == "ABORTING" || word == "ABORTED") return State::cancelled;
    if (word == "FAILED_WITH_ERROR" || word == "FAILED_WITH_INCIDENT" || word == "DISCONNECTED") return State::failed;
    return State::unknown;
}

base::Result<QueryStatus> parse_monitoring(std::string_view body) {
    boost::system::error_code failed;
    const json::value document = json::parse(body, failed);
    if (failed || !document.is_object()) {
        return base::fail(base::Error{base::Kind::unavailable, "Snowflake's answer about a query is no JSON object"}.at(
            base::Stage::query));
    }
    const json::object* query = first_query(document);
    if (query == nullptr) return QueryStatus{.word = "NO_DATA"};  // not visible yet, or none of ours
    QueryStatus status;
    status.word = text(*query, "status");
    status.state = query_state(status.word);
    status.error_code = error_code(text(*query, "errorCode"));
    status.error_message = text(*query, "errorMessage");
    status.warehouse = text(*query, "warehouseName");
    if (const auto ms = whole(*query, "totalDuration")) status.elapsed = std::chrono::milliseconds{*ms};
    const json::value* stats = query->if_contains("stats");
    if (stats != nullptr && stats->is_object()) {
        status.bytes_scanned = whole(stats->get_object(), "scanBytes");
        status.rows_produced = whole(stats->get_object(), "producedRows");
    }
    return status;
}

async::Task<base::Result<QueryStatus>> monitor_query(async::Call& call, SessionState::Ptr state, std::string query_id) {
    auto reply =
        co_await authorized(call, std::move(state),
                            {.method = "GET", .target = monitoring_target(query_id, new_request_id())}, Repeat::freely);
    if (!reply) co_return base::fail(std::move(reply.error()));
    if (!reply->ok()) {
        co_return base::fail(
            base::Error{base::Kind::unavailable,
                        "Snowflake does not say how the query stands: HTTP status " + std::to_string(reply->status)}
                .at(base::Stage::query)
                .query(query_id));
    }
    co_return parse_monitoring(reply->body);
}

}  // namespace backend::snowflake
