#include "mcp/http/http_world.hpp"

#include <fmt/format.h>

namespace sample {
namespace {

class Fields final : public mcp::http::Headers {
public:
    explicit Fields(const HttpRequest& request) : request_{request} {}
    std::string_view get(std::string_view name) const override {
        const auto found = request_.headers.find(std::string{name});
        return found == request_.headers.end() ? std::string_view{} : std::string_view{found->second};
    }
    std::size_t count(std::string_view name) const override { return request_.headers.count(std::string{name}); }

private:
    const HttpRequest& request_;
};

class Recorder final : public mcp::http::Responder {
public:
    explicit Recorder(std::shared_ptr<Answer> answer) : answer_{std::move(answer)} {}

    void reply(mcp::http::Head head, base::Payload body) override {
        begin(std::move(head));
        answer_->body = body.to_string();
        answer_->finished = true;
    }
    void begin(mcp::http::Head head) override {
        expect_first();
        answer_->status = head.status;
        answer_->content_type = head.content_type;
        answer_->session_id = head.session_id;
        answer_->allow = head.allow;
        answer_->retry_after = head.retry_after;
        answer_->event_stream = head.event_stream;
    }
    void send(base::Payload bytes, mcp::http::Importance) override { answer_->body += bytes.to_string(); }
    void finish() override { answer_->finished = true; }
    std::shared_ptr<mcp::http::Responder> keep() override { return std::make_shared<Recorder>(answer_); }

private:
    void expect_first() const {
        if (answer_->status != 0) throw std::logic_error{"a second head"};
    }
    std::shared_ptr<Answer> answer_;
};

}  // namespace

std::vector<std::string> Answer::events() const {
    std::vector<std::string> found;
    std::size_t at = 0;
    while ((at = body.find("\ndata: ", at)) != std::string::npos) {
        at += 7;
        const auto end = body.find('\n', at);
        if (end > at) found.push_back(body.substr(at, end - at));
    }
    return found;
}

std::string Answer::last_event_id() const {
    const auto at = body.rfind("id: ");
    return at == std::string::npos ? std::string{} : body.substr(at + 4, body.find('\n', at) - at - 4);
}

HttpRequest modern(std::string_view method, std::string_view name, std::string_view params, std::string_view id) {
    constexpr std::string_view meta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                                      R"("io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},)"
                                      R"("io.modelcontextprotocol/clientCapabilities":{}})";
    HttpRequest request;
    request.headers = {{"content-type", "application/json"},
                       {"accept", "application/json, text/event-stream"},
                       {"mcp-protocol-version", "2026-07-28"},
                       {"mcp-method", std::string{method}}};
    if (!name.empty()) request.headers.emplace("mcp-name", std::string{name});
    std::string rest{params.substr(1)};
    if (rest != "}") rest.insert(0, ",");
    request.body = fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}{}}})", id, method, meta, rest);
    return request;
}

HttpRequest handshake(std::string_view session, std::string_view body, std::string_view version) {
    HttpRequest request;
    request.headers = {{"content-type", "application/json"}, {"accept", "application/json, text/event-stream"}};
    if (!session.empty()) request.headers.emplace("mcp-session-id", std::string{session});
    if (!version.empty()) request.headers.emplace("mcp-protocol-version", std::string{version});
    request.body = body;
    return request;
}

HttpWorld::Exchange HttpWorld::send(const HttpRequest& request) {
    Exchange exchange;
    Recorder responder{exchange.answer};
    const Fields headers{request};
    exchange.open = endpoint.handle({.method = request.method, .headers = headers, .body = request.body},
                                    caller(request.principal), responder);
    return exchange;
}

Answer HttpWorld::ask(const HttpRequest& request) {
    const auto exchange = send(request);
    run();
    return *exchange.answer;
}

std::string HttpWorld::begin_session(std::string_view revision, std::string_view capabilities) {
    return ask(handshake({},
                         fmt::format(R"({{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{)"
                                     R"("protocolVersion":"{}","capabilities":{},)"
                                     R"("clientInfo":{{"name":"test","version":"1"}}}}}})",
                                     revision, capabilities),
                         {}))
        .session_id;
}

}  // namespace sample
