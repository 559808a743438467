/// Where the messages of one request go: implemented by the channels (http, line session), used by the running call.
///
/// Threads: the call's worker. Order: any number of `notify`, `tell` and `ask`, then exactly one `answer`; nothing
/// after.
#pragma once

#include <chrono>
#include <optional>

#include "base/payload.hpp"

namespace mcp {

/// The last word on a request.
struct Reply {
    base::Payload message;  ///< empty with `silent`
    int http_status = 200;
    std::optional<std::chrono::seconds> retry_after = {};
    bool silent = false;  ///< the client cancelled: no answer is sent
};

class Outlet {
public:
    virtual ~Outlet() = default;

    virtual void answer(Reply reply) = 0;
    /// Progress and log messages: dropped when the peer is slow or gone.
    virtual void notify(base::Payload message) = 0;
    /// A notification that must arrive where anything does.
    virtual void tell(base::Payload message) = 0;
    /// A request of ours to the client (handshake era). False: it cannot reach the client.
    virtual bool ask(base::Payload message) = 0;
    /// True when an HTTP status cannot be chosen any more.
    virtual bool head_sent() const = 0;
    virtual void release_connection(std::chrono::milliseconds retry) = 0;
};

}  // namespace mcp
