/// The outbound HTTP/1.1 client: keep-alive connections, TLS that is always verified, proxies, decoded bodies.
///
/// Place: one `Outbound` a process (settings, TLS, proxies, resolver, the budget of connections), one `HttpClient` a
/// worker. Threads: an `HttpClient` is its worker's only; `Outbound` is any's. Lifetime: `Outbound` is shared by its
/// clients; a client is destroyed on its worker or after that has ended (but before the `Worker` object), answers may
/// outlive it. Redirects are not followed: who asked decides.
#pragma once

#include <cstddef>
#include <memory>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/probe.hpp"
#include "net/client/failure.hpp"
#include "net/client/request.hpp"
#include "net/client/resolver.hpp"
#include "net/client/response.hpp"
#include "net/client/settings.hpp"

namespace net::client {

class Outbound {
public:
    /// Errors: `bad_argument` that names the setting: a CA file that cannot be read, a proxy's URL that is none.
    static base::Result<std::shared_ptr<Outbound>> create(const ClientSettings& settings);
    /// The same with another look-up of names than the system's.
    static base::Result<std::shared_ptr<Outbound>> create(const ClientSettings& settings, Resolver::LookUp look_up);
    ~Outbound();
    Outbound(const Outbound&) = delete;
    Outbound& operator=(const Outbound&) = delete;

    /// Once, before workers start; `metrics` is scraped only as long as this lives.
    void register_metrics(base::Metrics& metrics);
    base::Probe probe() const;

    struct Parts;
    Parts& parts() const { return *parts_; }  ///< of this folder

private:
    explicit Outbound(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

class ConnectionPool;

class HttpClient {
public:
    HttpClient(async::Worker& worker, std::shared_ptr<Outbound> outbound);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();  ///< closes idle connections; requests under way go on

    async::Worker& worker() const { return worker_; }
    const std::shared_ptr<Outbound>& outbound() const { return outbound_; }

    /// Sends and waits for the answer's head (1xx answers are skipped). `call` belongs to this worker and outlives the
    /// answer's last read. Never tried twice but on a kept connection that was closed before any byte of the answer
    /// (`Repeat`). A stop of the call closes the connection and is the result (`Cause::stopped`).
    async::Task<Outcome<Response>> send(async::Call& call, Request request);

    std::size_t idle_connections() const;

private:
    async::Worker& worker_;
    std::shared_ptr<Outbound> outbound_;
    std::shared_ptr<ConnectionPool> pool_;
};

}  // namespace net::client
