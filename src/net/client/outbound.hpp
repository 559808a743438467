/// What all clients of the process share, as this folder sees it. Threads: any.
#pragma once

#include <memory>

#include "net/client/connection_budget.hpp"
#include "net/client/http_client.hpp"
#include "net/client/probe.hpp"
#include "net/client/proxy.hpp"
#include "net/client/resolver.hpp"
#include "net/client/tls_context.hpp"

namespace net::client {

struct Outbound::Parts {
    ClientSettings settings;
    std::shared_ptr<TlsContext> tls;
    ProxyRules proxies;
    Resolver resolver;
    ConnectionBudget budget;
    ClientProbe probe;
};

}  // namespace net::client
