/// What a handler (tool, resource, prompt, completion) knows of its request, and what it may say before the answer.
///
/// Made by the server for each request; belongs to the call's worker. Lives until the answer was taken, so a coroutine
/// may hold the reference. Everything parsed (`arguments()`, `input_response()`) lives as long as the context.
#pragma once

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "async/call.hpp"
#include "mcp/revision.hpp"

namespace mcp {

/// What the client said it can do: with each request (2026-07-28), in `initialize` before.
struct ClientCapabilities {
    bool elicitation_form = false;  ///< `elicitation: {}` means form (2025-11-25)
    bool elicitation_url = false;
    bool sampling = false;
    bool sampling_tools = false;
    bool sampling_context = false;
    bool roots = false;
    bool tasks = false;  ///< the extension of task.hpp; 2026-07-28 only

    bool operator==(const ClientCapabilities&) const = default;
};

/// A label for logs and metrics, never identity. Views live as long as the context.
struct ClientInfo {
    std::string_view name;
    std::string_view version;
    ClientCapabilities capabilities;
};

/// RFC 5424 severities, lowest first, as `notifications/message` names them.
enum class LogLevel : std::uint8_t { debug, info, notice, warning, error, critical, alert, emergency };
std::string_view to_string(LogLevel level);
std::optional<LogLevel> log_level_from(std::string_view text);

class Context {
public:
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    async::Call& call() { return call_; }
    const base::Principal& principal() const { return call_.principal(); }
    Revision revision() const { return revision_; }
    const ClientInfo& client() const { return client_; }

    /// `params.arguments` of the request; an empty object where there are none.
    const boost::json::object& arguments() const { return *arguments_; }

    /// --- said before the answer

    /// Progress: `call().report(...)`; `call().wants_progress()` tells whether the client asked.

    /// True where the client asked for messages of this level (2026-07-28: `_meta` of this request; before:
    /// `logging/setLevel`; `ServerOptions::log_unasked_from` until then) and the server declared `logging`.
    virtual bool wants_log(LogLevel level) const = 0;
    /// `notifications/message` on this request's stream; nothing where not wanted. `data_json`: one JSON value.
    virtual void log(LogLevel level, std::string_view logger, std::string_view data_json) = 0;
    void log_text(LogLevel level, std::string_view logger, std::string_view text);

    /// 2025-11-25 over HTTP ("polling"): closes the connection, not the stream; the client comes back for the rest
    /// after `retry`. Does nothing elsewhere.
    virtual void release_connection(std::chrono::milliseconds retry) = 0;

    /// --- input that was asked for in an earlier round (`InputRequired`)

    /// The client's result for the input request of this key (`{"action":"accept","content":{...}}`), or null.
    const boost::json::object* input_response(std::string_view key) const;
    /// True in a round that carries input responses or a request state: `input_response` may still be null.
    bool is_retry() const { return input_responses_ != nullptr || request_state_.has_value(); }
    /// What `InputRequired::state` held in the round before: opened, hence unchanged, of the same principal, for the
    /// same request. (A state that fails any of this never reaches a handler.)
    const std::optional<std::string>& request_state() const { return request_state_; }

protected:
    Context(async::Call& call, Revision revision) : call_{call}, revision_{revision} {}
    ~Context() = default;

    async::Call& call_;
    Revision revision_;
    ClientInfo client_;
    const boost::json::object* arguments_ = nullptr;
    const boost::json::object* input_responses_ = nullptr;
    std::optional<std::string> request_state_;
};

/// --- reading JSON without its headers: null/empty where absent or of another type

const boost::json::value* find(const boost::json::object& object, std::string_view key);
std::optional<std::string_view> find_string(const boost::json::object& object, std::string_view key);
const boost::json::object* find_object(const boost::json::object& object, std::string_view key);
std::string to_json(const boost::json::object& object);
std::string to_json(const boost::json::value& value);

}  // namespace mcp
