#include "async/poller.hpp"

#include <sys/epoll.h>

#include <array>
#include <stdexcept>

namespace async {

Poller::Poller(Worker& worker) : set_{worker.executor()} {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::runtime_error{"epoll_create1 failed: out of file descriptors"};
    set_.assign(fd);
}

Poller::~Poller() = default;

bool Poller::add(int fd, Source& source) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &source;
    if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
    wait();
    return true;
}

void Poller::remove(int fd) { ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, fd, nullptr); }

void Poller::wait() {
    if (waiting_) return;
    waiting_ = true;
    set_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
        self->waiting_ = false;
        if (!error) self->serve();
    });
}

void Poller::serve() {
    std::array<epoll_event, 128> events;
    const int count = ::epoll_wait(set_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const auto what = events[static_cast<std::size_t>(i)].events;
        static_cast<Source*>(events[static_cast<std::size_t>(i)].data.ptr)
            ->on_ready({.readable = (what & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0,
                        .ended = (what & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0,
                        .writable = (what & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0,
                        .broken = (what & (EPOLLERR | EPOLLHUP)) != 0});
    }
    if (after_round_) after_round_();
    wait();
}

void Poller::stop() {
    boost::system::error_code ignored;
    set_.close(ignored);
}

}  // namespace async
