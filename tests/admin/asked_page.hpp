/// Asks the handlers of a route table without a socket, and keeps what they answered.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/worker.hpp"
#include "net/server/exchange.hpp"
#include "net/server/route_table.hpp"

namespace admin_test {

struct Answer {
    int status = 0;
    std::string type;
    std::string headers;
    std::string body;
};

class AskedPage {
public:
    net::RouteTable routes;
    net::Peer peer{.address = "127.0.0.1", .port = 40000, .loopback = true};

    struct Asked {
        std::string method = "GET";
        std::string path;
        std::string host = {};
        std::vector<net::Header> headers = {};
        std::string body = {};
    };

    Answer get(std::string path, std::vector<net::Header> headers = {}, std::string method = "GET") {
        return ask({.method = std::move(method), .path = std::move(path), .headers = std::move(headers)});
    }

    /// What was answered when nothing is left to do on the worker.
    Answer ask(Asked asked) {
        auto text = std::make_shared<Asked>(std::move(asked));
        if (!text->host.empty()) text->headers.push_back({.name = "Host", .value = text->host});
        auto sink = std::make_shared<Sink>();
        net::Request request{.method = text->method,
                             .target = text->path,
                             .path = text->path,
                             .query = {},
                             .host = text->host,
                             .headers = text->headers,
                             .body = text->body,
                             .storage = text};
        routes.dispatch(std::make_shared<net::Exchange>(sink, worker_, std::make_shared<net::Peer>(peer), request));
        worker_.poll();
        return sink->answer;
    }

private:
    struct Sink final : net::ExchangeSink {
        Answer answer;
        void reply(net::Exchange&, net::ReplyHead&& head, base::Payload&& body) override {
            answer = {.status = head.status,
                      .type = std::string{head.content_type},
                      .headers = std::string{head.headers.lines()},
                      .body = body.to_string()};
        }
        void begin(net::Exchange&, net::ReplyHead&&) override {}
        bool write(net::Exchange&, base::Payload&&) override { return true; }
        bool has_room(const net::Exchange&) const override { return true; }
        void finish(net::Exchange&) override {}
        void abort(net::Exchange&) override {}
        void dropped(net::Exchange&) override {}
    };

    async::Worker worker_{0};
};

}  // namespace admin_test
