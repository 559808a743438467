/// A listening socket: TCP addresses and UNIX paths. Opening says at once what is wrong.
///
/// Place: under `Server`. No SO_REUSEPORT: a second program on the same port is an error, not a silent share. Threads:
/// opened by any, accepted from by worker 0. Lifetime: closing a UNIX listener removes its file.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "net/server/exchange.hpp"

namespace net {

struct Accepted {
    base::Fd fd;  ///< non-blocking, close-on-exec, without Nagle's delay
    std::shared_ptr<const Peer> peer;
};

class Listener {
public:
    /// `host`: an address or a name; "localhost" may be two addresses, so may be several listeners. `port` 0: the
    /// kernel chooses (the same for all). Errors: `bad_argument` that names host and port: in use, not ours, unknown.
    static base::Result<std::vector<Listener>> tcp(const std::string& host, std::uint16_t port);
    /// A stale file is removed; one that answers is an error. `mode`: permissions of the file.
    static base::Result<Listener> unix_socket(const std::string& path, mode_t mode);

    Listener(Listener&&) noexcept = default;
    Listener& operator=(Listener&&) noexcept = default;
    ~Listener();

    int fd() const { return fd_.get(); }
    std::uint16_t port() const { return port_; }
    const std::string& name() const { return name_; }  ///< "127.0.0.1:8000", "[::1]:8000", "/run/admin.sock"

    enum class Trouble {
        none,
        nobody,     // nobody waits
        exhausted,  // no descriptors or memory: try again later
    };
    /// The next connection, without waiting.
    std::optional<Accepted> accept(Trouble& trouble) const;

private:
    Listener(base::Fd fd, std::string name, std::uint16_t port)
        : fd_{std::move(fd)}, name_{std::move(name)}, port_{port} {}

    base::Fd fd_;
    std::string name_;
    std::uint16_t port_ = 0;
    std::string path_;  // of a UNIX socket, to be removed
};

}  // namespace net
