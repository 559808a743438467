#include "net/redis/clients.hpp"

#include <future>
#include <thread>

namespace net::redis {
namespace {

constexpr std::chrono::milliseconds least_look{100};

}  // namespace

Clients::Clients(async::Workers& workers, Settings settings, Listeners listeners)
    : workers_{workers}, settings_{std::move(settings)}, listeners_{std::move(listeners)}, clients_(workers.size()) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        workers_[i].post([this, i] {
            if (!stopping_) on(workers_[i]);
        });
    }
}

Clients::~Clients() = default;

RedisClient& Clients::on(const async::Worker& worker) {
    auto& client = clients_[worker.index()];
    if (!client) {
        client = std::make_unique<RedisClient>(workers_[worker.index()], settings_,
                                               listeners_ ? listeners_(worker) : Line::Told{});
    }
    return *client;
}

void Clients::stop() {
    if (stopping_.exchange(true)) return;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        workers_[i].post([this, i] {
            if (clients_[i]) clients_[i]->stop();
        });
    }
}

bool Clients::join(std::chrono::milliseconds at_most) {
    const auto until = base::Clock::now() + at_most;
    bool clean = true;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        bool gone = false;
        do {
            // A worker that is stuck answers late or never: what it is given to do needs nothing of this frame.
            const auto looked = std::make_shared<std::promise<bool>>();
            auto answer = looked->get_future();
            workers_[i].post([this, i, looked] {
                const bool stopped = !clients_[i] || clients_[i]->stopped();
                if (stopped) clients_[i].reset();
                looked->set_value(stopped);
            });
            if (answer.wait_until(std::max(until, base::Clock::now() + least_look)) != std::future_status::ready) break;
            gone = answer.get();
            if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds{1});
        } while (!gone && base::Clock::now() < until);
        clean = clean && gone;
    }
    return clean;
}

}  // namespace net::redis
