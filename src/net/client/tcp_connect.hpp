/// A TCP connection to the first of several addresses that answers. Threads: the call's worker.
#pragma once

#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/fd.hpp"
#include "net/client/connection.hpp"
#include "net/client/resolver.hpp"

namespace net::client {

/// `name`: for the message. Errors: `connect`, `stopped`.
async::Task<Outcome<base::Fd>> tcp_connect(async::Call& call, SocketLoopPtr loop, std::vector<Address> addresses,
                                           std::string name);

}  // namespace net::client
