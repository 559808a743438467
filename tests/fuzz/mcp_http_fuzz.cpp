// Streamable HTTP requests: whatever comes has one answer, and what claims to be JSON is JSON.
// links: mcp
//
// Input: the method, header lines up to an empty one, the body.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "mcp/http/endpoint.hpp"
#include "mcp/schema.hpp"

namespace {

struct Mirrored {
    std::optional<std::string> region;
    std::optional<std::int64_t> number;
    std::optional<bool> flag;
};
BOOST_DESCRIBE_STRUCT(Mirrored, (), (region, number, flag))

mcp::Registry registry() {
    mcp::Registry registry;
    mcp::Arguments<Mirrored> arguments{
        {{.name = "region", .header = "R"}, {.name = "number", .header = "N"}, {.name = "flag", .header = "F"}}};
    registry.add(mcp::Tool{.name = "t",
                           .input_schema = arguments.schema(),
                           .handler = mcp::with_arguments(arguments, [](mcp::ToolContext& context, const Mirrored&) {
                               context.call().report({.progress = 1, .total = {}, .message = {}});
                               return mcp::ToolResult::text("x");
                           })});
    return registry;
}

class Fields final : public mcp::http::Headers {
public:
    std::string_view get(std::string_view name) const override {
        const auto found = fields.find(std::string{name});
        return found == fields.end() ? std::string_view{} : std::string_view{found->second};
    }
    std::size_t count(std::string_view name) const override { return fields.count(std::string{name}); }
    std::multimap<std::string, std::string> fields;
};

struct Answer {
    int status = 0;
    bool json = false;
    std::string body;
    std::string session;
};

class Recorder final : public mcp::http::Responder {
public:
    explicit Recorder(std::shared_ptr<Answer> answer) : answer_{std::move(answer)} {}
    void reply(mcp::http::Head head, base::Payload body) override {
        begin(std::move(head));
        answer_->body = body.to_string();
    }
    void begin(mcp::http::Head head) override {
        if (answer_->status != 0) std::abort();
        answer_->status = head.status;
        answer_->json = head.content_type == "application/json";
        answer_->session = head.session_id;
    }
    void send(base::Payload bytes, mcp::http::Importance) override {
        if (answer_->status == 0) std::abort();
        answer_->body += bytes.to_string();
    }
    void finish() override {}
    std::shared_ptr<mcp::http::Responder> keep() override { return std::make_shared<Recorder>(answer_); }

private:
    std::shared_ptr<Answer> answer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto sealer = base::TokenSealer::with_random_key();
    static async::Worker worker{0};
    static mcp::Server server{registry(), sealer, {.version = "1", .tools_list_changed = true}};
    static mcp::http::Endpoint endpoint{server};
    static std::string session;  // of the last initialize: "@" as a header's value stands for it

    std::string_view rest{reinterpret_cast<const char*>(data), size};
    Fields headers;
    std::string method = "POST";
    for (bool first = true; !rest.empty(); first = false) {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.empty()) break;
        const auto colon = line.find(':');
        if (first && colon == std::string_view::npos) {
            method = line;
        } else if (colon != std::string_view::npos) {
            const auto value = base::trim(line.substr(colon + 1));
            headers.fields.emplace(base::to_lower(line.substr(0, colon)), value == "@" ? session : std::string{value});
        }
    }
    const auto answer = std::make_shared<Answer>();
    Recorder responder{answer};
    const auto open = endpoint.handle({.method = method, .headers = headers, .body = rest},
                                      {.worker = worker,
                                       .principal = std::make_shared<base::Principal>(base::Principal{.id = "f"}),
                                       .request_id = {},
                                       .trace = {}},
                                      responder);
    while (worker.poll() > 0) {
    }
    if (!open && (answer->status < 200 || answer->status > 599)) std::abort();
    if (open) open->disconnected(async::StopReason::client);
    while (worker.poll() > 0) {
    }
    if (!answer->session.empty()) session = answer->session;
    if (answer->json) {
        boost::system::error_code error;
        const auto value = boost::json::parse(answer->body, error, {}, {.max_depth = 80});
        if (error) std::abort();
    }
    return 0;
}
