/// JSON-RPC answers and notifications as bytes: the envelope around fragments that are finished already. Pure.
///
/// Small parts are copied into one buffer, large ones stay the shared segments they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/payload.hpp"
#include "mcp/error_map.hpp"

namespace mcp {

class MessageBuilder {
public:
    explicit MessageBuilder(std::size_t reserve = 512) { buffer_.reserve(reserve); }

    MessageBuilder& text(std::string_view json) {
        buffer_.append(json);
        return *this;
    }
    MessageBuilder& part(base::Payload part);
    std::string& buffer() { return buffer_; }
    base::Payload take();

private:
    static constexpr std::size_t copied_below = 4096;
    std::string buffer_;
    base::Payload message_;
};

/// `id`: JSON text.
base::Payload error_message(std::string_view id, const RpcError& error);
base::Payload result_message(std::string_view id, std::string_view result_json);
/// `params_json`: an object; empty: none.
base::Payload notification_message(std::string_view method, std::string_view params_json);
base::Payload request_message(std::string_view id, std::string_view method, std::string_view params_json);

/// The same JSON without raw line ends (they can only be white space between tokens): what a line or an SSE `data:`
/// field may hold.
base::Payload single_line(base::Payload message);

}  // namespace mcp
