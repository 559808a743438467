/// Which handler answers which method and path. Exact paths; no patterns.
///
/// Answers by itself: 404 (unknown path), 405 with Allow, HEAD by the GET handler (the codec leaves the body out),
/// OPTIONS with Allow (204) where no handler asked for it, `OPTIONS *`, and 400 to an HTTP/1.1 request without Host
/// (RFC 9112 section 3.2) except on routes with `HostRule::any`. Threads: filled before the server starts, then read by
/// all workers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/server/exchange.hpp"

namespace net {

/// Does HTTP/1.1 need a Host header here? Probes of balancers send none (RFC 9112 would have them refused).
enum class HostRule { required, any };

class RouteTable {
public:
    RouteTable& add(std::string_view method, std::string_view path, Handler handler,
                    HostRule host = HostRule::required);
    /// Instead of 404 (a dashboard's files).
    RouteTable& otherwise(Handler handler);

    void dispatch(ExchangePtr exchange) const;

private:
    struct Method {
        std::string name;
        Handler handler;
        HostRule host;
    };
    struct Route {
        std::string path;
        std::vector<Method> methods;
        std::string allow() const;
    };
    const Route* find(std::string_view path) const;

    std::vector<Route> routes_;
    Handler otherwise_;
};

/// A short answer as `application/json`: {"error": "..."}; handlers of probes and refusals use it.
void reply_error(Exchange& exchange, int status, std::string_view message, HeaderLines headers = {});

}  // namespace net
