#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "backend/snowflake/services.hpp"
#include "backend/snowflake/session/control.hpp"
#include "backend/snowflake/session/event_reader.hpp"
#include "backend/snowflake/session/services_access.hpp"
#include "backend/snowflake/wire/request_target.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

constexpr std::string_view api = "/api/v2/";

/// A path of the public API on the account's own host, and nothing else.
bool is_api_path(std::string_view path) {
    if (!path.starts_with(api) || path.find("/../") != std::string_view::npos || path.ends_with("/..")) return false;
    for (const char c : path) {
        if (c <= ' ' || c == '\x7F' || c == '#' || c == '\\' || static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

Ask ask_for(RestRequest request) {
    Ask ask{.method = std::move(request.method), .target = std::move(request.path), .body = std::move(request.body)};
    ask.lane = net::client::Lane::query;
    ask.accept = request.stream ? Ask::Accept::events : Ask::Accept::json;
    return ask;
}

/// `{message, code, request_id}` of the public API, in its own words.
base::Error rest_error(int status, const std::string& body) {
    std::string message;
    std::string code;
    boost::system::error_code failed;
    const auto document = boost::json::parse(body, failed);
    if (!failed && document.is_object()) {
        if (const auto* text = document.get_object().if_contains("message"); text != nullptr && text->is_string())
            message = text->get_string();
        if (const auto* text = document.get_object().if_contains("code"); text != nullptr && text->is_string())
            code = text->get_string();
    }
    base::Kind kind = base::Kind::unavailable;
    if (status == 400 || status == 422) kind = base::Kind::bad_argument;
    if (status == 401 || status == 403) kind = base::Kind::denied;
    if (status == 404) kind = base::Kind::not_found;
    if (status == 429) kind = base::Kind::overloaded;
    std::string said = "Snowflake answered with HTTP status " + std::to_string(status);
    if (!message.empty()) said += ": " + message;
    return base::Error{kind, std::move(said)}.at(base::Stage::query).code(std::move(code));
}

base::Error not_api(std::string_view path) {
    return base::Error{base::Kind::bad_argument, "not a path of Snowflake's public API: " + std::string{path}}.at(
        base::Stage::query);
}

/// The pieces of a streamed answer, as events.
class StreamedEvents final : public RestEvents {
public:
    StreamedEvents(net::client::Response response, std::shared_ptr<void> keeps)
        : keeps_{std::move(keeps)},
          response_{std::move(response)},
          is_stream_{base::to_lower(response_.header("content-type")).starts_with("text/event-stream")} {}

    async::Task<base::Result<std::optional<RestEvent>>> next(async::Call& call) override {
        if (ended_) co_return std::nullopt;
        if (!is_stream_) co_return co_await whole(call);
        for (;;) {
            if (auto event = reader_.next()) co_return event;
            if (reader_.overflowed()) co_return fail("an event of Snowflake's answer is too long");
            if (drained_) {
                ended_ = true;
                co_return std::nullopt;
            }
            auto piece = co_await response_.read(call);
            if (!piece) {
                ended_ = true;
                co_return base::fail(base::Error{std::move(piece.error())}.at(base::Stage::result));
            }
            if (piece->empty()) {
                reader_.finish();
                drained_ = true;
            } else {
                reader_.feed(*piece);
            }
        }
    }

private:
    async::Task<base::Result<std::optional<RestEvent>>> whole(async::Call& call) {
        ended_ = true;
        auto body = co_await response_.body(call, std::size_t{64} << 20);
        if (!body) co_return base::fail(base::Error{std::move(body.error())}.at(base::Stage::result));
        co_return RestEvent{.name = "response", .data = std::move(*body)};
    }
    std::unexpected<base::Error> fail(const char* message) {
        ended_ = true;
        return base::fail(base::Error{base::Kind::unavailable, message}.at(base::Stage::result));
    }

    std::shared_ptr<void> keeps_;
    net::client::Response response_;
    EventReader reader_;
    bool is_stream_;
    bool drained_ = false;
    bool ended_ = false;
};

}  // namespace

std::string rest_path(const std::vector<std::string_view>& segments) {
    std::string path{api.substr(0, api.size() - 1)};
    for (const std::string_view segment : segments) {
        if (segment.starts_with(':')) {
            path += segment;
        } else {
            path += '/';
            path += net::client::encode_segment(segment);
        }
    }
    return path;
}

async::Task<base::Result<RestReply>> Services::rest(async::Call& call, RestRequest request) {
    if (!is_api_path(request.path)) co_return base::fail(not_api(request.path));
    request.stream = false;
    auto access = co_await this->access(call);
    if (!access) co_return base::fail(std::move(access.error()));
    const Repeat repeat = request.method == "GET" ? Repeat::freely : Repeat::only_if_unseen;
    auto reply = co_await authorized(call, access->state, ask_for(std::move(request)), repeat);
    if (!reply) co_return base::fail(std::move(reply.error()));
    co_return RestReply{.status = reply->status, .body = std::move(reply->body)};
}

async::Task<base::Result<std::unique_ptr<RestEvents>>> Services::rest_events(async::Call& call, RestRequest request) {
    if (!is_api_path(request.path)) co_return base::fail(not_api(request.path));
    request.stream = true;
    auto access = co_await this->access(call);
    if (!access) co_return base::fail(std::move(access.error()));
    auto response = co_await authorized_open(call, access->state, ask_for(std::move(request)));
    if (!response) co_return base::fail(std::move(response.error()));
    if (response->status() < 200 || response->status() >= 300) {
        const int status = response->status();
        auto body = co_await response->body(call, std::size_t{1} << 20);
        co_return base::fail(rest_error(status, body ? *body : std::string{}));
    }
    co_return std::make_unique<StreamedEvents>(std::move(*response), std::make_shared<Access>(std::move(*access)));
}

}  // namespace backend::snowflake
