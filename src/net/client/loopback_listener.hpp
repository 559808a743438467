/// A one-shot HTTP listener on 127.0.0.1 for what a browser brings back (OAuth code, SSO token).
///
/// Place: login methods that open a browser. It reads one request after another until one is for `path`; others (a
/// browser's /favicon.ico) are answered 404 and waited past. The bytes are a stranger's: small limits, and the caller
/// must check its own `state` value. Threads: its worker's only. Lifetime: the port is closed with the object.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "base/error.hpp"

namespace net::client {

struct Callback {
    std::string method;  ///< GET, POST; OPTIONS is answered by the listener itself (CORS preflight of SSO pages)
    std::string path;    ///< without the query
    std::string query;   ///< after '?', still encoded (`parse_form`)
    std::string origin;  ///< the Origin header, or empty
    std::string body;
};

class LoopbackListener {
public:
    /// `port` 0: the kernel chooses. `host`: 127.0.0.1, ::1 or localhost; other addresses are refused. Errors:
    /// `bad_argument` (in use, not loopback).
    static base::Result<std::unique_ptr<LoopbackListener>> open(async::Worker& worker,
                                                                const std::string& host = "127.0.0.1",
                                                                std::uint16_t port = 0);
    ~LoopbackListener();
    LoopbackListener(const LoopbackListener&) = delete;
    LoopbackListener& operator=(const LoopbackListener&) = delete;

    std::uint16_t port() const;

    /// The first GET or POST for `path` ("" or "/": any path but /favicon.ico). The browser's answer is held back until
    /// `reply`. Errors: the call's stop (stage login).
    async::Task<base::Result<Callback>> next(async::Call& call, std::string path = "/");
    /// Answers the browser that `next` returned: a page with this title and text (escaped), `ok` chooses 200 or 400.
    void reply(bool ok, const std::string& title, const std::string& text);

private:
    struct State;
    explicit LoopbackListener(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace net::client
