/// Opens a connection: name, TCP over all addresses, proxy, TLS; within CLIENT_CONNECT_TIMEOUT_SECONDS.
///
/// Place: under `HttpClient`. Addresses are tried one after the other with a head start of 250 ms each, and the first
/// that answers wins (RFC 8305 in short). Threads: the call's worker.
#pragma once

#include "async/call.hpp"
#include "async/task.hpp"
#include "net/client/connection_pool.hpp"

namespace net::client {

/// Errors: `dns`, `connect`, `proxy`, `certificate`, `tls`, `stopped`; nothing of a request was sent.
async::Task<Outcome<ConnectionPtr>> open_connection(async::Call& call, std::shared_ptr<ConnectionPool> pool,
                                                    RoutePtr route, ConnectionBudget::Permit permit);

}  // namespace net::client
