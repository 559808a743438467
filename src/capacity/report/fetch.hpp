/// HTTP questions of a command: several at once, each with its own patience, the answers in their order.
///
/// Place: the sources of a report. It blocks the thread that asks; the requests run on a worker of its own. Threads:
/// one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "net/client/request.hpp"
#include "net/client/settings.hpp"

namespace capacity::report {

struct Question {
    net::client::Url url;
    net::client::HeaderList headers = {};
    std::chrono::milliseconds patience{10'000};
    std::size_t most_bytes = std::size_t{64} << 20;
};

struct HttpAnswer {
    int status = 0;
    std::string body;
};

class Fetcher {
public:
    virtual ~Fetcher() = default;
    /// Errors of a question say what failed, without the address: "connection refused".
    virtual std::vector<base::Result<HttpAnswer>> ask(std::vector<Question> questions) = 0;
};

/// Errors: `bad_argument` that names a setting.
base::Result<std::unique_ptr<Fetcher>> make_fetcher(const net::client::ClientSettings& settings);

/// "host:8001", "http://host:8001" and so on; a bare path is `path`. Errors: `bad_argument`.
base::Result<net::client::Url> address_of(std::string_view text, std::string_view path);

}  // namespace capacity::report
