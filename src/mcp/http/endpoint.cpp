#include "mcp/http/endpoint.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "base/text.hpp"
#include "mcp/envelope.hpp"
#include "mcp/http/event_stream.hpp"
#include "mcp/http/header_rules.hpp"
#include "mcp/http/listen_stream.hpp"
#include "mcp/http/post.hpp"

namespace mcp::http {
namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view all_methods = "GET, POST, DELETE";
constexpr Revision assumed_revision = Revision::v2025_03_26;

/// One request under the rules.
class Handling {
public:
    Handling(ServerCore& core, const Endpoint::Options& options, Streams& streams, const Request& request,
             Caller caller, Responder& responder)
        : core_{core},
          options_{options},
          streams_{streams},
          request_{request},
          caller_{std::move(caller)},
          responder_{responder} {
        if (caller_.trace.trace_id.empty()) {
            const auto parent = header("traceparent");
            if (!parent.empty()) caller_.trace = trace_from(parent, header("tracestate"));
        }
    }

    std::shared_ptr<Open> post();
    std::shared_ptr<Open> get();
    std::shared_ptr<Open> remove();
    std::shared_ptr<Open> refuse(int status, RpcError error, std::string_view id = "null",
                                 std::string_view allow = {}) {
        responder_.reply(
            {.status = status, .content_type = json_type, .allow = allow, .retry_after = error.retry_after},
            error_message(id, error));
        return nullptr;
    }
    std::shared_ptr<Open> refuse(int status, std::string message, std::string_view id = "null",
                                 std::string_view allow = {}) {
        return refuse(status, RpcError{.code = code::invalid_request, .message = std::move(message)}, id, allow);
    }

private:
    std::string_view header(std::string_view name) const { return request_.headers.get(name); }
    std::shared_ptr<Open> batch();
    std::shared_ptr<Open> stateless(Message message, DocumentPool::Ptr document, std::string_view version);
    std::shared_ptr<Open> stateful(Message message, DocumentPool::Ptr document);
    std::shared_ptr<Open> begin_session(const Message& message);
    std::shared_ptr<Open> start(CallFacts facts, Message message, DocumentPool::Ptr document);
    std::shared_ptr<Post> make_post(const CallFacts& facts);
    /// The session that is named, or null: the refusal has been sent.
    SessionPtr session(std::string_view id);
    /// Neither session nor revision named. Sessions are a server's choice ("MAY assign a session ID"), and without a
    /// header it "SHOULD assume protocol version 2025-03-26" (2025-11-25, "Transports"): what needs no memory is
    /// served. Who names a revision has negotiated it, and was given a session.
    bool is_sessionless() const { return !says_version() && request_.headers.count("mcp-session-id") == 0; }
    /// What the handshake era's calls have in common; without session or revision 2025-03-26 alone.
    static CallFacts facts_of(const SessionPtr& session) {
        if (!session) return {.revision = assumed_revision};
        return {.revision = session->revision, .session = session, .scope = session->key};
    }
    /// The revision the header names, where it names one of the handshake era.
    std::optional<Revision> handshake_version() const {
        const auto revision = revision_from(header("mcp-protocol-version"));
        return revision && !is_stateless(*revision) ? revision : std::nullopt;
    }
    bool says_version() const { return header("mcp-protocol-version").data() != nullptr; }
    std::shared_ptr<Open> accepted() {
        responder_.reply({.status = 202}, {});
        return nullptr;
    }

    ServerCore& core_;
    const Endpoint::Options& options_;
    Streams& streams_;
    const Request& request_;
    Caller caller_;
    Responder& responder_;
    Accepts accepts_;
};

std::shared_ptr<Open> Handling::post() {
    if (!is_json(request_.headers.last("content-type")))
        return refuse(415, "the Content-Type must be application/json");
    if (const auto coding = header("content-encoding"); !coding.empty() && !base::iequals(coding, "identity")) {
        return refuse(415, "the body must be sent as it is, without Content-Encoding");
    }
    accepts_ = accepts(request_.headers);
    if (!accepts_.json && !accepts_.stream) {
        return refuse(406, "the Accept header must list application/json and text/event-stream");
    }
    auto document = core_.local(caller_.worker).documents.take();
    const auto value = document->parse(request_.body, core_.options.max_depth);
    if (!value) {
        return refuse(400, RpcError{.code = code::parse_error, .message = "Parse error: " + value.error().message()});
    }
    if (request_.headers.count("mcp-protocol-version") > 1) {
        return refuse(400, header_mismatch("MCP-Protocol-Version was sent more than once"));
    }
    if ((*value)->is_array()) return batch();
    auto message = classify(**value, request_.body);
    if (message.kind == Message::Kind::invalid) {
        return refuse(400,
                      RpcError{.code = message.wrong_params ? code::invalid_params : code::invalid_request,
                               .message = std::string{message.problem}},
                      message.id);
    }

    // The era: what the request says of itself. A handshake revision in `_meta` alone does not make it stateless.
    const auto declared = declared_version(message);
    const auto declared_revision = declared ? revision_from(*declared) : std::nullopt;
    const bool declares_stateless = declared && (!declared_revision || is_stateless(*declared_revision));
    if (message.kind == Message::Kind::request && message.method == to_string(Method::initialize) &&
        !declares_stateless) {
        if (revision_from(header("mcp-protocol-version")) == latest) {
            return refuse(400, header_mismatch("MCP-Protocol-Version names a revision that has no initialize"),
                          message.id);
        }
        return begin_session(message);
    }
    const auto old_version = handshake_version();
    if (declares_stateless || (says_version() && !old_version)) {
        return stateless(std::move(message), std::move(document), declared.value_or(std::string_view{}));
    }
    if (old_version == Revision::v2024_11_05) {
        return refuse(400, unsupported_version(header("mcp-protocol-version"), core_.versions_http), message.id);
    }
    return stateful(std::move(message), std::move(document));
}

std::shared_ptr<Open> Handling::stateless(Message message, DocumentPool::Ptr document, std::string_view declared) {
    const auto version = header("mcp-protocol-version");
    if (!says_version()) return refuse(400, header_mismatch("MCP-Protocol-Version is missing"), message.id);
    if (declared.data() != nullptr && version != declared) {
        return refuse(
            400,
            header_mismatch(fmt::format("MCP-Protocol-Version header value '{}' does not match body value '{}'",
                                        base::escape_untrusted(base::ellipsize(version, 80)),
                                        base::escape_untrusted(base::ellipsize(declared, 80)))),
            message.id);
    }
    if (revision_from(version) != latest) {
        return refuse(400, unsupported_version(version, core_.versions_http), message.id);
    }
    if (message.kind == Message::Kind::notification) {
        const auto method = header("mcp-method");
        if (method.data() == nullptr || method == message.method) return accepted();
        return refuse(400, header_mismatch("Mcp-Method does not match the body's method"));
    }
    if (message.kind == Message::Kind::response) {
        return refuse(400, "a response is not expected: this revision has no requests from the server");
    }
    const Registry::ToolEntry* tool = nullptr;
    if (message.params != nullptr && message.method == to_string(Method::tools_call)) {
        tool = core_.registry.tool(find_string(*message.params, "name").value_or(""));
    }
    if (auto error = check_headers(request_.headers, message, tool)) return refuse(400, std::move(*error), message.id);
    if (message.method == to_string(Method::subscriptions_listen) && !accepts_.stream) {
        return refuse(406, "subscriptions/listen is answered as text/event-stream", message.id);
    }
    return start({.revision = latest}, std::move(message), std::move(document));
}

std::shared_ptr<Open> Handling::begin_session(const Message& message) {
    auto initialized = initialize(core_, message, false);
    if (!initialized) return refuse(400, initialized.error(), message.id);
    Head head{.status = 200, .content_type = json_type};
    head.session_id = core_.sessions.seal(*initialized->session, caller_.principal->id, core_.wall_now());
    core_.census.seen(initialized->session->key, caller_.worker.now());
    if (accepts_.json) {
        responder_.reply(std::move(head), std::move(initialized->message));
        return nullptr;
    }
    head.content_type = "text/event-stream";
    head.event_stream = true;
    responder_.begin(std::move(head));
    responder_.send(event(std::move(initialized->message), {}), Importance::required);
    responder_.finish();
    return nullptr;
}

SessionPtr Handling::session(std::string_view id) {
    const auto count = request_.headers.count("mcp-session-id");
    if (count != 1) {
        refuse(400,
               count == 0 ? "the Mcp-Session-Id header is required: send initialize first"
                          : "Mcp-Session-Id was sent more than once",
               id);
        return nullptr;
    }
    auto opened = core_.sessions.open(header("mcp-session-id"), caller_.principal->id, core_.wall_now());
    if (!opened) {
        refuse(404, opened.error().message() + ": send initialize again", id);
        return nullptr;
    }
    core_.census.seen((*opened)->key, caller_.worker.now());
    return std::move(*opened);
}

std::shared_ptr<Open> Handling::stateful(Message message, DocumentPool::Ptr document) {
    SessionPtr session;
    if (!is_sessionless()) {
        session = this->session(message.id);
        if (!session) return nullptr;
    } else if (header("mcp-method").data() != nullptr) {
        return refuse(400, header_mismatch("MCP-Protocol-Version is missing"), message.id);  // a client of 2026-07-28
    }
    auto facts = facts_of(session);
    if (message.kind == Message::Kind::notification) {
        take_notification(core_, facts.scope, message);
        return accepted();
    }
    if (message.kind == Message::Kind::response) {
        if (take_response(core_, facts.scope, message)) return accepted();
        return refuse(400, "nobody waits for this response");
    }
    return start(std::move(facts), std::move(message), std::move(document));
}

std::shared_ptr<Post> Handling::make_post(const CallFacts& facts) {
    return std::make_shared<Post>(
        Post::Parts{core_, options_, streams_, caller_.worker, accepts_, facts.revision, facts.session}, responder_);
}

std::shared_ptr<Open> Handling::start(CallFacts facts, Message message, DocumentPool::Ptr document) {
    auto post = make_post(facts);
    auto started =
        start_request(core_, std::move(caller_), std::move(facts), std::move(message), std::move(document), post);
    if (started.reply) {
        post->answer(std::move(*started.reply));
        return nullptr;
    }
    post->suspend(std::move(started.call), nullptr);
    return post;
}

/// JSON-RPC batches are part of 2025-03-26 alone.
std::shared_ptr<Open> Handling::batch() {
    if (says_version() && handshake_version() != Revision::v2025_03_26) {
        return refuse(400, "a batch is not part of this revision: send one message");
    }
    SessionPtr session;
    if (!is_sessionless()) {
        session = this->session("null");
        if (!session) return nullptr;
    }
    const auto facts = facts_of(session);
    if (!has_batches(facts.revision)) {
        return refuse(400, "a batch is not part of the session's revision: send one message");
    }
    auto post = make_post(facts);
    std::shared_ptr<Batch> open;
    auto reply = Batch::start(core_, caller_, facts, request_.body, post, open);
    if (reply) {
        post->answer(std::move(*reply));
        return nullptr;
    }
    post->suspend(nullptr, std::move(open));
    return post;
}

std::shared_ptr<Open> Handling::get() {
    if (says_version() && !handshake_version()) {
        // 2026-07-28 has no GET; anything else is unknown.
        const auto version = header("mcp-protocol-version");
        if (revision_from(version) != latest) {
            return refuse(400, unsupported_version(version, core_.versions_http));
        }
        return refuse(405, "this revision has no GET: send subscriptions/listen by POST", "null", "POST");
    }
    if (!accepts(request_.headers).stream || header("accept").data() == nullptr) {
        return refuse(406, "GET is answered as text/event-stream: the Accept header must list it");
    }
    auto session = this->session("null");
    if (!session) return nullptr;
    auto stream = std::make_shared<ListenStream>(core_, caller_.worker, std::move(session), responder_.keep());
    const auto last = header("last-event-id");
    if (last.empty()) {
        stream->listen();
    } else {
        stream->resume(streams_, last);
    }
    return stream;
}

std::shared_ptr<Open> Handling::remove() {
    if (says_version() && !handshake_version()) {
        return refuse(405, "this revision has no sessions", "null", "POST");
    }
    const auto session = this->session("null");
    if (!session) return nullptr;
    core_.sessions.end(*session, core_.wall_now());
    core_.census.ended(session->key);
    responder_.reply({.status = 204}, {});
    return nullptr;
}

}  // namespace

struct Endpoint::Parts {
    ServerCore& core;
    Options options;
    Streams streams;
};

Endpoint::Endpoint(Server& server, Options options) : parts_{new Parts{server.core(), options, {}}} {}
Endpoint::~Endpoint() = default;

std::shared_ptr<Open> Endpoint::handle(const Request& request, Caller caller, Responder& responder) {
    Handling handling{parts_->core, parts_->options, parts_->streams, request, std::move(caller), responder};
    if (request.method == "POST") return handling.post();
    if (request.method == "GET") return handling.get();
    if (request.method == "DELETE") return handling.remove();
    return handling.refuse(405, "the endpoint takes POST, GET and DELETE", "null", all_methods);
}

base::Payload Endpoint::refusal(int code, std::string_view message) {
    return error_message("null", {.code = code, .message = std::string{message}});
}

}  // namespace mcp::http
