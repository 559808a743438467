#include "mcp/envelope.hpp"

#include <algorithm>
#include <cstring>

#include "base/json_writer.hpp"

namespace mcp {

MessageBuilder& MessageBuilder::part(base::Payload part) {
    if (part.size() < copied_below) {
        for (const auto& segment : part.segments()) buffer_.append(segment.bytes);
        return *this;
    }
    message_.append(base::Payload::own(std::move(buffer_)));
    buffer_.clear();
    message_.append(std::move(part));
    return *this;
}

base::Payload MessageBuilder::take() {
    message_.append(base::Payload::own(std::move(buffer_)));
    return std::move(message_);
}

base::Payload error_message(std::string_view id, const RpcError& error) {
    MessageBuilder builder;
    builder.text(R"({"jsonrpc":"2.0","id":)").text(id).text(R"(,"error":)");
    base::JsonWriter writer{builder.buffer()};
    writer.begin_object().field("code", error.code).field("message", error.message);
    if (!error.data_json.empty()) writer.key("data").raw(error.data_json);
    writer.end_object();
    builder.text("}");
    return builder.take();
}

base::Payload result_message(std::string_view id, std::string_view result_json) {
    MessageBuilder builder{result_json.size() + id.size() + 48};
    builder.text(R"({"jsonrpc":"2.0","id":)").text(id).text(R"(,"result":)").text(result_json).text("}");
    return builder.take();
}

namespace {

base::Payload call_message(std::string_view id, std::string_view method, std::string_view params_json) {
    MessageBuilder builder{params_json.size() + method.size() + 64};
    builder.text(R"({"jsonrpc":"2.0",)");
    if (!id.empty()) builder.text(R"("id":)").text(id).text(",");
    builder.text(R"("method":)");
    base::append_json_string(builder.buffer(), method);
    if (!params_json.empty()) builder.text(R"(,"params":)").text(params_json);
    builder.text("}");
    return builder.take();
}

}  // namespace

base::Payload notification_message(std::string_view method, std::string_view params_json) {
    return call_message({}, method, params_json);
}

base::Payload request_message(std::string_view id, std::string_view method, std::string_view params_json) {
    return call_message(id, method, params_json);
}

base::Payload single_line(base::Payload message) {
    const auto has_line_end = [](const base::Payload::Segment& segment) {
        return std::memchr(segment.bytes.data(), '\n', segment.bytes.size()) != nullptr ||
               std::memchr(segment.bytes.data(), '\r', segment.bytes.size()) != nullptr;
    };
    if (std::ranges::none_of(message.segments(), has_line_end)) return message;
    std::string text = message.to_string();
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return base::Payload::own(std::move(text));
}

}  // namespace mcp
