/// A two-way flow of bytes that never blocks: a socket, or TLS on another stream.
///
/// Place: under `Connection`. `would_block` means: any edge of the socket may change that. Threads: its worker's only.
#pragma once

#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "async/plain_stream.hpp"

namespace net::client {

class Stream {
public:
    virtual ~Stream() = default;
    virtual async::IoResult read_some(std::span<char> into) = 0;
    /// May write a part of it.
    virtual async::IoResult write_some(std::span<iovec> from) = 0;
    /// Does a read that filled less than its room mean that there is no more for now?
    virtual bool short_read_is_last() const = 0;
    /// What broke, for a message.
    virtual std::string trouble() const = 0;
};

class SocketStream final : public Stream {
public:
    explicit SocketStream(base::Fd socket) : socket_{std::move(socket)} {}
    int fd() const { return socket_.fd(); }

    async::IoResult read_some(std::span<char> into) override { return noted(socket_.read_some(into)); }
    async::IoResult write_some(std::span<iovec> from) override { return noted(socket_.write_some(from)); }
    bool short_read_is_last() const override { return true; }
    std::string trouble() const override {
        if (error_ == 0) return "the connection was closed";
        return error_ == ECONNRESET || error_ == EPIPE ? "the connection was reset" : std::strerror(error_);
    }

private:
    async::IoResult noted(async::IoResult result) {
        if (result.status == async::IoResult::Status::failed) error_ = errno;
        return result;
    }

    async::PlainStream socket_;
    int error_ = 0;
};

}  // namespace net::client
