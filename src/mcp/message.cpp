#include "mcp/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <charconv>

#include "base/json_writer.hpp"
#include "mcp/raw_json.hpp"

namespace mcp {
namespace {

namespace json = boost::json;

/// The id's JSON text; empty where it is no legal id.
std::string id_text(const json::value& id, std::string_view raw) {
    std::string text;
    if (id.is_string()) {
        base::append_json_string(text, std::string_view{id.get_string()});
    } else if (id.is_int64()) {
        char digits[24];
        text.assign(digits, std::to_chars(digits, digits + sizeof digits, id.get_int64()).ptr);
    } else if (id.is_number()) {
        text = raw_member(raw, "id");
        if (text.empty()) base::JsonWriter{text}.number(id.to_number<double>());  // its name was written with escapes
    }
    return text;
}

Message invalid(Message message, std::string_view problem) {
    message.kind = Message::Kind::invalid;
    message.problem = problem;
    return message;
}

}  // namespace

Message classify(const json::value& value, std::string_view raw) {
    Message message;
    const auto* object = value.if_object();
    if (object == nullptr) return invalid(std::move(message), "a message is a JSON object");
    const auto* id = object->if_contains("id");
    if (id != nullptr) {
        auto text = id_text(*id, raw);
        if (!text.empty()) message.id = std::move(text);
    }
    const auto* version = object->if_contains("jsonrpc");
    if (version == nullptr || *version != "2.0") {
        return invalid(std::move(message), "\"jsonrpc\" must be \"2.0\"");
    }
    const auto* method = object->if_contains("method");
    if (method == nullptr) {
        message.result = object->if_contains("result");
        const auto* error = object->if_contains("error");
        if ((message.result != nullptr) == (error != nullptr)) {
            return invalid(std::move(message),
                           "neither a request (\"method\") nor a response (\"result\" or \"error\")");
        }
        if (error != nullptr) {
            message.error = error->if_object();
            if (message.error == nullptr) return invalid(std::move(message), "\"error\" must be an object");
        }
        if (message.id == "null" && error == nullptr) return invalid(std::move(message), "a response without an id");
        message.kind = Message::Kind::response;
        return message;
    }
    if (!method->is_string()) return invalid(std::move(message), "\"method\" must be a string");
    message.method = method->get_string();
    if (id != nullptr && message.id == "null") {
        return invalid(std::move(message), "\"id\" must be a string or a number");
    }
    // Some clients write what they leave out as null.
    if (const auto* params = object->if_contains("params"); params && !params->is_null()) {
        message.params = params->if_object();
        message.wrong_params = true;
        if (message.params == nullptr) return invalid(std::move(message), "\"params\" must be an object");
        if (const auto* meta = message.params->if_contains("_meta")) {
            message.meta = meta->if_object();
            if (message.meta == nullptr) return invalid(std::move(message), "\"params._meta\" must be an object");
        }
    }
    message.wrong_params = false;
    message.kind = id == nullptr ? Message::Kind::notification : Message::Kind::request;
    return message;
}

}  // namespace mcp
