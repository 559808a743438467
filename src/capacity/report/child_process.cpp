#include "capacity/report/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

extern char** environ;

namespace capacity::report {
namespace {

struct Pipe {
    base::Fd read;
    base::Fd write;
};

base::Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return base::fail(base::Kind::unavailable, fmt::format("no pipe: {}", std::strerror(errno)));
    }
    return Pipe{.read = base::Fd{ends[0]}, .write = base::Fd{ends[1]}};
}

/// Null device as input, the pipes as output, signals as a program expects them, a group of its own.
int spawn(pid_t& child, const std::string& path, const std::vector<std::string>& arguments, const Pipe& out,
          const Pipe& err) {
    std::vector<char*> argv{const_cast<char*>(path.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
    sigset_t none;
    sigset_t pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawn(&child, path.c_str(), &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// Appends what is there; closes the pipe at its end.
void drain(base::Fd& from, std::string& into, std::size_t most) {
    std::array<char, 16384> buffer;
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got > 0) {
        into.append(buffer.data(), std::min(static_cast<std::size_t>(got), most + 1 - std::min(into.size(), most + 1)));
    } else if (got == 0 || errno != EINTR) {
        from = base::Fd{};
    }
}

enum class Ended { by_itself, out_of_time, too_long };

Ended collect(Pipe& out, Pipe& err, std::string& text, std::string& said, base::TimePoint deadline, std::size_t most) {
    while (out.read.get() >= 0 || err.read.get() >= 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::Clock::now()).count();
        if (left <= 0) return Ended::out_of_time;
        std::array<pollfd, 2> watched{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0}};
        if (::poll(watched.data(), watched.size(), static_cast<int>(left)) < 0 && errno != EINTR) break;
        if (watched[0].revents != 0) drain(out.read, text, most);
        if (watched[1].revents != 0) drain(err.read, said, 64 * 1024);
        if (text.size() > most) return Ended::too_long;
    }
    return Ended::by_itself;
}

/// The child's status. It is killed when it has not ended by the deadline.
int reap(pid_t child, base::TimePoint deadline, bool& killed) {
    int status = 0;
    for (;;) {
        const pid_t got = ::waitpid(child, &status, WNOHANG);
        if (got == child) return status;
        if (got < 0 && errno != EINTR) return -1;
        if (base::Clock::now() >= deadline && !killed) {
            ::kill(-child, SIGKILL);
            killed = true;
        }
        ::poll(nullptr, 0, 5);
    }
}

std::string last_line(std::string_view text) {
    text = base::trim(text);
    const auto line = text.rfind('\n');
    if (line != std::string_view::npos) text.remove_prefix(line + 1);
    return base::ellipsize(base::escape_untrusted(text), 300);
}

}  // namespace

std::string find_program(std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        const std::string path{name};
        return ::access(path.c_str(), X_OK) == 0 ? path : std::string{};
    }
    const char* folders = std::getenv("PATH");
    std::string_view left = folders != nullptr ? folders : "";
    while (!left.empty()) {
        const std::size_t end = std::min(left.find(':'), left.size());
        const std::string path = fmt::format("{}/{}", end == 0 ? "." : left.substr(0, end), name);
        if (::access(path.c_str(), X_OK) == 0) return path;
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return {};
}

base::Result<std::string> run_program(const std::string& path, const std::vector<std::string>& arguments,
                                      std::chrono::milliseconds patience, std::size_t most_bytes) {
    auto out = make_pipe();
    if (!out) return base::fail(std::move(out.error()));
    auto err = make_pipe();
    if (!err) return base::fail(std::move(err.error()));
    pid_t child = 0;
    if (const int error = spawn(child, path, arguments, *out, *err); error != 0) {
        return base::fail(base::Kind::unavailable, fmt::format("cannot start {}: {}", path, std::strerror(error)));
    }
    out->write = base::Fd{};
    err->write = base::Fd{};
    std::string text;
    std::string said;
    const base::TimePoint deadline = base::Clock::now() + patience;
    const Ended ended = collect(*out, *err, text, said, deadline, most_bytes);
    bool killed = ended != Ended::by_itself;
    if (killed) ::kill(-child, SIGKILL);
    const int status = reap(child, deadline, killed);
    if (ended == Ended::too_long) {
        return base::fail(base::Kind::overloaded, fmt::format("it printed more than {} MB", most_bytes >> 20));
    }
    if (killed) {
        return base::fail(base::Kind::timeout,
                          fmt::format("it did not end within {:g} s", std::chrono::duration<double>(patience).count()));
    }
    if (status != 0) {
        const std::string words = last_line(said);
        return base::fail(
            base::Kind::unavailable,
            words.empty() ? fmt::format("it ended with {}", WIFEXITED(status) ? WEXITSTATUS(status) : -1) : words);
    }
    return text;
}

}  // namespace capacity::report
