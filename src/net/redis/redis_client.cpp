#include "net/redis/redis_client.hpp"

#include <algorithm>
#include <charconv>

#include "async/signal.hpp"

namespace net::redis {
namespace {

constexpr int most_redirects = 3;
constexpr int failures_to_open = 3;  // in a row
constexpr std::chrono::seconds cool_down{2};
constexpr std::size_t most_nodes = 256;
constexpr std::chrono::seconds connect_patience{2};
constexpr std::chrono::milliseconds look_every{20};

/// Errors of a server that cannot answer now, whatever it is asked.
bool is_passing(std::string_view error) {
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"CLUSTERDOWN", "LOADING", "TRYAGAIN", "MASTERDOWN", "OOM"},
        [&](std::string_view word) { return error.starts_with(word); });
}

}  // namespace

RedisClient::RedisClient(async::Worker& worker, Settings settings, Line::Told told)
    : worker_{worker}, settings_{std::move(settings)}, told_{std::move(told)}, seed_{settings_.host, settings_.port} {
    line_to(seed_);
}

RedisClient::~RedisClient() = default;

Line& RedisClient::line_to(const Node& node) {
    const auto known = std::ranges::find_if(lines_, [&](const Line& line) { return line.node() == node; });
    if (known != lines_.end()) return *known;
    if (lines_.size() >= most_nodes) return lines_.front();
    return lines_.emplace_back(worker_, settings_, node, told_);
}

Line& RedisClient::line_for(int slot) {
    const auto* node = is_cluster_ ? slots_.node_of(slot) : nullptr;
    if (node != nullptr) return line_to(*node);
    // Whoever stands will say where it is.
    const auto up = std::ranges::find_if(lines_, [](const Line& line) { return line.is_up(); });
    return up == lines_.end() ? lines_.front() : *up;
}

bool RedisClient::may_try(base::TimePoint now) {
    if (failures_in_a_row_ < failures_to_open) return true;
    if (now < closed_until_) return false;
    closed_until_ = now + cool_down;  // one probe
    return true;
}

void RedisClient::note(bool good, base::TimePoint now) {
    if (good) {
        failures_in_a_row_ = 0;
        return;
    }
    ++figures_.failures;
    if (++failures_in_a_row_ >= failures_to_open) closed_until_ = now + cool_down;
}

/// Which node has which slots: [[first, last, [host, port, …], …], …]
async::Task<void> RedisClient::learn(async::Call& call, Line& line) {
    auto told = co_await line.run(call, {{"CLUSTER", "SLOTS"}});
    if (!told || told->empty()) co_return;
    const auto number = [](const Element& element) {
        int value = -1;
        std::from_chars(element.text.data(), element.text.data() + element.text.size(), value);
        return value;
    };
    const auto& reply = told->front();
    for (std::size_t i = 0; i + 4 < reply.size(); ++i) {
        // A range: an array at depth 1, its first and last slot, then the master.
        if (reply[i].depth != 1 || reply[i].type != Element::Type::array || reply[i].size < 3) continue;
        if (reply[i + 3].type != Element::Type::array || reply[i + 3].depth != 2) continue;
        const auto port = i + 5 < reply.size() ? number(reply[i + 5]) : -1;
        if (port <= 0 || port > 65'535) continue;
        const auto& host = reply[i + 4].text;
        slots_.put(number(reply[i + 1]), number(reply[i + 2]), {host.empty() ? line.node().host : host, port});
    }
}

async::Task<base::Result<Reply>> RedisClient::run(async::Call& call, std::string key, Line::Command command) {
    if (!may_try(worker_.now())) {
        ++figures_.refused;
        co_return base::fail(
            base::Error{base::Kind::unavailable, "Redis did not answer of late"}.at(base::Stage::cache));
    }
    ++figures_.commands;
    const int slot = slot_of(key);
    Line* line = &line_for(slot);
    std::vector<Line::Command> commands{std::move(command)};
    for (int hop = 0;; ++hop) {
        auto got = co_await line->run(call, commands);
        if (!got) {
            if (got.error().kind() != base::Kind::cancelled && !call.stopped()) {
                note(false, worker_.now());
                if (is_cluster_) slots_.forget(line->node());
            }
            co_return base::fail(std::move(got.error()));
        }
        if (got->empty()) {
            note(false, worker_.now());
            co_return base::fail(base::Error{base::Kind::unavailable, "Redis said nothing"}.at(base::Stage::cache));
        }
        auto& reply = got->back();
        if (!reply.empty() && reply.front().type == Element::Type::error && is_passing(reply.front().text)) {
            note(false, worker_.now());
            co_return base::fail(
                base::Error{base::Kind::unavailable, "Redis: " + reply.front().text}.at(base::Stage::cache));
        }
        note(true, worker_.now());
        const auto redirect = !reply.empty() && reply.front().type == Element::Type::error
                                  ? parse_redirect(reply.front().text, line->node())
                                  : std::nullopt;
        if (!redirect || hop == most_redirects) co_return std::move(reply);
        is_cluster_ = true;
        if (commands.size() > 1) commands.erase(commands.begin());  // ASKING was for that node only
        Line& next = line_to(redirect->node);
        if (redirect->ask) {
            commands.insert(commands.begin(), Line::Command{"ASKING"});
        } else if (slots_.empty()) {
            co_await learn(call, *line);
            slots_.put(redirect->slot, redirect->slot, redirect->node);
        } else {
            slots_.put(redirect->slot, redirect->slot, redirect->node);
        }
        line = &next;
    }
}

namespace {

/// A line that was just made takes a moment to stand.
async::Task<bool> stands(async::Call& call, Line& line) {
    const auto until = call.worker().now() + connect_patience;
    while (!line.is_up() && !call.stopped() && call.worker().now() < until) {
        async::Call nap{call, call.worker().now() + look_every};
        async::Signal never;
        co_await never.wait(nap);
    }
    co_return line.is_up();
}

}  // namespace

async::Task<bool> RedisClient::run_everywhere(async::Call& call,
                                              std::function<async::Task<bool>(async::Call&, Line&)> task) {
    // Who was never asked for a key knows no cluster yet.
    co_await learn(call, line_for(0));
    std::vector<Line*> all;
    if (slots_.empty()) {
        all.push_back(&lines_.front());
    } else {
        is_cluster_ = true;
        for (int slot = 0; slot < slot_count; ++slot) {
            const auto* node = slots_.node_of(slot);
            if (node == nullptr) continue;
            auto* line = &line_to(*node);
            if (std::ranges::find(all, line) == all.end()) all.push_back(line);
        }
    }
    bool whole = true;
    for (auto* line : all) {
        const bool done = co_await stands(call, *line) && co_await task(call, *line);
        whole = whole && done;
    }
    co_return whole;
}

void RedisClient::send_everywhere(const Line::Command& command) {
    for (auto& line : lines_) line.send(command);
}

RedisClient::Figures RedisClient::figures() const {
    auto figures = figures_;
    figures.nodes = lines_.size();
    figures.up = std::ranges::any_of(lines_, [](const Line& line) { return line.is_up(); });
    return figures;
}

void RedisClient::stop() {
    for (auto& line : lines_) line.stop();
}

bool RedisClient::stopped() const {
    return std::ranges::all_of(lines_, [](const Line& line) { return line.stopped(); });
}

}  // namespace net::redis
