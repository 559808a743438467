#include "capacity/bench/stdio_loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace capacity::bench {
namespace {

constexpr std::uint64_t input_side = std::uint64_t{1} << 32U;
constexpr std::size_t longest_line = std::size_t{1} << 30;

/// The number behind the first `"id":`, where most servers write it; 0 when there is none. A guess that `is_known`
/// then proves byte by byte.
std::uint64_t quick_id(std::string_view line) {
    constexpr std::string_view mark = "\"id\":";
    const auto at = line.find(mark);
    if (at == std::string_view::npos) return 0;
    std::string_view rest = line.substr(at + mark.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    std::uint64_t id = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), id);
    return id;
}

}  // namespace

StdioLoop::StdioLoop(const LoadPlan& plan, std::uint32_t index, std::vector<StdioServer*> servers)
    : LoadLoop{plan, index} {
    for (StdioServer* server : servers) {
        const std::size_t channel = channels_.size();
        channels_.emplace_back().server = server;
        watch(server->output(), channel, EPOLLIN, true);
        watch(server->input(), channel | input_side, 0, true);
    }
}

void StdioLoop::send(std::uint32_t index, std::uint64_t rank) {
    Channel& channel = channel_of(index);
    if (channel.ended) {
        fail(index, "the server ended", "its standard output is closed");
        return;
    }
    const Caller& owner = caller(index);
    requests().texts[owner.request].render(text_, owner.id, rank, {});
    channel.output += text_;
    flush(index % channels_.size());
}

void StdioLoop::flush(std::size_t number) {
    Channel& channel = channels_[number];
    while (channel.sent < channel.output.size()) {
        const ssize_t wrote = ::write(channel.server->input(), channel.output.data() + channel.sent,
                                      channel.output.size() - channel.sent);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) break;
        channel.sent += static_cast<std::size_t>(wrote);
    }
    const bool more = channel.sent < channel.output.size();
    if (!more) {
        channel.output.clear();
        channel.sent = 0;
    }
    const bool blocked = more && errno == EAGAIN;
    if (more && !blocked) {
        lose(number);
    } else if (blocked != channel.watched_for_write) {
        channel.watched_for_write = blocked;
        watch(channel.server->input(), number | input_side, blocked ? EPOLLOUT : 0U, false);
    }
}

void StdioLoop::lose(std::size_t number) {
    Channel& channel = channels_[number];
    if (std::exchange(channel.ended, true)) return;
    record().lost();
    ::epoll_ctl(poller(), EPOLL_CTL_DEL, channel.server->output(), nullptr);
    ::epoll_ctl(poller(), EPOLL_CTL_DEL, channel.server->input(), nullptr);
    for (std::uint32_t index = 0; index < size(); ++index) {
        if (index % channels_.size() == number) fail(index, "the server ended", "its standard output is closed");
    }
}

void StdioLoop::on_event(std::uint64_t tag, std::uint32_t events) {
    const auto number = static_cast<std::size_t>(tag & (input_side - 1));
    if (channels_[number].ended) return;
    if ((tag & input_side) == 0) {
        read(number);
    } else if ((events & EPOLLOUT) != 0) {
        flush(number);
    }
}

void StdioLoop::read(std::size_t number) {
    Channel& channel = channels_[number];
    const ssize_t got = ::read(channel.server->output(), buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || channel.input.size() > longest_line) {
        lose(number);
        return;
    }
    const TimePoint now = Clock::now();
    std::string_view bytes{buffer_.data(), static_cast<std::size_t>(got)};
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        if (channel.input.empty()) {
            take_line(bytes.substr(0, end), now);
        } else {
            channel.input += bytes.substr(0, end);
            take_line(channel.input, now);
            channel.input.clear();
        }
        bytes.remove_prefix(end + 1);
    }
    channel.input += bytes;
}

void StdioLoop::take_line(std::string_view line, TimePoint now) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    if (const auto owner = caller_of(quick_id(line))) {
        const Caller& waiting = caller(*owner);
        if (check().is_known(line, waiting.request, waiting.id)) {
            answered(*owner, now);
            return;
        }
    }
    const auto owner = caller_of(check().response_id(line));
    if (!owner) return;  // a notification, a request of the server's, or an answer that came too late
    const Caller& waiting = caller(*owner);
    answered(*owner, now, check().judge(line, waiting.request, waiting.id));
}

}  // namespace capacity::bench
