#include "capacity/bench/request_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"

namespace capacity::bench {
namespace {

namespace json = boost::json;

constexpr std::string_view key_mark = "{{key}}";
constexpr std::string_view number_mark = "\"{{number}}\"";

/// May it stand in a header as it is (specification 2026-07-28, "Value Encoding")?
bool is_plain_header_value(std::string_view value) {
    const bool printable = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
    const bool padded = !value.empty() && (value.front() == ' ' || value.back() == ' ');
    return printable && !padded && !value.starts_with("=?base64?");
}

std::string header_value(std::string_view value) {
    return is_plain_header_value(value) ? std::string{value} : "=?base64?" + base::base64(value) + "?=";
}

std::string json_text(std::string_view value) {
    std::string quoted;
    base::append_json_string(quoted, value);
    return quoted;
}

/// The primitive at `path`, as header text.
std::optional<std::string> value_at(const json::value& arguments, const std::vector<std::string>& path) {
    const json::value* at = &arguments;
    for (const std::string& name : path) {
        const json::object* object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(name);
        if (at == nullptr) return std::nullopt;
    }
    if (at->is_string()) return std::string{at->get_string()};
    if (at->is_int64() || at->is_uint64() || at->is_bool()) return json::serialize(*at);
    return std::nullopt;
}

struct Digits {
    std::array<char, 20> text;
    std::size_t size;
    explicit Digits(std::uint64_t value)
        : size{static_cast<std::size_t>(std::to_chars(text.data(), text.data() + text.size(), value).ptr -
                                        text.data())} {}
    std::string_view view() const { return {text.data(), size}; }
};

}  // namespace

std::string Dialect::params_with_meta(std::string_view params) const {
    const auto end = params.find_last_of('}');
    if (!stateless || end == std::string_view::npos || params.find("\"_meta\"") != std::string_view::npos) {
        return std::string{params};
    }
    std::string text{params.substr(0, end)};
    if (text.find_last_not_of(" \t\r\n") != text.find('{')) text += ',';
    text += fmt::format(R"("_meta":{{"io.modelcontextprotocol/protocolVersion":{},)"
                        R"("io.modelcontextprotocol/clientInfo":{{"name":"snowflake-mcp bench","version":"1"}},)"
                        R"("io.modelcontextprotocol/clientCapabilities":{{}}}}}})",
                        json_text(revision));
    return text;
}

std::string Dialect::post_head(std::string_view method, std::string_view name) const {
    std::string head = fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\n",
        target, authority);
    if (method != "initialize") head += fmt::format("MCP-Protocol-Version: {}\r\n", revision);
    if (stateless) {
        head += fmt::format("Mcp-Method: {}\r\n", method);
        if (!name.empty()) head += fmt::format("Mcp-Name: {}\r\n", header_value(name));
    }
    for (const auto& [field, value] : headers) head += fmt::format("{}: {}\r\n", field, value);
    return head;
}

void RequestText::add(std::vector<Piece>& to, Slot slot, std::string text) {
    if (slot == Slot::text && !to.empty() && to.back().slot == Slot::text) {
        to.back().text += text;
    } else if (slot != Slot::text || !text.empty()) {
        to.push_back({slot, std::move(text)});
    }
}

/// Splits `text` at its marks; `slot` is what stands for a key there.
void RequestText::add_with_keys(std::vector<Piece>& to, std::string_view text, Slot slot) {
    while (!text.empty()) {
        const auto key = text.find(key_mark);
        const auto number = slot == Slot::key ? text.find(number_mark) : std::string_view::npos;
        const auto at = std::min(key, number);
        add(to, Slot::text, std::string{text.substr(0, at)});
        if (at == std::string_view::npos) return;
        add(to, slot);
        text.remove_prefix(at + (at == key ? key_mark.size() : number_mark.size()));
    }
}

base::Result<void> RequestText::add_parameter_headers(const WorkloadRequest& request,
                                                      const std::vector<ToolFacts>& tools) {
    const auto tool = std::ranges::find(tools, request.tool, &ToolFacts::name);
    if (tool == tools.end() || request.tool.empty()) return {};
    boost::system::error_code failed;
    const json::value arguments = json::parse(request.arguments, failed);
    for (const auto& header : tool->headers) {
        const auto value = value_at(arguments, header.path);
        if (!value) continue;
        add(pieces_, Slot::text, fmt::format("Mcp-Param-{}: ", header.name));
        if (*value == "{{number}}") {
            add(pieces_, Slot::header_key);
        } else if (value->find(key_mark) != std::string::npos) {
            if (!is_plain_header_value(*value) || !std::ranges::all_of(request.values, is_plain_header_value)) {
                return base::fail(base::Kind::bad_argument,
                                  fmt::format("{}: the server wants this argument in the header Mcp-Param-{}, and its "
                                              "keys hold characters that cannot stand there",
                                              request.name(), header.name));
            }
            add_with_keys(pieces_, *value, Slot::header_key);
        } else {
            add(pieces_, Slot::text, header_value(*value));
        }
        add(pieces_, Slot::text, "\r\n");
    }
    return {};
}

base::Result<RequestText> RequestText::make(const WorkloadRequest& request, const Dialect& dialect,
                                            const std::vector<ToolFacts>& tools) {
    RequestText made;
    made.header_keys_ = request.values;
    for (const std::string& value : request.values) {
        const std::string quoted = json_text(value);
        made.keys_.push_back(quoted.substr(1, quoted.size() - 2));
    }
    std::vector<Piece> body;
    made.add(body, Slot::text, R"({"jsonrpc":"2.0","id":)");
    made.add(body, Slot::id);
    made.add(body, Slot::text, fmt::format(R"(,"method":{},"params":)", json_text(request.method)));
    const std::string params = request.tool.empty() ? request.arguments
                                                    : fmt::format(R"({{"name":{},"arguments":{}}})",
                                                                  json_text(request.tool), request.arguments);
    made.add_with_keys(body, dialect.params_with_meta(params), Slot::key);
    made.add(body, Slot::text, "}");
    if (dialect.http) {
        made.add(made.pieces_, Slot::text, dialect.post_head(request.method, request.tool));
        if (dialect.stateless) {
            if (auto added = made.add_parameter_headers(request, tools); !added) {
                return base::fail(std::move(added.error()));
            }
        }
        made.add(made.pieces_, Slot::session);
        made.add(made.pieces_, Slot::text, "Content-Length: ");
        made.add(made.pieces_, Slot::length);
        made.add(made.pieces_, Slot::text, "\r\n\r\n");
    } else {
        made.add(body, Slot::text, "\n");
    }
    for (Piece& piece : body) {
        made.body_bytes_ += piece.text.size();
        made.body_keys_ += piece.slot == Slot::key ? 1 : 0;
        made.add(made.pieces_, piece.slot, std::move(piece.text));
    }
    return made;
}

void RequestText::render(std::string& out, std::uint64_t id, std::uint64_t rank, std::string_view session) const {
    out.clear();
    const Digits id_text{id};
    const Digits number{rank};
    const std::string_view key = keys_.empty() ? number.view() : std::string_view{keys_[rank - 1]};
    for (const Piece& piece : pieces_) {
        switch (piece.slot) {
            case Slot::text: out += piece.text; break;
            case Slot::id: out += id_text.view(); break;
            case Slot::key: out += key; break;
            case Slot::header_key:
                out += header_keys_.empty() ? number.view() : std::string_view{header_keys_[rank - 1]};
                break;
            case Slot::session:
                if (!session.empty()) {
                    out += "Mcp-Session-Id: ";
                    out += session;
                    out += "\r\n";
                }
                break;
            case Slot::length: out += Digits{body_bytes_ + id_text.size + body_keys_ * key.size()}.view(); break;
        }
    }
}

}  // namespace capacity::bench
