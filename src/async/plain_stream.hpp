/// A connected TCP or UNIX socket as a loop sees it: non-blocking calls; the worker's `Poller` says when they make
/// sense.
///
/// Place: under the connections of net/server and net/client. A TLS stream has the same functions: its `read_some` may
/// want to write, and answers `would_block` until the poller tells of any edge. Threads: its worker's only.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "base/fd.hpp"

namespace async {

struct IoResult {
    enum class Status {
        done,
        would_block,
        ended,   // the peer will send no more
        failed,  // reset, or worse: the connection is of no use
    };
    Status status = Status::done;
    std::size_t bytes = 0;
};

class PlainStream {
public:
    /// Takes over a non-blocking socket.
    explicit PlainStream(base::Fd socket) : socket_{std::move(socket)} {}

    int fd() const { return socket_.get(); }

    IoResult read_some(std::span<char> into) {
        const auto got = retry([&] { return ::recv(fd(), into.data(), into.size(), 0); });
        if (got == 0) return {IoResult::Status::ended, 0};
        return result(got);
    }

    IoResult write_some(std::span<iovec> from) {
        if (from.size() == 1) {
            return result(retry([&] { return ::send(fd(), from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL); }));
        }
        msghdr message{};
        message.msg_iov = from.data();
        message.msg_iovlen = from.size();
        return result(retry([&] { return ::sendmsg(fd(), &message, MSG_NOSIGNAL); }));
    }

    void end_sending() { ::shutdown(fd(), SHUT_WR); }
    void close() { const base::Fd closed = std::move(socket_); }

private:
    template <class Call>
    static ssize_t retry(Call call) {
        ssize_t got = call();
        while (got < 0 && errno == EINTR) got = call();
        return got;
    }
    static IoResult result(ssize_t got) {
        if (got >= 0) return {IoResult::Status::done, static_cast<std::size_t>(got)};
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoResult::Status::would_block, 0};
        return {IoResult::Status::failed, 0};
    }

    base::Fd socket_;
};

}  // namespace async
