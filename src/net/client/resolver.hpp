/// Names to addresses, off the loop, with a small cache: one look-up of a name at a time for all who want it.
///
/// Place: one for the process, in `Outbound`. Threads: any. Look-ups run on threads of its own that nobody joins: the
/// system's resolver may hang for half a minute, and a shutdown must not wait for it; such a thread touches only what
/// it shares.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace net::client {

struct Address {
    sockaddr_storage socket{};
    socklen_t size = 0;
    int family() const { return socket.ss_family; }
    std::string text() const;  ///< "192.0.2.1:443", "[::1]:443"
};

class Resolver {
public:
    /// The blocking look-up (port 0). The error's message says why.
    using LookUp = std::function<base::Result<std::vector<Address>>(const std::string& host)>;

    struct Limits {
        std::chrono::milliseconds keep{30'000};        ///< how long an answer is used
        std::chrono::milliseconds keep_failure{1000};  ///< and a failure
        std::size_t names = 256;
        std::size_t threads = 8;
    };

    Resolver();  ///< getaddrinfo
    Resolver(LookUp look_up, Limits limits);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Addresses of `host` with `port`, the families taking turns, in the system's order of preference (RFC 8305
    /// section 4). An address literal is answered at once. Errors: `unavailable` that names the host, or the call's
    /// stop; the look-up goes on for others then.
    async::Task<base::Result<std::vector<Address>>> resolve(async::Call& call, std::string host, std::uint16_t port);

    /// Nobody answered there: the next `resolve` asks anew.
    void forget(const std::string& host);

    static base::Result<std::vector<Address>> system_look_up(const std::string& host);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net::client
