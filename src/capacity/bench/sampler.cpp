#include "capacity/bench/sampler.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "base/cgroup.hpp"

namespace capacity::bench {
namespace {

namespace fs = std::filesystem;

constexpr double mebibyte = 1024.0 * 1024.0;

/// The sum of all time series of a name.
std::optional<double> sum_of(const std::map<std::string, double, std::less<>>& sums, std::string_view name) {
    const auto at = sums.find(name);
    return at == sums.end() ? std::nullopt : std::optional{at->second};
}

std::string content_of(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

struct ProcessFacts {
    pid_t parent = 0;
    double cpu_seconds = 0;
    double memory_mb = 0;
};

/// proc(5): fields 4 (ppid), 14 (utime), 15 (stime), 24 (rss), counted behind the name, which may hold anything.
std::optional<ProcessFacts> facts_of(const fs::path& folder) {
    const std::string text = content_of(folder / "stat");
    const auto end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos) return std::nullopt;
    std::istringstream in{text.substr(end_of_name + 1)};
    std::vector<std::string> fields;
    for (std::string field; in >> field;) fields.push_back(std::move(field));
    if (fields.size() < 22) return std::nullopt;
    const auto number = [&fields](std::size_t index) { return std::strtod(fields[index].c_str(), nullptr); };
    ProcessFacts facts;
    facts.parent = static_cast<pid_t>(number(1));
    facts.cpu_seconds = (number(11) + number(12)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    facts.memory_mb = number(21) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / mebibyte;
    return facts;
}

template <class Visit>
void each_process(const std::string& root, Visit visit) {
    std::error_code failed;
    for (fs::directory_iterator at{root, failed}, end; !failed && at != end; at.increment(failed)) {
        const std::string name = at->path().filename().string();
        pid_t pid = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc{} && rest == name.data() + name.size()) visit(pid, at->path());
    }
}

}  // namespace

Sample read_metrics(std::string_view text, TimePoint at) {
    std::map<std::string, double, std::less<>> sums;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') continue;
        const auto name_end = line.find_first_of("{ ");
        if (name_end == std::string_view::npos) continue;
        const auto labels_end = line[name_end] == '{' ? line.rfind('}') : name_end;
        if (labels_end == std::string_view::npos) continue;
        std::string_view value = line.substr(labels_end + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        double number = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc{}) continue;
        sums[std::string{line.substr(0, name_end)}] += number;
    }
    const auto scaled = [&sums](std::string_view name) -> std::optional<double> {
        const auto bytes = sum_of(sums, name);
        return bytes ? std::optional{*bytes / mebibyte} : std::nullopt;
    };
    Sample sample{at};
    sample.cpu_seconds = sum_of(sums, "process_cpu_seconds_total");
    sample.cpu_cores = sum_of(sums, "process_cpu_limit_cores");
    sample.memory_mb = scaled("process_memory_bytes");
    if (!sample.memory_mb) sample.memory_mb = scaled("process_resident_memory_bytes");
    sample.memory_limit_mb = scaled("process_memory_limit_bytes");
    sample.pool_active = sum_of(sums, "pool_connections_active");
    sample.pool_max = sum_of(sums, "pool_connections_max");
    sample.queue_length = sum_of(sums, "mcp_request_queue_length");
    return sample;
}

Sample read_processes(pid_t pid, TimePoint at, const std::string& root) {
    std::map<pid_t, ProcessFacts> all;
    each_process(root, [&all](pid_t found, const fs::path& folder) {
        if (auto facts = facts_of(folder)) all.emplace(found, *facts);
    });
    Sample sample{at};
    if (!all.contains(pid)) return sample;
    std::set<pid_t> family{pid};
    for (bool grew = true; std::exchange(grew, false);) {
        for (const auto& [found, facts] : all) {
            if (family.contains(facts.parent) && family.insert(found).second) grew = true;
        }
    }
    sample.cpu_seconds = 0;
    sample.memory_mb = 0;
    for (const pid_t member : family) {
        *sample.cpu_seconds += all[member].cpu_seconds;
        *sample.memory_mb += all[member].memory_mb;
    }
    return sample;
}

std::optional<pid_t> listener_of(std::uint16_t port, const std::string& root) {
    std::set<std::string> sockets;  // "socket:[12345]"
    for (const char* table : {"net/tcp", "net/tcp6"}) {
        std::istringstream lines{content_of(fs::path{root} / "self" / table)};
        std::string line;
        std::getline(lines, line);
        while (std::getline(lines, line)) {
            std::istringstream in{line};
            std::string slot;
            std::string local;
            std::string remote;
            std::string state;
            std::string skipped;
            std::string inode;
            in >> slot >> local >> remote >> state;
            for (int i = 0; i < 5; ++i) in >> skipped;
            in >> inode;
            const auto colon = local.rfind(':');
            if (state == "0A" && colon != std::string::npos &&
                std::stoul("0x0" + local.substr(colon + 1), nullptr, 16) == port) {
                sockets.insert("socket:[" + inode + "]");
            }
        }
    }
    std::optional<pid_t> lowest;  // of several (nginx and its workers) the parent is the oldest
    each_process(root, [&](pid_t pid, const fs::path& folder) {
        std::error_code failed;
        for (fs::directory_iterator at{folder / "fd", failed}, end; !failed && at != end; at.increment(failed)) {
            std::error_code unreadable;
            if (sockets.contains(fs::read_symlink(at->path(), unreadable).string())) {
                lowest = std::min(lowest.value_or(pid), pid);
                return;
            }
        }
    });
    return lowest;
}

namespace {

/// CPU seconds used between two times, by the samples nearest to them, as percent of the cores.
std::optional<double> cpu_usage(const std::vector<Sample>& samples, TimePoint from, TimePoint to, double* seconds) {
    const Sample* first = nullptr;
    const Sample* last = nullptr;
    for (const Sample& sample : samples) {
        if (!sample.cpu_seconds) continue;
        if (first == nullptr || sample.at <= from) first = &sample;
        if (last == nullptr || last->at < to) last = &sample;
    }
    if (first == nullptr || last == nullptr || last->at <= first->at) return std::nullopt;
    const double cores = last->cpu_cores.value_or(base::cpu_limit_cores());
    const double used = *last->cpu_seconds - *first->cpu_seconds;
    if (used < 0) return std::nullopt;  // another process answers now
    if (seconds != nullptr) *seconds = used;
    return 100 * used / std::chrono::duration<double>(last->at - first->at).count() / cores;
}

struct Figures {
    std::optional<double> mean;
    std::optional<double> most;
};

Figures figures(const std::vector<Sample>& samples, const Window& window, std::optional<double> Sample::* what) {
    Figures figures;
    double sum = 0;
    int count = 0;
    for (const Sample& sample : samples) {
        if (!(sample.*what) || sample.at < window.begin || sample.at > window.end) continue;
        sum += *(sample.*what);
        ++count;
        figures.most = std::max(figures.most.value_or(*(sample.*what)), *(sample.*what));
    }
    if (count > 0) figures.mean = sum / count;
    return figures;
}

}  // namespace

void fill(Step& step, int round, const Window& window, const std::vector<Sample>& samples) {
    double seconds = 0;
    step.cpu_usage = cpu_usage(samples, window.begin, window.end, &seconds);
    if (step.cpu_usage) step.cpu_seconds = seconds;
    const Figures memory = figures(samples, window, &Sample::memory_mb);
    step.memory_mb = memory.mean;
    step.memory_max_mb = memory.most;
    if (memory.most) {
        const auto limit = figures(samples, window, &Sample::memory_limit_mb).most;
        step.memory_usage =
            100 * *memory.most / limit.value_or(static_cast<double>(base::memory_limit_bytes()) / mebibyte);
    }
    step.pool_active = figures(samples, window, &Sample::pool_active).mean;
    step.pool_max = figures(samples, window, &Sample::pool_max).most;
    const Figures queue = figures(samples, window, &Sample::queue_length);
    step.queue_length = queue.mean;
    step.queue_max = queue.most;
    for (Interval& interval : step.intervals) {
        if (interval.round != round) continue;
        const auto span = [](double value) { return std::chrono::nanoseconds{static_cast<std::int64_t>(value * 1e9)}; };
        Window part = window;
        part.begin = window.begin + span(interval.at);
        part.end = part.begin + span(interval.seconds);
        interval.cpu_usage = cpu_usage(samples, part.begin, part.end, nullptr);
        interval.memory_mb = figures(samples, part, &Sample::memory_mb).mean;
    }
}

void Sampler::start() {
    ends_ = false;
    thread_ = std::thread{[this] { run(); }};
}

void Sampler::stop() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
}

std::vector<Sample> Sampler::samples() const {
    const base::MutexLock lock{mutex_};
    return samples_;
}

void Sampler::run() {
    TimePoint next = Clock::now();
    while (!ends_.load(std::memory_order_relaxed)) {
        if (auto sample = take_()) {
            const base::MutexLock lock{mutex_};
            samples_.push_back(*sample);
        }
        next = std::max(next + every_, Clock::now());
        while (!ends_.load(std::memory_order_relaxed) && Clock::now() < next) {
            std::this_thread::sleep_for(std::min<Clock::duration>(next - Clock::now(), std::chrono::milliseconds{50}));
        }
    }
}

Sampler::Take Sampler::from_metrics(const Endpoint& endpoint,
                                    const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string bytes = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: text/plain\r\n", endpoint.url.target,
                                    endpoint.url.authority());
    for (const auto& [name, value] : headers) bytes += fmt::format("{}: {}\r\n", name, value);
    bytes += "\r\n";
    const auto conversation = std::make_shared<HttpConversation>(endpoint, std::chrono::seconds{2});
    return [conversation, bytes]() -> std::optional<Sample> {
        const auto reply = conversation->exchange(bytes);
        if (!reply || reply->status != 200) return std::nullopt;
        Sample sample = read_metrics(reply->text, Clock::now());
        if (!sample.cpu_seconds && !sample.memory_mb) return std::nullopt;
        return sample;
    };
}

Sampler::Take Sampler::from_process(pid_t pid) {
    return [pid]() -> std::optional<Sample> {
        Sample sample = read_processes(pid, Clock::now());
        if (!sample.cpu_seconds) return std::nullopt;
        return sample;
    };
}

}  // namespace capacity::bench
