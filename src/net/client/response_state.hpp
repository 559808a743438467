/// What an answer holds while its body is read. Place: this folder's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/client/body_reader.hpp"
#include "net/client/connection_pool.hpp"
#include "net/client/response.hpp"

namespace net::client {

struct Response::State {
    std::shared_ptr<ConnectionPool> pool;  // outlives the connection
    ConnectionPtr connection;              // null once it was put back or closed
    ResponseHead head;
    BodyReader reader;
    Limits limits;
    ConnectionBudget::Share share = ConnectionBudget::Share::work;
    bool reusable = false;  // by what was sent and what the head says
    bool ended = false;
    std::size_t unyielded = 0;  // decoded bytes since others could go
    std::optional<Failure> failed;
    std::string whose;  // "the answer of host:443"

    /// The body is at its end: the connection goes home, if nothing is left in it.
    void put_back();
};

}  // namespace net::client
