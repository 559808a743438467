#include "transport/stdio.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/mutex.hpp"
#include "mcp/line_session.hpp"
#include "transport/line_splitter.hpp"

namespace transport {
namespace {

constexpr std::size_t read_size = 64 * 1024;

/// A pipe that `poll` calls writable takes so much without blocking.
constexpr std::size_t write_size = PIPE_BUF;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_{fd} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

}  // namespace

base::Result<StdioStreams> StdioStreams::claim() {
    const int in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in < 0 || out < 0 || null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        return base::fail(
            base::Error{base::Kind::unavailable, std::string{"stdin and stdout can't be used: "} + std::strerror(errno)}
                .at(base::Stage::config));
    }
    ::close(null);
    return StdioStreams{.in = in, .out = out};
}

struct StdioTransport::State : std::enable_shared_from_this<StdioTransport::State> {
    State(mcp::Server& serving, async::Worker& on, base::PrincipalPtr principal, StdioStreams streams, Options with,
          std::function<void()> told)
        : server{serving},
          worker{on},
          who{std::move(principal)},
          options{std::move(with)},
          ended{std::move(told)},
          in{streams.in},
          out{streams.out},
          wake_reader{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
          wake_writer{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
          grace{[this] { close(async::StopReason::client); }} {}

    // --- reader thread
    void read();
    bool may_read();
    void watch_reader_of_output();
    void hand_over(std::vector<LineSplitter::Line> lines, std::size_t bytes);

    // --- writer thread
    void write();
    bool write_all(std::string_view bytes);

    // --- worker
    void open();
    void serve(const std::vector<LineSplitter::Line>& lines);
    void input_ended();
    void end_when_idle();
    void close(async::StopReason reason);
    void send(base::Payload message);

    // --- any
    void stop_reading();
    void post(void (State::*act)()) {
        worker.post([self = shared_from_this(), act] { (self.get()->*act)(); });
    }
    void post_close(async::StopReason reason) {
        worker.post([self = shared_from_this(), reason] { self->close(reason); });
    }
    static void ring(const Descriptor& bell) {
        const std::uint64_t one = 1;
        (void)!::write(bell.get(), &one, sizeof one);
    }
    void thread_ended() {
        {
            const base::MutexLock lock{mutex};
            --threads;
        }
        changed.notify_all();
    }

    mcp::Server& server;
    async::Worker& worker;
    const base::PrincipalPtr who;
    const Options options;
    const std::function<void()> ended;
    const Descriptor in, out, wake_reader, wake_writer;

    base::Mutex mutex;
    std::condition_variable_any changed;
    std::deque<base::Payload> output BASE_GUARDED_BY(mutex);
    std::size_t output_bytes BASE_GUARDED_BY(mutex) = 0;  // queued or being written
    std::size_t unserved BASE_GUARDED_BY(mutex) = 0;
    bool reading BASE_GUARDED_BY(mutex) = true;
    bool output_done BASE_GUARDED_BY(mutex) = false;  // nothing more comes: the writer ends when all is written
    bool give_up BASE_GUARDED_BY(mutex) = false;      // the writer ends at once
    int threads BASE_GUARDED_BY(mutex) = 0;

    // The worker's only.
    std::shared_ptr<mcp::LineSession> session;
    async::DeadlineWheel::Entry grace;
    bool ending = false;
    bool closed = false;

    std::thread reader, writer;
};

// --- reader thread

/// Waits while too much is unserved or unsent. False: no more reading.
bool StdioTransport::State::may_read() {
    const base::MutexLock lock{mutex};
    while (reading && (unserved > options.read_ahead || output_bytes > options.output)) changed.wait(mutex);
    return reading;
}

void StdioTransport::State::read() {
    LineSplitter splitter{options.max_line};
    std::string bytes(read_size, '\0');
    bool at_end = false;
    while (!at_end && may_read()) {
        std::array<pollfd, 2> waits{pollfd{in.get(), POLLIN, 0}, pollfd{wake_reader.get(), POLLIN, 0}};
        if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) break;
        if (waits[0].revents == 0) continue;
        const auto got = ::read(in.get(), bytes.data(), bytes.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        std::vector<LineSplitter::Line> lines;
        at_end = got <= 0;
        if (at_end) {
            splitter.end(lines);
        } else {
            splitter.feed(std::string_view{bytes}.substr(0, static_cast<std::size_t>(got)), lines);
        }
        if (!lines.empty()) hand_over(std::move(lines), at_end ? 0 : static_cast<std::size_t>(got));
    }
    if (at_end) {
        post(&State::input_ended);
        watch_reader_of_output();
    }
    thread_ended();
}

void StdioTransport::State::hand_over(std::vector<LineSplitter::Line> lines, std::size_t bytes) {
    std::size_t size = bytes;
    for (const auto& line : lines) size = std::max(size, line.text.size());
    {
        const base::MutexLock lock{mutex};
        unserved += size;
    }
    worker.post([self = shared_from_this(), lines = std::move(lines), size] {
        self->serve(lines);
        {
            const base::MutexLock lock{self->mutex};
            self->unserved -= size;
        }
        self->changed.notify_all();
    });
}

/// The input has ended, calls may still run: for somebody who reads, not for nobody.
void StdioTransport::State::watch_reader_of_output() {
    for (;;) {
        {
            const base::MutexLock lock{mutex};
            if (!reading) return;
        }
        std::array<pollfd, 2> waits{pollfd{out.get(), 0, 0}, pollfd{wake_reader.get(), POLLIN, 0}};
        if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return;
        if ((waits[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return post_close(async::StopReason::client);
    }
}

// --- writer thread

bool StdioTransport::State::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        std::array<pollfd, 2> waits{pollfd{out.get(), POLLOUT, 0}, pollfd{wake_writer.get(), POLLIN, 0}};
        if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return false;
        if ((waits[1].revents & POLLIN) != 0) {
            const base::MutexLock lock{mutex};
            if (give_up) return false;
        }
        if (waits[0].revents == 0) continue;
        const auto sent = ::write(out.get(), bytes.data(), std::min(bytes.size(), write_size));
        if (sent < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void StdioTransport::State::write() {
    // A reader that is gone is an error of `write`, not a signal.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

    bool broken = false;
    std::string bytes;
    for (;;) {
        std::deque<base::Payload> batch;
        {
            const base::MutexLock lock{mutex};
            while (output.empty() && !output_done && !give_up) changed.wait(mutex);
            if (give_up || (output.empty() && output_done)) break;
            batch.swap(output);
        }
        bytes.clear();
        for (const auto& message : batch) {
            for (const auto& segment : message.segments()) bytes.append(segment.bytes);
            bytes.push_back('\n');
        }
        broken = broken || !write_all(bytes);
        {
            const base::MutexLock lock{mutex};
            output_bytes -= bytes.size();
        }
        changed.notify_all();
        if (broken) post_close(async::StopReason::client);
        if (bytes.capacity() > std::size_t{1} << 20) bytes = {};
    }
    if (ended) ended();
    thread_ended();
}

// --- worker

void StdioTransport::State::open() {
    if (closed) return;
    session = mcp::LineSession::make(server, {.worker = worker, .principal = who, .request_id = {}, .trace = {}},
                                     [weak = weak_from_this()](base::Payload message) {
                                         if (const auto self = weak.lock()) self->send(std::move(message));
                                     });
}

void StdioTransport::State::serve(const std::vector<LineSplitter::Line>& lines) {
    for (const auto& line : lines) {
        if (!session) return;
        if (line.oversized) {
            session->refuse_oversized(options.max_line);
            continue;
        }
        const auto admitted = options.admit ? options.admit() : base::Result<void>{};
        admitted ? session->receive(line.text) : session->receive_refused(line.text, admitted.error());
    }
}

void StdioTransport::State::send(base::Payload message) {
    {
        const base::MutexLock lock{mutex};
        output_bytes += message.size() + 1;
        output.push_back(std::move(message));
    }
    changed.notify_all();
}

void StdioTransport::State::input_ended() {
    if (closed) return;
    worker.wheel().arm(grace, worker.now() + options.end_grace);
    end_when_idle();
}

void StdioTransport::State::end_when_idle() {
    if (closed || std::exchange(ending, true)) return;
    session->on_idle([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->post_close(async::StopReason::client);
    });
}

void StdioTransport::State::close(async::StopReason reason) {
    if (std::exchange(closed, true)) return;
    grace.cancel();
    if (const auto open = std::exchange(session, nullptr)) open->close(reason);
    {
        const base::MutexLock lock{mutex};
        output_done = true;
    }
    stop_reading();
}

// --- any thread

void StdioTransport::State::stop_reading() {
    {
        const base::MutexLock lock{mutex};
        reading = false;
    }
    ring(wake_reader);
    changed.notify_all();
}

StdioTransport::StdioTransport(mcp::Server& server, async::Worker& worker, base::PrincipalPtr who, StdioStreams streams,
                               Options options, std::function<void()> ended)
    : state_{std::make_shared<State>(server, worker, std::move(who), streams, std::move(options), std::move(ended))} {}

StdioTransport::~StdioTransport() {
    end(async::StopReason::drain);
    {
        const base::MutexLock lock{state_->mutex};
        state_->give_up = true;
        state_->reading = false;
    }
    State::ring(state_->wake_writer);
    state_->stop_reading();
    if (state_->reader.joinable()) state_->reader.join();
    if (state_->writer.joinable()) state_->writer.join();
}

void StdioTransport::start() {
    state_->post(&State::open);
    const base::MutexLock lock{state_->mutex};
    state_->threads = 2;
    state_->reader = std::thread{[state = state_] { state->read(); }};
    state_->writer = std::thread{[state = state_] { state->write(); }};
}

void StdioTransport::drain() {
    state_->stop_reading();
    state_->post(&State::end_when_idle);
}

void StdioTransport::end(async::StopReason reason) { state_->post_close(reason); }

bool StdioTransport::join(std::chrono::milliseconds at_most) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    const base::MutexLock lock{state_->mutex};
    while (state_->threads > 0) {
        if (state_->changed.wait_until(state_->mutex, until) == std::cv_status::timeout) return state_->threads == 0;
    }
    return true;
}

}  // namespace transport
