#include "app/signals.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/clock.hpp"

namespace app {
namespace {

const sigset_t& awaited() {
    static const sigset_t set = [] {
        sigset_t all;
        sigemptyset(&all);
        sigaddset(&all, SIGTERM);
        sigaddset(&all, SIGINT);
        return all;
    }();
    return set;
}

}  // namespace

Signals::Signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow (ulimit -f) is an error of who writes it
    pthread_sigmask(SIG_BLOCK, &awaited(), nullptr);
}

int Signals::wait() {
    int number = 0;
    while (sigwait(&awaited(), &number) != 0) {
    }
    return number;
}

std::optional<int> Signals::wait_for(std::chrono::milliseconds at_most) {
    const auto until = base::Clock::now() + at_most;
    for (;;) {
        const auto left = std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds{until - base::Clock::now()});
        const timespec timeout{.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
                               .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
        const int number = sigtimedwait(&awaited(), nullptr, &timeout);
        if (number > 0) {
            return number;
        }
        if (errno != EINTR) {
            return std::nullopt;
        }
    }
}

void Signals::raise() { kill(getpid(), SIGTERM); }

}  // namespace app
