#include "net/client/resolver.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "async/wait_queue.hpp"
#include "base/mutex.hpp"

namespace net::client {
namespace {

using Answer = base::Result<std::vector<Address>>;

void set_port(Address& address, std::uint16_t port) {
    if (address.family() == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(address.socket).sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in&>(address.socket).sin_port = htons(port);
    }
}

std::optional<Address> literal(const std::string& host) {
    Address address;
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.socket);
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        address.socket.ss_family = AF_INET;
        address.size = sizeof v4;
        return address;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.socket);
    if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        address.socket.ss_family = AF_INET6;
        address.size = sizeof v6;
        return address;
    }
    return std::nullopt;
}

/// The first family's first, then turns.
std::vector<Address> interleaved(const std::vector<Address>& addresses) {
    std::vector<Address> first, other, out;
    for (const auto& address : addresses) {
        (address.family() == addresses.front().family() ? first : other).push_back(address);
    }
    for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
        if (i < first.size()) out.push_back(first[i]);
        if (i < other.size()) out.push_back(other[i]);
    }
    return out;
}

}  // namespace

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(socket);
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        return fmt::format("[{}]:{}", text.data(), ntohs(v6.sin6_port));
    }
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(socket);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(v4.sin_port));
}

struct Resolver::State {
    struct Entry {
        std::optional<Answer> answer;
        base::TimePoint until{};  // of use
        bool running = false;
        async::WaitQueue waiters;
    };

    State(LookUp given, Limits given_limits) : look_up{std::move(given)}, limits{given_limits} {}

    const LookUp look_up;
    const Limits limits;
    base::Mutex mutex;
    std::map<std::string, Entry> entries BASE_GUARDED_BY(mutex);
    std::deque<std::string> wanted BASE_GUARDED_BY(mutex);  // no thread has them yet
    std::size_t threads BASE_GUARDED_BY(mutex) = 0;

    /// What is known and still of use.
    std::optional<Answer> known(const std::string& host, base::TimePoint now) BASE_REQUIRES(mutex) {
        const auto found = entries.find(host);
        if (found == entries.end() || !found->second.answer || found->second.until <= now) return std::nullopt;
        return found->second.answer;
    }

    /// True: a thread must be started for it.
    bool want(const std::string& host) BASE_REQUIRES(mutex) {
        auto& entry = entries[host];
        if (std::exchange(entry.running, true)) return false;
        wanted.push_back(host);
        if (threads >= limits.threads) return false;
        ++threads;
        return true;
    }

    void forget_old(base::TimePoint now) BASE_REQUIRES(mutex) {
        if (entries.size() < limits.names) return;
        std::erase_if(entries, [&](const auto& entry) {
            return !entry.second.running && entry.second.waiters.empty() && entry.second.until <= now;
        });
        // All of them fresh: any that nobody waits for.
        for (auto at = entries.begin(); at != entries.end() && entries.size() >= limits.names;) {
            at = !at->second.running && at->second.waiters.empty() ? entries.erase(at) : std::next(at);
        }
    }

    /// Without a thread to be had all who wait are told so, unless others are at work.
    static void start_thread(const std::shared_ptr<State>& state) {
        try {
            std::thread{[state] { state->serve(); }}.detach();
        } catch (const std::system_error&) {
            bool others = false;
            {
                const base::MutexLock lock{state->mutex};
                others = --state->threads > 0;
            }
            while (!others) {
                const auto host = state->next(true);
                if (!host) return;
                state->settle(*host,
                              base::fail(base::Kind::unavailable, "the system gives no thread to look up " + *host));
            }
        }
    }

    std::optional<std::string> next(bool without_thread = false) {
        const base::MutexLock lock{mutex};
        if (wanted.empty()) {
            if (!without_thread) --threads;
            return std::nullopt;
        }
        auto host = std::move(wanted.front());
        wanted.pop_front();
        return host;
    }

    void serve() {
        while (const auto host = next()) settle(*host, look_up(*host));
    }

    void settle(const std::string& host, Answer answer) {
        std::vector<async::WaiterPtr> woken;
        {
            const base::MutexLock lock{mutex};
            auto& entry = entries[host];
            entry.running = false;
            entry.until = base::Clock::now() + (answer ? limits.keep : limits.keep_failure);
            entry.answer = std::move(answer);
            const auto shared = std::make_shared<Answer>(*entry.answer);  // the entry may be forgotten before they come
            while (auto waiter = entry.waiters.grant_next(shared)) woken.push_back(std::move(waiter));
        }
        for (const auto& waiter : woken) async::Waiter::wake(waiter);
    }
};

Resolver::Resolver() : Resolver{&system_look_up, Limits{}} {}
Resolver::Resolver(LookUp look_up, Limits limits) : state_{std::make_shared<State>(std::move(look_up), limits)} {}
Resolver::~Resolver() = default;

async::Task<base::Result<std::vector<Address>>> Resolver::resolve(async::Call& call, std::string host,
                                                                  std::uint16_t port) {
    const auto ready = [port](std::vector<Address> addresses) {
        for (auto& address : addresses) set_port(address, port);
        return addresses;
    };
    if (const auto address = literal(host)) co_return ready({*address});
    const auto state = state_;
    const auto waiter = std::make_shared<async::Waiter>(call.worker());
    bool start = false;
    {
        const base::MutexLock lock{state->mutex};
        if (auto answer = state->known(host, base::Clock::now())) {
            if (*answer) co_return ready(std::move(**answer));
            co_return *answer;
        }
        state->forget_old(base::Clock::now());
        start = state->want(host);
        state->entries[host].waiters.push(waiter);
    }
    if (start) State::start_thread(state);
    const auto reason = co_await waiter->wait(call);
    if (reason != async::StopReason::none) {
        const base::MutexLock lock{state->mutex};
        // Granted in the same moment: then the answer is here, and the entry may be gone.
        if (waiter->grant() == nullptr && state->entries[host].waiters.leave(*waiter)) {
            co_return base::fail(call.stopped_error(base::Stage::none));
        }
    }
    const auto answer = std::static_pointer_cast<Answer>(waiter->grant());
    if (*answer) co_return ready(**answer);
    co_return *answer;
}

void Resolver::forget(const std::string& host) {
    const base::MutexLock lock{state_->mutex};
    if (const auto found = state_->entries.find(host); found != state_->entries.end()) found->second.until = {};
}

base::Result<std::vector<Address>> Resolver::system_look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error == EAI_BADFLAGS || error == EAI_NONAME) {
        // A machine without any network has no configured family, but it still has its own name.
        hints.ai_flags = 0;
        if (found != nullptr) ::freeaddrinfo(std::exchange(found, nullptr));
        error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    }
    if (error != 0) {
        const int number = errno;
        return base::fail(base::Kind::unavailable,
                          fmt::format("the name {} is not resolved: {}", host,
                                      error == EAI_SYSTEM ? std::strerror(number) : ::gai_strerror(error)));
    }
    std::vector<Address> addresses;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
        Address address;
        std::memcpy(&address.socket, at->ai_addr, at->ai_addrlen);
        address.size = at->ai_addrlen;
        addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    if (addresses.empty()) {
        return base::fail(base::Kind::unavailable, fmt::format("the name {} has no address", host));
    }
    return interleaved(addresses);
}

}  // namespace net::client
