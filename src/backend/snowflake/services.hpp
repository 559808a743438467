/// What only Snowflake can do, for `tools/snowflake`: queries that outlive their call, EXPLAIN's figures, several
/// statements in one request, Cortex by REST. The only header of this folder that `tools/snowflake` sees.
///
/// Place: one a connection, beside its pool. Threads: any worker; each call stays on its own. Lifetime: backend and
/// pool outlive it. Who may ask for which query id is the caller's to know: here every id of the account's user is as
/// good as another, from whichever replica it was submitted.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/pool.hpp"
#include "backend/result_set.hpp"
#include "backend/session.hpp"
#include "backend/snowflake/allowed_names.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

class SnowflakeBackend;

/// How a query stands (`/monitoring/queries/<id>`).
struct QueryStatus {
    enum class State : std::uint8_t {
        queued,     // QUEUED, QUEUED_REPARING_WAREHOUSE, RESUMING_WAREHOUSE, BLOCKED, NO_DATA: not at work yet
        running,    // RUNNING
        succeeded,  // SUCCESS
        failed,     // FAILED_WITH_ERROR, FAILED_WITH_INCIDENT, DISCONNECTED
        cancelled,  // ABORTING, ABORTED
        unknown,    // not visible (yet), or a word we do not know
    };
    State state = State::unknown;
    std::string word;           ///< as Snowflake says it
    std::string error_code;     ///< six digits; empty: none
    std::string error_message;  ///< untrusted text
    std::string warehouse;
    std::optional<std::chrono::milliseconds> elapsed;
    std::optional<std::uint64_t> bytes_scanned;
    std::optional<std::uint64_t> rows_produced;

    bool is_over() const { return state == State::succeeded || state == State::failed || state == State::cancelled; }
};
std::string_view to_string(QueryStatus::State state);

/// What EXPLAIN says a statement would read. Runs nothing and needs no warehouse.
struct ScanEstimate {
    std::optional<std::uint64_t> partitions_total;
    std::optional<std::uint64_t> partitions;  ///< of them, to be scanned
    std::optional<std::uint64_t> bytes;       ///< to be scanned
    std::string plan;                         ///< the whole of EXPLAIN USING JSON
};

/// The statements of one request, each judged by its own.
struct StatementList {
    std::vector<std::string> texts;
    Context context;
    std::string tag;
    bool are_reads = false;  ///< each was judged a read
};

/// What became of one of them: its rows, or why there are none.
struct ChildResult {
    enum class End : std::uint8_t {
        answered,   // it ran: its rows
        failed,     // it ran: its own error
        never_ran,  // one before it failed: the error of that one
        unknown,    // it may have run: why nobody can say, or why its rows cannot be had
    };
    End end = End::unknown;
    std::string query_id;  ///< empty: it has none, or it is not known
    base::Result<std::unique_ptr<ResultSet>> result;
};

/// A call of the public REST API (`/api/v2/…`) with the session's token.
struct RestRequest {
    std::string method = "POST";
    std::string path;     ///< from `rest_path`, and a query where there is one
    std::string body;     ///< JSON, or empty
    bool stream = false;  ///< ask for events (`rest_events`)
};

struct RestReply {
    int status = 0;
    std::string body;
    bool ok() const { return status >= 200 && status < 300; }
};

/// One server-sent event.
struct RestEvent {
    std::string name;  ///< "message" where none was given
    std::string data;
};

/// The events of one answer, in order. Destroying it closes the connection. Threads: its call's worker.
class RestEvents {
public:
    virtual ~RestEvents() = default;
    /// Absent at the end. An answer that is no event stream is one event "response" with the whole body.
    virtual async::Task<base::Result<std::optional<RestEvent>>> next(async::Call& call) = 0;
};

/// `/api/v2/` and the segments, each percent-encoded: names come from people. A segment that begins with ':' is put
/// behind the one before it (`services/NAME` and `:query`).
std::string rest_path(const std::vector<std::string_view>& segments);

class Services {
public:
    Services(SnowflakeBackend& backend, Pool& pool, const AllowedSettings& allowed);

    /// What callers may ask for.
    const AllowedNames& roles() const { return roles_; }
    const AllowedNames& warehouses() const { return warehouses_; }

    /// Starts a statement and leaves it running, for SNOWFLAKE_ASYNC_QUERY_TIMEOUT_SECONDS at most; answers its query
    /// id. The session may go on to others. Errors: as of `Session::execute`.
    async::Task<base::Result<std::string>> submit(async::Call& call, Statement statement);
    /// Errors: `bad_argument` where `query_id` is none, `unavailable`.
    async::Task<base::Result<QueryStatus>> status(async::Call& call, std::string query_id);
    /// The rows of a query by id, within 24 h; waits until it has ended. A call that leaves does not cancel it. Errors:
    /// the query's own; `not_found` (000612, 000709).
    async::Task<base::Result<std::unique_ptr<ResultSet>>> result(async::Call& call, std::string query_id,
                                                                 RowRange range = {});
    /// A query that is over already is no error.
    async::Task<base::Result<void>> cancel(async::Call& call, std::string query_id);

    /// Of one statement that was judged a read. Errors: `sql`.
    async::Task<base::Result<ScanEstimate>> explain(async::Call& call, Statement statement);

    /// One request with exactly so many statements, which run one after the other; each has an end of its own, fetched
    /// by its id. Where one fails, those behind it have not run: reads are then run by themselves, so that they end
    /// `answered` or `failed`; writes are `never_ran`. Errors: what hinders all of them; of writes a refusal that does
    /// not say which of them failed: those before that one have run.
    async::Task<base::Result<std::vector<ChildResult>>> run_all(async::Call& call, StatementList list);

    /// Errors: `bad_argument` for a path outside `/api/v2/`; `unavailable`. Other statuses than 2xx are in the reply.
    async::Task<base::Result<RestReply>> rest(async::Call& call, RestRequest request);
    /// Errors: as `rest`, and one for a status that is not 2xx, with Snowflake's own words.
    async::Task<base::Result<std::unique_ptr<RestEvents>>> rest_events(async::Call& call, RestRequest request);

private:
    struct Access;
    async::Task<base::Result<Access>> access(async::Call& call);
    void note_end(const std::string& query_id);

    SnowflakeBackend& backend_;
    Pool& pool_;
    AllowedNames roles_;
    AllowedNames warehouses_;
};

}  // namespace backend::snowflake
