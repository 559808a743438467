#include "mcp/error_map.hpp"

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace mcp {
namespace {

std::chrono::seconds rounded_up(std::chrono::milliseconds delay) {
    return std::max(std::chrono::seconds{1}, std::chrono::ceil<std::chrono::seconds>(delay));
}

/// What the model should do next; empty where the message says it all.
std::string next_step(const base::Error& error) {
    switch (error.kind()) {
        case base::Kind::overloaded: {
            const auto delay = rounded_up(error.retry_after().value_or(std::chrono::seconds{1}));
            return fmt::format("Try again in {} s.", delay.count());
        }
        case base::Kind::unavailable:
            if (error.retry_after()) return fmt::format("Try again in {} s.", rounded_up(*error.retry_after()).count());
            return "Try again later; tell the user when it stays so.";
        case base::Kind::timeout: return "Ask for less (fewer rows, a narrower filter), or try again.";
        case base::Kind::credentials: return "Only the operator of this server can mend that: tell the user.";
        case base::Kind::denied: return "Do not try it again unchanged.";
        default: return {};
    }
}

std::string data_of(const base::Error& error) {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().field("kind", base::to_string(error.kind()));
    if (error.stage() != base::Stage::none) writer.field("stage", base::to_string(error.stage()));
    if (!error.argument().empty()) writer.field("argument", base::escape_untrusted(error.argument()));
    if (error.retry_after()) writer.field("retryAfterMs", static_cast<std::int64_t>(error.retry_after()->count()));
    writer.end_object();
    return json;
}

int rpc_code(const base::Error& error, Revision revision, Asked asked) {
    switch (error.kind()) {
        case base::Kind::bad_argument:
        case base::Kind::denied:
        case base::Kind::sql: return code::invalid_params;
        case base::Kind::not_found:
            return asked == Asked::resource && !is_stateless(revision) ? code::resource_not_found
                                                                       : code::invalid_params;
        default: return code::internal_error;
    }
}

bool model_can_mend(const base::Error& error, Revision revision) {
    switch (error.kind()) {
        case base::Kind::internal: return false;
        case base::Kind::bad_argument:
            return error.stage() != base::Stage::protocol || argument_errors_are_tool_errors(revision);
        default: return true;
    }
}

}  // namespace

std::string advice(const base::Error& error) {
    std::string text = base::escape_untrusted(error.message());
    if (!text.empty() && text.back() != '.' && text.back() != '?' && text.back() != '!') text += '.';
    if (const auto step = next_step(error); !step.empty()) text += " " + step;
    if (!error.code().empty()) {
        text += fmt::format(" (error {}", base::escape_untrusted(error.code()));
        if (!error.sqlstate().empty()) text += fmt::format(", SQLSTATE {}", base::escape_untrusted(error.sqlstate()));
        text += ')';
    }
    if (!error.query_id().empty()) text += fmt::format(" Query id: {}", base::escape_untrusted(error.query_id()));
    return text;
}

Mapped map_error(const base::Error& error, Revision revision, Asked asked, bool head_sent) {
    Mapped mapped;
    if (error.kind() == base::Kind::cancelled) {
        mapped.surface = Surface::silence;
        return mapped;
    }
    mapped.rpc.code = rpc_code(error, revision, asked);
    mapped.rpc.message = base::escape_untrusted(error.message());
    mapped.rpc.data_json = data_of(error);
    mapped.text = advice(error);
    // What this caller may use is used up: not for the model to mend, whatever carries the answer.
    const bool is_limit = error.kind() == base::Kind::overloaded && error.stage() == base::Stage::access;
    if (!head_sent) {
        if (error.kind() == base::Kind::overloaded) {
            mapped.rpc.http_status = is_limit ? 429 : 503;
            mapped.rpc.retry_after = rounded_up(error.retry_after().value_or(std::chrono::seconds{1}));
        } else if (error.stage() == base::Stage::access && error.kind() == base::Kind::denied) {
            mapped.rpc.http_status = 403;
        } else if (error.stage() == base::Stage::access && error.kind() == base::Kind::credentials) {
            mapped.rpc.http_status = 401;
        }
    }
    const bool refused_by_status = mapped.rpc.http_status != 200;
    if (asked == Asked::tool && !refused_by_status && !is_limit && model_can_mend(error, revision)) {
        mapped.surface = Surface::tool_error;
    }
    return mapped;
}

}  // namespace mcp
