#include "mcp/http/event_stream.hpp"

#include <fmt/format.h>

#include "mcp/envelope.hpp"

namespace mcp::http {

base::Payload event(base::Payload message, std::string_view id) {
    MessageBuilder builder;
    if (!id.empty()) builder.text("id: ").text(id).text("\n");
    builder.text("event: message\ndata: ").part(single_line(std::move(message))).text("\n\n");
    return builder.take();
}

base::Payload priming_event(std::string_view id, std::chrono::milliseconds retry) {
    return base::Payload::own(fmt::format("id: {}\nretry: {}\ndata: \n\n", id, retry.count()));
}

base::Payload comment() { return base::Payload::literal(":\n\n"); }

}  // namespace mcp::http
