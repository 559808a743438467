/// A connection of the load generator to its target: connect, TLS, and non-blocking reads and writes.
///
/// Place: under the load engine (which waits with epoll) and `Conversation` (which waits with poll). No pool, no
/// budget, no proxy: what is measured is the target. Threads: one.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "async/plain_stream.hpp"
#include "base/error.hpp"
#include "net/client/resolver.hpp"
#include "net/client/tls_context.hpp"
#include "net/client/url.hpp"

namespace capacity::bench {

/// Where connections lead. Made once; its address is the first of the name's that answered.
struct Endpoint {
    net::client::Url url;
    net::client::Address address;
    std::shared_ptr<net::client::TlsContext> tls;  ///< null: http
    /// Resolves and tries each address with a connection. Errors: `unavailable` that says what was tried.
    static base::Result<Endpoint> find(const std::string& url, const std::string& ca_file,
                                       std::chrono::milliseconds timeout);
};

class Link {
public:
    enum class State { closed, connecting, shaking_hands, ready };

    State state() const { return state_; }
    int fd() const { return fd_; }

    /// Begins to connect: `closed` (and `trouble`) when it failed at once.
    State open(const Endpoint& endpoint);
    /// After the socket became writable or readable, until it is `ready` or `closed`.
    State advance();
    void close();

    async::IoResult read(std::span<char> into) { return stream_->read_some(into); }
    async::IoResult write(std::span<const char> from);
    bool short_read_is_last() const { return stream_->short_read_is_last(); }
    std::string trouble() const;

private:
    State fail(std::string why);

    State state_ = State::closed;
    int fd_ = -1;  // the stream's
    const Endpoint* endpoint_ = nullptr;
    std::unique_ptr<net::client::Stream> stream_;
    net::client::TlsStream* tls_ = nullptr;
    std::string trouble_;
};

}  // namespace capacity::bench
