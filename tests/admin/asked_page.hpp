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

    Answer get(std::string path, std::vector<net::Header> headers = {}, std::string method = "GET") {
        auto text = std::make_shared<std::pair<std::string, std::string>>(std::move(path), std::move(method));
        auto sink = std::make_shared<Sink>();
        net::Request request{.method = text->second,
                             .target = text->first,
                             .path = text->first,
                             .query = {},
                             .host = {},
                             .headers = std::move(headers),
                             .body = {},
                             .storage = text};
        routes.dispatch(std::make_shared<net::Exchange>(sink, worker_, std::make_shared<net::Peer>(peer), request));
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
