/// The way to the account's host: one request and its whole answer, redirects followed within Snowflake's domains.
///
/// Place: one a connection, shared by its sessions on all workers; under it one HTTP client a worker. Retries,
/// renewals and polling are not here (query_core.hpp). Threads: `exchange` on the call's worker; the rest any.
/// Lifetime: longer than its sessions; `stop` and `join` before it goes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "async/task_group.hpp"
#include "async/worker.hpp"
#include "backend/snowflake/session/retry_policy.hpp"
#include "backend/snowflake/wire/client_identity.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"
#include "base/secret.hpp"
#include "net/client/http_client.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

/// What is asked of the account's host.
struct Ask {
    enum class Accept : std::uint8_t { json, rows, events };  ///< `events`: SSE or JSON (`rest`)
    std::string method = "POST";
    std::string target;
    std::string body;
    base::Secret token;          ///< empty: none is sent
    std::string session_header;  ///< `x-snowflake-session`; empty: none
    net::client::Lane lane = net::client::Lane::control;
    Accept accept = Accept::json;
};

struct LinkReply {
    int status = 0;
    std::string body;
    base::Lease lease;  ///< of a large body
    std::optional<std::chrono::milliseconds> retry_after;
    std::string session_header;
    std::chrono::milliseconds took{0};

    bool ok() const { return status >= 200 && status < 300; }
};

/// Why there is no whole answer.
struct LinkFailure {
    FailedAttempt attempt;
    base::Error error;
    bool stopped = false;   ///< the call's deadline, client or drain: no further try
    bool hopeless = false;  ///< another try will meet the same: a certificate, a forbidden redirect
};

template <class T>
using LinkResult = std::expected<T, LinkFailure>;

class AccountLink {
public:
    struct Options {
        net::client::Url account;  ///< scheme, host and port
        ClientIdentity identity;
        std::size_t max_body_bytes = std::size_t{256} << 20;  ///< of an answer without its chunks
        std::chrono::milliseconds silence{120'000};           ///< a poll is held for 45 s at most
        std::chrono::milliseconds control_silence{30'000};
        base::MemoryBudget* memory = nullptr;  ///< large bodies are leased as they come; null: nobody counts
    };

    /// One client for each of `workers`, which must outlive the link.
    AccountLink(Options options, std::shared_ptr<net::client::Outbound> outbound,
                const std::vector<async::Worker*>& workers);
    AccountLink(const AccountLink&) = delete;
    AccountLink& operator=(const AccountLink&) = delete;
    ~AccountLink();

    async::Task<LinkResult<LinkReply>> exchange(async::Call& call, Ask ask);
    /// The same up to the answer's head; for what is read piece by piece.
    async::Task<LinkResult<net::client::Response>> open(async::Call& call, Ask ask);

    net::client::HttpClient& client(const async::Worker& worker) const { return *clients_.at(worker.index()); }
    const net::client::Url& account() const { return options_.account; }
    const ClientIdentity& identity() const { return options_.identity; }

    /// Renewals, logins, clean-ups, log-outs: what outlives its call.
    async::TaskGroup& tasks() { return tasks_; }
    void stop(async::StopReason reason) { tasks_.stop(reason); }
    bool join(std::chrono::milliseconds at_most) { return tasks_.join(at_most); }

private:
    net::client::Request request(const Ask& ask, const net::client::Url& url) const;
    async::Task<LinkResult<void>> read_body(async::Call& call, net::client::Response& response, LinkReply& reply);

    Options options_;
    Headers headers_for_rows_;
    Headers headers_for_json_;
    std::vector<std::unique_ptr<net::client::HttpClient>> clients_;  // by the worker's index
    async::TaskGroup tasks_;
};

/// In [0, 1), for back-off.
double jitter();
/// Milliseconds since 1970.
std::int64_t wall_ms();

/// Waits; sooner where the call stops.
async::Task<void> pause(async::Call& call, std::chrono::milliseconds delay);

}  // namespace backend::snowflake
