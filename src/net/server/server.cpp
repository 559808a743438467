#include "net/server/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "net/server/connection.hpp"
#include "net/server/listener.hpp"

namespace net {
namespace {

using Descriptor = boost::asio::posix::basic_stream_descriptor<async::Executor>;

constexpr std::size_t turned_away_at_once = 128;  // above the limit: so many still get their 503
constexpr int accepts_a_turn = 64;
constexpr std::chrono::milliseconds exhausted_pause{100};

ConnectionShare::Limits limits_of(const Server::Options& options) {
    const auto& s = options.settings;
    ConnectionShare::Limits limits;
    limits.codec.request.head_bytes = s.max_request_head_kb * 1024;
    limits.codec.request.target_bytes = std::min(limits.codec.request.target_bytes, s.max_request_head_kb * 1024);
    limits.codec.request.body_bytes = s.max_request_body_kb * 1024;
    limits.codec.keep_alive = s.keep_alive;
    limits.codec.requests = s.max_keep_alive_requests;
    limits.output_bytes = s.output_buffer_kb * 1024;
    limits.idle = s.keep_alive_timeout;
    limits.head = s.head_timeout;
    limits.body = s.body_timeout;
    limits.send = s.send_timeout;
    limits.comment = options.event_comment;
    return limits;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
    /// One listening socket under worker 0's eyes.
    struct Door {
        Door(async::Worker& worker, Listener opened)
            : listener{std::move(opened)}, waiting{worker.executor()}, pause{[this] { again(); }} {}
        Door(const Door&) = delete;
        Door& operator=(const Door&) = delete;
        ~Door() {
            if (waiting.is_open()) waiting.release();  // the listener closes it
        }
        Listener listener;
        Descriptor waiting;
        async::DeadlineWheel::Entry pause;  // after running out of descriptors
        std::function<void()> again;
        bool open = false;
    };

    State(std::vector<async::Worker*> on, Handler answer, Options with)
        : workers{std::move(on)}, options{std::move(with)} {
        const auto limits = std::make_shared<const ConnectionShare::Limits>(limits_of(options));
        const auto handler = std::make_shared<const Handler>(std::move(answer));
        for (auto* worker : workers) {
            shares.emplace_back(new ConnectionShare{
                .worker = *worker,
                .limits = limits,
                .handler = handler,
                .budget = options.budget,
                .probe = options.probe,
                .poller = std::make_shared<async::Poller>(*worker),
                .tally = options.probe != nullptr ? options.probe->new_tally() : std::make_shared<HttpTally>()});
            shares.back()->poller->after_round([share = shares.back().get()] { share->round_over(); });
        }
    }

    std::size_t open_connections() const {
        std::size_t all = 0;
        for (const auto& share : shares) all += share->count.load(std::memory_order_relaxed);
        return all;
    }

    void wait_for_clients(Door& door);
    bool accept_some(Door& door, int at_most);
    void place(Accepted accepted);
    void close(Door& door);

    const std::vector<async::Worker*> workers;
    const Options options;
    std::vector<std::shared_ptr<ConnectionShare>> shares;
    std::vector<std::unique_ptr<Door>> doors;
    std::size_t turn = 0;
};

void Server::State::wait_for_clients(Door& door) {
    door.waiting.async_wait(Descriptor::wait_read,
                            [self = shared_from_this(), &door](const boost::system::error_code& error) {
                                if (error || !door.open) return;
                                if (self->accept_some(door, accepts_a_turn)) self->wait_for_clients(door);
                            });
}

/// False: out of descriptors, a pause is armed instead.
bool Server::State::accept_some(Door& door, int at_most) {
    for (int i = 0; i < at_most; ++i) {
        auto trouble = Listener::Trouble::none;
        auto accepted = door.listener.accept(trouble);
        if (trouble == Listener::Trouble::nobody) break;
        if (trouble == Listener::Trouble::exhausted) {
            base::log::error("{}: cannot accept connections now: out of file descriptors or memory (ulimit -n)",
                             door.listener.name());
            auto& worker = *workers.front();
            worker.wheel().arm(door.pause, worker.now() + exhausted_pause);
            return false;
        }
        place(std::move(*accepted));
    }
    return true;
}

/// Onto the worker with the fewest connections; the turn breaks ties.
void Server::State::place(Accepted accepted) {
    const auto open = open_connections();
    const auto most = static_cast<std::size_t>(options.settings.max_connections);
    const bool full = open >= most;
    if (full && options.probe != nullptr) options.probe->turned_away();
    if (open >= most + turned_away_at_once) return;

    auto best = shares[turn++ % shares.size()];
    for (const auto& share : shares) {
        if (share->count.load(std::memory_order_relaxed) < best->count.load(std::memory_order_relaxed)) best = share;
    }
    best->count.fetch_add(1, std::memory_order_relaxed);
    if (options.probe != nullptr) options.probe->opened();

    const auto begin = [best, full](Accepted&& client) {
        const auto connection = std::make_shared<Connection<async::PlainStream>>(
            best, std::move(client.peer), async::PlainStream{std::move(client.fd)});
        full ? connection->turn_away() : connection->start();
    };
    if (&best->worker == workers.front()) return begin(std::move(accepted));
    best->worker.post([begin, client = std::make_shared<Accepted>(std::move(accepted))] { begin(std::move(*client)); });
}

void Server::State::close(Door& door) {
    if (!std::exchange(door.open, false)) return;
    door.pause.cancel();
    accept_some(door, 4096);  // who waits in the kernel's queue would get a reset
    door.pause.cancel();
    door.waiting.release();  // ends the wait, too
    const Listener closed = std::move(door.listener);
}

Server::Server(std::vector<async::Worker*> workers, Handler handler, Options options)
    : state_{std::make_shared<State>(std::move(workers), std::move(handler), std::move(options))} {}

Server::~Server() {
    for (const auto& share : state_->shares) {
        const auto all = share->connections;
        for (const auto& connection : all) connection->end();
        share->poller->stop();
        share->round_over();
    }
}

base::Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
    auto opened = Listener::tcp(host, port);
    if (!opened) return base::fail(std::move(opened).error());
    const auto bound = opened->front().port();
    for (auto& listener : *opened) {
        state_->doors.push_back(std::make_unique<State::Door>(*state_->workers.front(), std::move(listener)));
    }
    return bound;
}

base::Result<void> Server::listen_unix(const std::string& path, mode_t mode) {
    auto opened = Listener::unix_socket(path, mode);
    if (!opened) return base::fail(std::move(opened).error());
    state_->doors.push_back(std::make_unique<State::Door>(*state_->workers.front(), std::move(*opened)));
    return {};
}

std::vector<std::string> Server::addresses() const {
    std::vector<std::string> names;
    for (const auto& door : state_->doors) names.push_back(door->listener.name());
    return names;
}

void Server::start() {
    rlimit files{};
    const auto needed = static_cast<rlim_t>(state_->options.settings.max_connections) + 64;
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < needed) {
        files.rlim_cur = std::min(needed, files.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &files);
        if (files.rlim_cur < needed) {
            base::log::warn("MAX_CONNECTIONS is {}, but the limit of open files (ulimit -n) is {}",
                            state_->options.settings.max_connections, files.rlim_cur);
        }
    }
    state_->workers.front()->post([state = state_] {
        for (auto& door : state->doors) {
            door->waiting.assign(door->listener.fd());
            door->open = true;
            door->again = [&state = *state, &door = *door] {
                if (state.accept_some(door, accepts_a_turn)) state.wait_for_clients(door);
            };
            state->wait_for_clients(*door);
        }
    });
}

void Server::drain() {
    state_->workers.front()->post([state = state_] {
        for (auto& door : state->doors) state->close(*door);
        for (auto& share : state->shares) {
            share->worker.post([share] {
                share->draining = true;
                const auto all = share->connections;
                for (const auto& connection : all) connection->drain();
                share->round_over();
            });
        }
    });
}

void Server::end() {
    for (auto& share : state_->shares) {
        share->worker.post([share] {
            share->draining = true;
            const auto all = share->connections;
            for (const auto& connection : all) connection->end();
            share->round_over();
        });
    }
}

bool Server::join(std::chrono::milliseconds at_most) const {
    const auto until = std::chrono::steady_clock::now() + at_most;
    while (state_->open_connections() > 0) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return true;
}

std::size_t Server::open_connections() const { return state_->open_connections(); }

}  // namespace net
