/// A connected TCP or UNIX socket as a loop sees it: non-blocking calls, and waiting until they make sense.
///
/// Place: template argument of `Connection`. A TLS stream has the same functions (its `read_some` may want to write:
/// it answers `would_block` and waits for what it needs). Waits complete once, with an error when the stream was
/// closed. Threads: its worker's only.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "async/worker.hpp"

namespace net {

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
    using Protocol = boost::asio::generic::stream_protocol;
    using Socket = boost::asio::basic_stream_socket<Protocol, async::Executor>;

    /// Takes over a non-blocking socket.
    PlainStream(async::Worker& worker, int family, int fd)
        : socket_{worker.executor(), Protocol{family, 0}, fd}, fd_{fd} {
        boost::system::error_code ignored;
        socket_.non_blocking(true, ignored);
    }

    IoResult read_some(std::span<char> into) {
        const auto got = retry([&] { return ::recv(fd_, into.data(), into.size(), 0); });
        if (got == 0) return {IoResult::Status::ended, 0};
        return result(got);
    }

    IoResult write_some(std::span<iovec> from) {
        msghdr message{};
        message.msg_iov = from.data();
        message.msg_iovlen = from.size();
        return result(retry([&] { return ::sendmsg(fd_, &message, MSG_NOSIGNAL); }));
    }

    template <class Handler>
    void when_readable(Handler&& handler) {
        socket_.async_wait(Socket::wait_read, std::forward<Handler>(handler));
    }
    template <class Handler>
    void when_writable(Handler&& handler) {
        socket_.async_wait(Socket::wait_write, std::forward<Handler>(handler));
    }

    void end_sending() { ::shutdown(fd_, SHUT_WR); }
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

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

    Socket socket_;
    int fd_;
};

}  // namespace net
