// tests/data/mcp/http: requests, and the status, headers and messages that must come back.
//
//     > POST                              method; the lines up to an empty one are headers, the rest is the body
//     > Accept: application/json, text/event-stream
//     >
//     > {"jsonrpc":"2.0",…}
//     < 200 application/json              status and content type ("-": none), then the body, or one line an event
//     < {"result":{…}}
//
// `POST modern tools/call echo` stands for POST with all the headers of such a request; a header that follows replaces
// its own, `Mcp-Name: -` takes it away. `POST session 2025-11-25` is one of the session that the last `initialize`
// began.
#include <gtest/gtest.h>

#include <sstream>

#include "base/text.hpp"
#include "mcp/http/http_world.hpp"
#include "mcp/json_match.hpp"
#include "mcp/transcript.hpp"

namespace {

class HttpTranscript : public testing::TestWithParam<sample::Case> {};

class Reader {
public:
    void add(const std::string& line) {
        if (in_body_) {
            request_.body += request_.body.empty() ? line : "\n" + line;
        } else if (line.empty()) {
            in_body_ = true;
        } else if (!began_) {
            begin(line);
        } else {
            const auto colon = line.find(':');
            const auto name = base::to_lower(line.substr(0, colon));
            const std::string value{base::trim(std::string_view{line}.substr(colon + 1))};
            if (!line.starts_with('+')) request_.headers.erase(name);
            if (value != "-") request_.headers.emplace(name.substr(line.starts_with('+') ? 1 : 0), value);
        }
    }
    bool began() const { return began_; }
    sample::HttpRequest take() { return std::exchange(*this, Reader{session}).request_; }
    explicit Reader(std::string given_session = {}) : session{std::move(given_session)} {}

    std::string session;

private:
    void begin(const std::string& line) {
        began_ = true;
        std::istringstream words{line};
        std::string form;
        std::string first;
        std::string second;
        words >> request_.method >> form >> first >> second;
        if (form.empty()) return;
        request_.headers = {{"content-type", "application/json"}, {"accept", "application/json, text/event-stream"}};
        if (form == "modern") {
            request_.headers.emplace("mcp-protocol-version", "2026-07-28");
            request_.headers.emplace("mcp-method", first);
            if (!second.empty()) request_.headers.emplace("mcp-name", second);
        } else {
            request_.headers.emplace("mcp-protocol-version", first);
            request_.headers.emplace("mcp-session-id", session);
        }
    }

    sample::HttpRequest request_;
    bool began_ = false;
    bool in_body_ = false;
};

TEST_P(HttpTranscript, is_answered_as_written) {
    sample::HttpWorld world;
    Reader reader;
    sample::HttpWorld::Exchange exchange;
    std::vector<std::string> bodies;
    std::size_t next = 0;
    bool head_seen = false;
    for (const auto& step : GetParam().steps) {
        const auto where = GetParam().where(step);
        if (step.kind == sample::Step::Kind::sent) {
            ASSERT_TRUE(next >= bodies.size()) << where << ": not expected before: " << bodies[next];
            reader.add(step.text);
            head_seen = false;
            continue;
        }
        if (reader.began()) {
            exchange = world.send(reader.take());
            world.run();
            if (!exchange->session_id.empty()) reader.session = exchange->session_id;
        }
        if (step.kind == sample::Step::Kind::time) {
            world.advance(std::chrono::milliseconds{std::stoi(step.text)});
            continue;
        }
        if (!head_seen) {
            const auto type = exchange->content_type.empty() ? "-" : exchange->content_type;
            ASSERT_EQ(std::to_string(exchange->status) + " " + type, step.text) << where << "\n" << exchange->body;
            head_seen = true;
            next = 0;
            bodies = exchange->event_stream || exchange->body.empty() ? exchange->events()
                                                                      : std::vector<std::string>{exchange->body};
        } else {
            ASSERT_LT(next, bodies.size()) << where << ": nothing more came";
            EXPECT_EQ(sample::mismatch(step.text, bodies[next++]), "") << where;
        }
    }
    EXPECT_EQ(next, bodies.size()) << "more came than expected";
}

INSTANTIATE_TEST_SUITE_P(Files, HttpTranscript, testing::ValuesIn(sample::read_transcripts(TEST_DATA_DIR "/mcp/http")),
                         [](const auto& info) {
                             std::string name;
                             for (const char c : info.param.name) name += std::isalnum(c) ? c : '_';
                             return name + "_" + std::to_string(info.index);
                         });

}  // namespace
