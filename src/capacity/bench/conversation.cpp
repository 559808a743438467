#include "capacity/bench/conversation.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>

#include "base/json_writer.hpp"

namespace capacity::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Status = async::IoResult::Status;

std::string request_body(const Dialect& dialect, std::uint64_t id, std::string_view method, std::string_view params) {
    std::string quoted;
    base::append_json_string(quoted, method);
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":{},"params":{}}})", id, quoted,
                       dialect.params_with_meta(params));
}

std::string notification_body(const Dialect& dialect, std::string_view method) {
    std::string quoted;
    base::append_json_string(quoted, method);
    return fmt::format(R"({{"jsonrpc":"2.0","method":{},"params":{}}})", quoted, dialect.params_with_meta("{}"));
}

std::string post(const Dialect& dialect, std::string_view method, std::string_view session, std::string_view body) {
    std::string bytes = dialect.post_head(method, "");
    if (!session.empty()) bytes += fmt::format("Mcp-Session-Id: {}\r\n", session);
    return bytes + fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
}

std::unexpected<base::Error> late(std::chrono::milliseconds timeout) {
    return base::fail(base::Kind::timeout, fmt::format("no answer within {} s", timeout.count() / 1000.0));
}

}  // namespace

base::Result<Reply> HttpConversation::ask(const Dialect& dialect, std::string_view method, std::string_view params,
                                          std::string_view session) {
    return exchange(post(dialect, method, session, request_body(dialect, next_id(), method, params)));
}

base::Result<Reply> HttpConversation::notify(const Dialect& dialect, std::string_view method,
                                             std::string_view session) {
    return exchange(post(dialect, method, session, notification_body(dialect, method)));
}

base::Result<Reply> HttpConversation::exchange(const std::string& bytes) {
    const bool kept = link_.state() == Link::State::ready;
    bool nothing_came = false;
    auto reply = exchange_once(bytes, nothing_came);
    if (!reply && kept && nothing_came) reply = exchange_once(bytes, nothing_came);
    if (!reply || !reader_.reusable()) link_.close();
    return reply;
}

bool HttpConversation::wait(short events, Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waits{link_.fd(), events, 0};
    return left > 0 && ::poll(&waits, 1, static_cast<int>(left)) > 0;
}

base::Result<void> HttpConversation::send(const std::string& bytes, Clock::time_point deadline) {
    if (link_.state() == Link::State::closed) link_.open(endpoint_);
    while (link_.state() != Link::State::ready) {
        if (link_.state() == Link::State::closed) {
            return base::fail(base::Kind::unavailable,
                              fmt::format("no connection to {}: {}", endpoint_.url.host_and_port(), link_.trouble()));
        }
        if (!wait(link_.state() == Link::State::connecting ? POLLOUT : POLLIN, deadline)) return late(timeout_);
        link_.advance();
    }
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto result = link_.write(std::span{bytes}.subspan(sent));
        if (result.status == Status::done) {
            sent += result.bytes;
        } else if (result.status != Status::would_block) {
            return base::fail(base::Kind::unavailable, link_.trouble());
        } else if (!wait(POLLOUT, deadline)) {
            return late(timeout_);
        }
    }
    return {};
}

base::Result<Reply> HttpConversation::exchange_once(const std::string& bytes, bool& nothing_came) {
    const auto deadline = Clock::now() + timeout_;
    if (auto sent = send(bytes, deadline); !sent) {
        nothing_came = sent.error().kind() == base::Kind::unavailable;
        link_.close();
        return base::fail(std::move(sent.error()));
    }
    reader_.start();
    std::array<char, 16 * 1024> buffer{};
    std::string text;
    for (;;) {
        const auto got = link_.read(buffer);
        if (got.status == Status::would_block) {
            if (!wait(POLLIN, deadline)) return late(timeout_);
            continue;
        }
        auto step = got.status == Status::done ? reader_.feed({buffer.data(), got.bytes}) : reader_.ended();
        for (; step == AnswerReader::Step::text; step = reader_.more()) {
            // Of a stream the last text counts: notifications come before the response.
            text = std::string{reader_.text()};
        }
        if (step == AnswerReader::Step::broken) {
            nothing_came = !reader_.has_begun();
            const std::string why = reader_.why();
            link_.close();
            return base::fail(base::Kind::unavailable, why);
        }
        if (step == AnswerReader::Step::end) break;
        if (reader_.has_head() && reader_.head().is_stream && text.find("\"result\"") != std::string::npos) {
            link_.close();  // the response is there; a stream that stays open has nothing more to say
            break;
        }
    }
    const HeadFacts& head = reader_.head();
    return Reply{head.status, std::move(text), head.session, head.is_json || head.is_stream};
}

}  // namespace capacity::bench
