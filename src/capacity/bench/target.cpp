#include "capacity/bench/target.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/cgroup.hpp"
#include "capacity/bench/http_loop.hpp"
#include "capacity/bench/stdio_loop.hpp"

namespace capacity::bench {
namespace {

constexpr std::chrono::milliseconds longest_question{10'000};

bool is_loopback(const net::client::Address& address) {
    if (address.family() == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address.socket)->sin6_addr);
    }
    return (ntohl(reinterpret_cast<const sockaddr_in*>(&address.socket)->sin_addr.s_addr) >> 24U) == 127;
}

}  // namespace

base::Result<std::unique_ptr<Server>> Server::meet(const BenchOptions& options) {
    std::unique_ptr<Server> server{new Server{options}};
    auto met = options.command.empty() ? server->meet_http() : server->meet_stdio();
    if (!met) {
        return base::fail(std::move(met.error()));
    }
    return server;
}

Server::~Server() {
    // A server that does not answer any more shall not keep us for each of its sessions.
    const auto deadline = Clock::now() + std::chrono::seconds{5};
    for (const std::string& session : sessions_) {
        if (session.empty() || Clock::now() > deadline) continue;
        close_session(*conversation_, survey_.dialect, session);
    }
}

base::Result<void> Server::meet_http() {
    const auto patience = std::min(options_.timeout, longest_question);
    auto endpoint = Endpoint::find(options_.url, options_.ca_file, patience);
    if (!endpoint) {
        return base::fail(std::move(endpoint.error()));
    }
    endpoint_ = std::move(*endpoint);
    conversation_ = std::make_unique<HttpConversation>(*endpoint_, patience);
    if (options_.fixed_id) conversation_->use_id(*options_.fixed_id);
    Dialect dialect;
    dialect.target = endpoint_->url.target;
    dialect.authority = endpoint_->url.authority();
    dialect.headers = options_.headers;
    auto found = bench::survey(*conversation_, std::move(dialect), options_.revision);
    if (!found) {
        return base::fail(found.error().kind(), fmt::format("{}: {}", options_.url, found.error().message()));
    }
    survey_ = std::move(*found);
    return {};
}

base::Result<std::unique_ptr<StdioServer>> Server::start_process() const {
    auto process =
        StdioServer::start(options_.command, options_.server_log, std::min(options_.timeout, longest_question));
    if (process && options_.fixed_id) (*process)->use_id(*options_.fixed_id);
    return process;
}

void Server::keep(std::unique_ptr<StdioServer> process) {
    const base::MutexLock lock{pids_mutex_};
    pids_.push_back(process->pid());
    processes_.push_back(std::move(process));
}

std::vector<pid_t> Server::pids() {
    const base::MutexLock lock{pids_mutex_};
    return pids_;
}

base::Result<void> Server::meet_stdio() {
    auto process = start_process();
    if (!process) {
        return base::fail(std::move(process.error()));
    }
    Dialect dialect;
    dialect.http = false;
    auto found = bench::survey(**process, std::move(dialect), options_.revision);
    if (!found) {
        return base::fail(found.error().kind(),
                          fmt::format("{}: {}", options_.command.front(), found.error().message()));
    }
    survey_ = std::move(*found);
    keep(std::move(*process));
    return {};
}

Target Server::describe() const {
    Target target;
    target.transport = endpoint_ ? "http" : "stdio";
    target.address = endpoint_ ? options_.url : fmt::format("{}", fmt::join(options_.command, " "));
    target.revision = survey_.dialect.revision;
    target.sessions = survey_.sessions;
    target.server = survey_.server;
    return target;
}

base::Result<void> Server::prepare(std::uint32_t callers) {
    if (endpoint_) {
        while (survey_.sessions && sessions_.size() < callers) {
            auto session = open_session(*conversation_, survey_.dialect);
            if (!session) {
                return base::fail(session.error().kind(), fmt::format("no session for client {}: {}",
                                                                      sessions_.size() + 1, session.error().message()));
            }
            sessions_.push_back(std::move(*session));
        }
        return {};
    }
    while (options_.process_per_client && processes_.size() < callers) {
        auto process = start_process();
        if (!process) return base::fail(std::move(process.error()));
        if (!survey_.dialect.stateless) {
            auto opened = open_session(**process, survey_.dialect);
            if (!opened) return base::fail(std::move(opened.error()));
        }
        keep(std::move(*process));
    }
    return {};
}

std::uint32_t Server::loops(std::uint32_t callers) const {
    if (!endpoint_ && !options_.process_per_client) return 1;
    const int wanted =
        options_.threads > 0 ? options_.threads : std::max(1, static_cast<int>(base::cpu_limit_cores() / 2));
    return std::min(static_cast<std::uint32_t>(wanted), callers);
}

std::unique_ptr<LoadLoop> Server::make_loop(const LoadPlan& plan, std::uint32_t index) {
    if (endpoint_) {
        std::vector<std::string> mine;
        for (std::size_t i = index; i < sessions_.size() && i < plan.callers; i += plan.loops) {
            mine.push_back(sessions_[i]);
        }
        return std::make_unique<HttpLoop>(plan, index, *endpoint_, std::move(mine));
    }
    std::vector<StdioServer*> mine;
    for (std::size_t i = index; i < processes_.size() && i < plan.callers; i += plan.loops) {
        mine.push_back(processes_[i].get());
    }
    return std::make_unique<StdioLoop>(plan, index, std::move(mine));
}

Sampler::Take Server::metrics_page(std::string& remark) {
    if (!endpoint_ && options_.metrics_url.empty()) return nullptr;
    std::vector<std::string> candidates{options_.metrics_url};
    if (options_.metrics_url.empty()) {
        net::client::Url own = endpoint_->url;
        own.target = "/metrics";
        net::client::Url other = own;
        other.scheme = net::client::Scheme::http;
        other.port = 8001;
        candidates = {own.to_string(), other.to_string()};
    }
    for (const std::string& url : candidates) {
        auto endpoint = Endpoint::find(url, options_.ca_file, std::chrono::seconds{2});
        if (!endpoint) continue;
        metrics_ = std::move(*endpoint);
        const bool same_host = !endpoint_ || metrics_->url.host == endpoint_->url.host;
        auto take = Sampler::from_metrics(*metrics_, same_host ? options_.headers : decltype(options_.headers){});
        if (take()) {
            remark = fmt::format("CPU, memory, pool and queue are read from {}", url);
            return take;
        }
    }
    if (!options_.metrics_url.empty()) {
        remark = fmt::format("{} is no metrics page with CPU or memory; ", options_.metrics_url);
    }
    return nullptr;
}

Sampler::Take Server::figures(std::string& remark) {
    if (options_.metrics_url == "none" && !options_.pid) {
        remark = "the server's CPU and memory are not looked at";
        return nullptr;
    }
    if (!endpoint_ && !options_.pid && options_.metrics_url.empty()) {
        remark = "CPU and memory are those of the server's processes";
        return [this]() -> std::optional<Sample> {
            Sample sum{Clock::now()};
            sum.cpu_seconds = 0;
            sum.memory_mb = 0;
            for (const pid_t pid : pids()) {
                const Sample one = read_processes(pid, sum.at);
                *sum.cpu_seconds += one.cpu_seconds.value_or(0);
                *sum.memory_mb += one.memory_mb.value_or(0);
            }
            return sum;
        };
    }
    Sampler::Take page = options_.metrics_url == "none" ? nullptr : metrics_page(remark);
    auto pid = options_.pid;
    if (!page && !pid && endpoint_ && is_loopback(endpoint_->address)) pid = listener_of(endpoint_->url.port);
    if (!pid) {
        if (!page) remark += "the server's CPU and memory are not known: give --metrics or --pid";
        return page;
    }
    remark += fmt::format("{}CPU and memory are those of process {} and its children", page ? "; " : "", *pid);
    return [page, take = Sampler::from_process(*pid)]() -> std::optional<Sample> {
        auto own = take();
        auto told = page ? page() : std::nullopt;
        if (!told) return own;
        if (own) {
            told->cpu_seconds = own->cpu_seconds;
            told->memory_mb = own->memory_mb;
        }
        return told;
    };
}

}  // namespace capacity::bench
