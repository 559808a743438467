#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill and SIGTERM are POSIX's
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/json_writer.hpp"
#include "capacity/bench/answer_check.hpp"
#include "capacity/bench/conversation.hpp"

extern char** environ;

namespace capacity::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    base::Fd read;
    base::Fd write;
    static base::Result<Pipe> make() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            return base::fail(base::Kind::internal, fmt::format("no pipe: {}", std::strerror(errno)));
        }
        return Pipe{base::Fd{ends[0]}, base::Fd{ends[1]}};
    }
};

void set_non_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool wait_for(int fd, short events, Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waits{fd, events, 0};
    return left > 0 && ::poll(&waits, 1, static_cast<int>(left)) > 0;
}

}  // namespace

StdioServer::StdioServer(pid_t pid, base::Fd input, base::Fd output, std::chrono::milliseconds timeout)
    : pid_{pid}, input_{std::move(input)}, output_{std::move(output)}, timeout_{timeout} {
    set_non_blocking(input_.get());
    set_non_blocking(output_.get());
}

base::Result<std::unique_ptr<StdioServer>> StdioServer::start(const std::vector<std::string>& command,
                                                              const std::string& log,
                                                              std::chrono::milliseconds timeout) {
    auto in = Pipe::make();
    auto out = Pipe::make();
    if (!in || !out) return base::fail(std::move(!in ? in.error() : out.error()));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in->read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out->write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.empty() ? "/dev/null" : log.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);  // ours is ignored, which a child would inherit
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C is for us, who then end it
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, words[0], &actions, &attributes, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        return base::fail(base::Kind::bad_argument,
                          fmt::format("cannot start {}: {}", command.front(), std::strerror(error)));
    }
    return std::unique_ptr<StdioServer>{new StdioServer{pid, std::move(in->write), std::move(out->read), timeout}};
}

StdioServer::~StdioServer() {
    input_ = base::Fd{};
    const auto gone = [this](std::chrono::milliseconds patience) {
        const auto deadline = Clock::now() + patience;
        for (;;) {
            if (::waitpid(pid_, nullptr, WNOHANG) != 0) return true;
            if (Clock::now() >= deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    };
    if (gone(std::chrono::seconds{3})) return;
    ::kill(pid_, SIGTERM);
    if (gone(std::chrono::seconds{2})) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

base::Result<void> StdioServer::write_line(const std::string& line, Clock::time_point deadline) {
    std::size_t sent = 0;
    while (sent < line.size()) {
        const ssize_t wrote = ::write(input_.get(), line.data() + sent, line.size() - sent);
        if (wrote > 0) {
            sent += static_cast<std::size_t>(wrote);
        } else if (errno == EAGAIN || errno == EINTR) {
            if (!wait_for(input_.get(), POLLOUT, deadline)) {
                return base::fail(base::Kind::timeout, "the server does not read its input");
            }
        } else {
            return base::fail(base::Kind::unavailable, "the server ended, or closed its input, without an answer");
        }
    }
    return {};
}

base::Result<std::string> StdioServer::read_line(Clock::time_point deadline) {
    for (;;) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        std::array<char, 16 * 1024> bytes{};
        const ssize_t got = ::read(output_.get(), bytes.data(), bytes.size());
        if (got > 0) {
            buffer_.append(bytes.data(), static_cast<std::size_t>(got));
        } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_for(output_.get(), POLLIN, deadline)) {
                return base::fail(base::Kind::timeout, fmt::format("no answer within {} s", timeout_.count() / 1000.0));
            }
        } else {
            return base::fail(base::Kind::unavailable, "the server ended, or closed its output, without an answer");
        }
    }
}

base::Result<Reply> StdioServer::ask(const Dialect& dialect, std::string_view method, std::string_view params,
                                     std::string_view) {
    const auto deadline = Clock::now() + timeout_;
    const std::uint64_t id = next_id();
    std::string quoted;
    base::append_json_string(quoted, method);
    auto sent = write_line(fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":{},\"params\":{}}}\n", id, quoted,
                                       dialect.params_with_meta(params)),
                           deadline);
    if (!sent) return base::fail(std::move(sent.error()));
    AnswerCheck check{Workload{}};
    for (;;) {
        auto line = read_line(deadline);
        if (!line) return base::fail(std::move(line.error()));
        if (check.response_id(*line) == id) return Reply{200, std::move(*line), {}, true};
    }
}

base::Result<Reply> StdioServer::notify(const Dialect& dialect, std::string_view method, std::string_view) {
    std::string quoted;
    base::append_json_string(quoted, method);
    auto sent = write_line(
        fmt::format("{{\"jsonrpc\":\"2.0\",\"method\":{},\"params\":{}}}\n", quoted, dialect.params_with_meta("{}")),
        Clock::now() + timeout_);
    if (!sent) return base::fail(std::move(sent.error()));
    return Reply{};
}

}  // namespace capacity::bench
