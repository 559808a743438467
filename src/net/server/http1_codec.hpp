/// HTTP/1.1 and 1.0 of one connection, without I/O and without a clock: bytes in, requests out; answers in, bytes out.
///
/// Place: between a loop and exchanges. One request at a time is answered (pipelined ones wait in the input), so
/// answers are in order. Rules: RFC 9112 (framing, keep-alive, refusals), RFC 9110 (HEAD, 204, Expect). Every refusal
/// closes the connection after its answer: what follows can't be trusted. Threads: its worker's only.
///
///     codec.prepare() / commit(n)        bytes came in
///     while (auto r = codec.next())      a request, unless one is being answered
///     codec.reply(...) or begin, write, finish
///     codec.output()                     to be sent; then `should_close()`?
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/payload.hpp"
#include "net/server/exchange.hpp"
#include "net/server/input_buffer.hpp"
#include "net/server/output_queue.hpp"
#include "net/server/request_parser.hpp"

namespace net {

class Http1Codec {
public:
    struct Limits {
        RequestLimits request;
        bool keep_alive = true;
        int requests = 1000;                 ///< answered on one connection, then closed
        std::size_t read_ahead = 64 * 1024;  ///< unread pipelined bytes while an answer is being made
    };

    /// What the connection is doing: each phase has its own time limit, which the loop keeps.
    enum class Phase {
        idle,       // between requests
        head,       // a request's head has begun
        body,       // its body is coming
        answering,  // `next` gave a request that has no whole answer yet
        closing,    // nothing is read any more; the output is the last
    };

    Http1Codec(const Limits& limits, BlockPool& pool, base::MemoryBudget* budget);

    // --- in

    /// Room for bytes; empty when nothing should be read now (`wants_input`).
    std::span<char> prepare();
    void commit(std::size_t count) { input_.commit(count); }
    bool wants_input() const;
    bool has_input() const { return !input_.empty(); }

    /// The next complete request, or nothing: more bytes are needed, one is being answered, or it was refused (the
    /// answer lies in the output).
    std::optional<Request> next();

    // --- out, for the request that `next` gave

    /// `date`: the Date header's value, told by the loop.
    void set_date(std::string_view date) { date_ = date; }
    void reply(const ReplyHead& head, base::Payload body);
    void begin(const ReplyHead& head);
    void write(base::Payload part);
    void finish();
    /// Storage of a request's headers, to be used again.
    void reuse(std::vector<Header> headers) { spare_headers_ = std::move(headers); }

    /// Refuses what is coming (no exchange is open): an answer, then the end. `retry_after` in seconds, 0: none.
    void refuse(int status, std::string_view message, int retry_after = 0);
    /// The phase took too long: 408 for a half-sent request; an idle connection just ends.
    void time_out();
    /// From now on every answer says `Connection: close`.
    void drain() { last_ = true; }

    OutputQueue& output() { return output_; }
    const OutputQueue& output() const { return output_; }
    Phase phase() const { return phase_; }
    bool should_close() const { return phase_ == Phase::closing; }
    /// The peer may still be sending what we refused: close gently, or a reset would destroy the answer.
    bool should_linger() const { return refused_ || (cut_short_ && !last_); }
    bool refused() const { return refused_; }
    int refusal_status() const { return refusal_status_; }
    int answered() const { return answered_; }
    HttpVersion version() const { return version_; }

    /// Gives memory back while idle.
    void release();

private:
    bool persists() const { return keep_alive_ && !last_; }
    void write_head(const ReplyHead& head, std::optional<std::size_t> length);
    void answer_done();

    const Limits& limits_;
    InputBuffer input_;
    RequestParser parser_;
    OutputQueue output_;
    std::string_view date_;
    std::vector<Header> spare_headers_;
    Phase phase_ = Phase::idle;
    HttpVersion version_ = HttpVersion::http_1_1;
    int answered_ = 0;
    bool keep_alive_ = true;        // of the request being answered
    bool wanted_more_ = false;      // the client would keep the connection
    bool said_keep_alive_ = false;  // an HTTP/1.0 client wants to hear it
    bool head_only_ = false;        // HEAD
    bool chunked_ = false;          // the answer being written
    bool bodiless_ = false;
    bool continued_ = false;  // 100 was sent
    bool last_ = false;
    bool refused_ = false;
    int refusal_status_ = 0;
    bool cut_short_ = false;  // the client would have gone on
};

}  // namespace net
