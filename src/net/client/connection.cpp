#include "net/client/connection.hpp"

#include <array>

namespace net::client {

SocketLoop::SocketLoop(async::Worker& worker) : worker_{worker}, poller_{std::make_shared<async::Poller>(worker)} {
    poller_->after_round([this] { ended_.clear(); });
}

SocketLoop::~SocketLoop() {
    poller_->after_round({});
    poller_->stop();
}

std::unique_ptr<SocketLoop::Place> SocketLoop::add(int fd, Place::Owner& owner) {
    auto place = std::make_unique<Place>(owner);
    if (!poller_->add(fd, *place)) return nullptr;
    return place;
}

void SocketLoop::remove(int fd, std::unique_ptr<Place> place) {
    place->owner_ = nullptr;
    poller_->remove(fd);
    ended_.push_back(std::move(place));
}

Connection::Connection(RoutePtr route, ConnectionBudget::Permit permit, base::Fd socket)
    : route_{std::move(route)},
      permit_{std::move(permit)},
      fd_{socket.get()},
      stream_{std::make_unique<SocketStream>(std::move(socket))},
      silence_{[this] {
          was_silent_ = true;
          signal_.set();
      }} {}

Connection::~Connection() {
    detach();
    stream_.reset();
}

bool Connection::attach(SocketLoopPtr loop) {
    place_ = loop->add(fd_, *this);
    loop_ = std::move(loop);
    return place_ != nullptr;
}

void Connection::detach() {
    if (place_) loop_->remove(fd_, std::move(place_));
    loop_.reset();
}

void Connection::on_edge(async::Readiness what) {
    readable_ |= what.readable;
    writable_ |= what.writable;
    at_end_ |= what.ended;
    signal_.set();
    if (keeper_ != nullptr && what.readable) keeper_->on_idle_edge(*this);  // may destroy this
}

async::IoResult Connection::read(std::span<char> into) {
    if (!readable_) return {async::IoResult::Status::would_block, 0};
    const auto result = stream_->read_some(into);
    if (result.status == async::IoResult::Status::would_block) {
        readable_ = false;
    } else if (result.status == async::IoResult::Status::done && stream_->short_read_is_last()) {
        // Later bytes are a new edge; an end that was told is still to be read.
        readable_ = at_end_ || result.bytes == into.size();
    }
    return result;
}

async::IoResult Connection::write(std::span<iovec> from) {
    const auto result = stream_->write_some(from);
    if (result.status == async::IoResult::Status::would_block) writable_ = false;
    return result;
}

bool Connection::is_quiet() {
    std::array<char, 1> byte;
    const bool nothing = stream_->read_some(byte).status == async::IoResult::Status::would_block;
    if (nothing) readable_ = false;
    return nothing && input_.empty();
}

async::Task<Connection::Woken> Connection::wait(async::Call& call, std::chrono::milliseconds silence) {
    signal_.reset();
    was_silent_ = false;
    if (silence.count() > 0) call.worker().wheel().arm(silence_, call.worker().now() + silence);
    const auto reason = co_await signal_.wait(call);
    silence_.cancel();
    if (reason != async::StopReason::none) co_return Woken::stopped;
    co_return was_silent_ ? Woken::silent : Woken::edge;
}

ResponseHeadParser& Connection::head_parser(std::size_t head_bytes) {
    if (!parser_ || parser_bytes_ != head_bytes) {
        parser_ = std::make_unique<ResponseHeadParser>(head_bytes);
        parser_bytes_ = head_bytes;
    }
    return *parser_;
}

}  // namespace net::client
