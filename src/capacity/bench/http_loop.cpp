#include "capacity/bench/http_loop.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace capacity::bench {
namespace {

using Status = async::IoResult::Status;
using ReadStep = AnswerReader::Step;

constexpr auto patience_with_open_streams = std::chrono::seconds{1};

std::string cut(std::string_view text) {
    std::string shown = base::escape_untrusted(text.substr(0, 300));
    std::ranges::replace_if(shown, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return shown;
}

}  // namespace

HttpLoop::HttpLoop(const LoadPlan& plan, std::uint32_t index, const Endpoint& endpoint,
                   std::vector<std::string> sessions)
    : LoadLoop{plan, index}, endpoint_{endpoint}, sessions_{std::move(sessions)}, clients_(size()) {
    sessions_.resize(size());
}

void HttpLoop::watch_for(std::uint32_t index, bool write, bool first) {
    Client& client = clients_[index];
    if (!first && client.watched_for_write == write) return;
    client.watched_for_write = write;
    watch(client.link.fd(), index, EPOLLIN | (write ? EPOLLOUT : 0U), first);
}

void HttpLoop::send(std::uint32_t index, std::uint64_t rank) {
    Client& client = clients_[index];
    const Caller& owner = caller(index);
    requests().texts[owner.request].render(client.output, owner.id, rank, sessions_[index]);
    client.sent = 0;
    client.has_verdict = false;
    client.reader.start();
    if (client.link.state() == Link::State::ready) {
        flush(index);
    } else if (client.link.state() == Link::State::closed) {
        connect(index);
    }
}

void HttpLoop::connect(std::uint32_t index) {
    Client& client = clients_[index];
    client.was_used = false;
    client.link.open(endpoint_);
    if (client.link.state() == Link::State::closed) {
        lose(index, "no connection", client.link.trouble());
        return;
    }
    record().opened();
    watch_for(index, true, true);
    if (client.link.state() == Link::State::ready) flush(index);
}

void HttpLoop::flush(std::uint32_t index) {
    Client& client = clients_[index];
    while (client.sent < client.output.size()) {
        const auto result = client.link.write(std::span{client.output}.subspan(client.sent));
        if (result.status == Status::would_block) {
            watch_for(index, true, false);
            return;
        }
        if (result.status != Status::done) {
            lose(index, "connection lost", client.link.trouble());
            return;
        }
        client.sent += result.bytes;
    }
    watch_for(index, false, false);
}

void HttpLoop::abandon(std::uint32_t index) {
    clients_[index].link.close();
    record().lost();
}

void HttpLoop::lose(std::uint32_t index, std::string kind, std::string why) {
    clients_[index].link.close();
    if (!caller(index).busy) return;  // an idle connection that the server closed
    record().lost();
    fail(index, std::move(kind), std::move(why));
}

void HttpLoop::on_event(std::uint64_t tag, std::uint32_t events) {
    const auto index = static_cast<std::uint32_t>(tag);
    Client& client = clients_[index];
    if (client.link.state() == Link::State::closed) return;
    if (client.link.state() != Link::State::ready) {
        if (client.link.advance() == Link::State::closed) {
            lose(index, "no connection", client.link.trouble());
            return;
        }
        if (client.link.state() != Link::State::ready) return;
        if (caller(index).busy) {
            flush(index);
        } else {
            watch_for(index, false, false);
        }
        return;
    }
    if ((events & EPOLLOUT) != 0 && client.watched_for_write) {
        flush(index);
        if (client.link.state() != Link::State::ready) return;
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(index);
}

void HttpLoop::read(std::uint32_t index) {
    Client& client = clients_[index];
    for (;;) {
        const auto got = client.link.read(buffer_);
        if (got.status == Status::would_block) return;
        if (!caller(index).busy) {  // closed while idle, or bytes that nobody asked for
            client.link.close();
            return;
        }
        const bool ended = got.status != Status::done;
        const ReadStep step = ended ? client.reader.ended() : client.reader.feed({buffer_.data(), got.bytes});
        if (!take(index, step) || ended) return;
        if (client.link.short_read_is_last() && got.bytes < buffer_.size()) return;
    }
}

/// False when the answer is over, or the connection.
bool HttpLoop::take(std::uint32_t index, ReadStep step) {
    Client& client = clients_[index];
    for (;; step = client.reader.more()) {
        if (step == ReadStep::need_more) return true;
        if (step == ReadStep::text) {
            if (!client.has_verdict && take_text(index)) {
                client.has_verdict = true;
                client.answered_at = Clock::now();
            }
            continue;
        }
        if (step == ReadStep::broken && !client.has_verdict) {
            const bool other = client.reader.why().starts_with("what answers");
            lose(index, other ? "not HTTP" : "connection lost", client.reader.why());
            return false;
        }
        if (!client.has_verdict) {
            const int status = client.reader.head().status;
            client.answered_at = Clock::now();
            client.verdict = status == 200
                                 ? Verdict{Outcome::failed, "no answer", "the answer holds no response"}
                                 : Verdict{status == 429 || status == 503 ? Outcome::refused : Outcome::failed,
                                           fmt::format("HTTP {}", status), ""};
        }
        if (step == ReadStep::broken || !client.reader.reusable()) client.link.close();
        finish(index);
        return false;
    }
}

/// Whether the text decides: of a stream only the response does.
bool HttpLoop::take_text(std::uint32_t index) {
    Client& client = clients_[index];
    const Caller& owner = caller(index);
    const HeadFacts& head = client.reader.head();
    const std::string_view text = client.reader.text();
    client.verdict.outcome = Outcome::ok;
    if (head.status == 200 && (head.is_json || head.is_stream)) {
        if (check().is_known(text, owner.request, owner.id)) return true;
        if (head.is_stream && check().response_id(text) == 0) return false;
        client.verdict = check().judge(text, owner.request, owner.id);
        return true;
    }
    if (head.status == 200) {
        client.verdict = {Outcome::failed, "not MCP", "an answer of type \"" + cut(head.content_type) + "\""};
        return true;
    }
    const bool refused = head.status == 429 || head.status == 503;
    client.verdict = {refused ? Outcome::refused : Outcome::failed, fmt::format("HTTP {}", head.status), cut(text)};
    return true;
}

void HttpLoop::finish(std::uint32_t index) {
    Client& client = clients_[index];
    client.was_used = true;
    if (client.verdict.outcome == Outcome::ok) {
        answered(index, client.answered_at);
    } else {
        answered(index, client.answered_at, client.verdict);
    }
}

/// A stream that stays open after its response is closed from here.
void HttpLoop::look_after(TimePoint now) {
    for (std::uint32_t index = 0; index < size(); ++index) {
        Client& client = clients_[index];
        if (caller(index).busy && client.has_verdict && now - client.answered_at > patience_with_open_streams) {
            client.link.close();
            finish(index);
        }
    }
}

}  // namespace capacity::bench
