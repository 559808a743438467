/// Sessions of the handshake era, without a table: what `initialize` fixed is sealed into the session's id, so that any
/// replica with the same keys can serve it (DESIGN.md section 5b).
///
/// Kept here, bounded: which sessions were ended by DELETE (until their token would expire), and the few that set a log
/// level or subscribed to resources. Threads: any.
#pragma once

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "base/sealed_token.hpp"
#include "mcp/context.hpp"

namespace mcp {

struct Session {
    Revision revision = latest_handshake;
    std::string key;  ///< unique; what tables of calls and notes go by
    std::string client_name;
    std::string client_version;
    ClientCapabilities capabilities;

    ClientInfo client() const { return {client_name, client_version, capabilities}; }
};
using SessionPtr = std::shared_ptr<const Session>;

/// From a `ClientCapabilities` object of any revision.
ClientCapabilities capabilities_from(const boost::json::object& capabilities);

class Sessions {
public:
    struct Limits {
        std::chrono::hours ttl{24};
        std::size_t ended = 8192;
        std::size_t notes = 8192;
    };

    Sessions(const base::TokenSealer& sealer, Limits limits) : sealer_{sealer}, limits_{limits} {}

    std::string seal(const Session& session, const std::string& principal, base::WallTime now) const;
    /// Unknown, of another principal, expired or ended: the same `Kind::not_found`.
    base::Result<SessionPtr> open(std::string_view token, const std::string& principal, base::WallTime now) const;
    void end(const Session& session, base::WallTime now);

    /// What the session asked for itself. The notes of the session that was longest without a change make room.
    void set_log_level(const std::string& session, LogLevel level);
    std::optional<LogLevel> log_level(const std::string& session) const;
    void subscribe(const std::string& session, std::string uri);
    void unsubscribe(const std::string& session, const std::string& uri);
    bool is_subscribed(const std::string& session, std::string_view uri) const;

    /// GET streams of a session in this process: a message goes to one of them only, the one opened last.
    std::size_t add_stream(const std::string& session);
    void remove_stream(const std::string& session, std::size_t stream);
    bool is_current_stream(const std::string& session, std::size_t stream) const;

    static constexpr std::size_t max_subscriptions = 256;  ///< of one session

private:
    struct Notes {
        std::optional<LogLevel> level;
        std::vector<std::string> uris;
        std::size_t touched = 0;
    };
    Notes& notes_of(const std::string& session) BASE_REQUIRES(mutex_);
    bool was_ended(const std::string& session) const;

    const base::TokenSealer& sealer_;
    const Limits limits_;
    mutable base::Mutex mutex_;
    std::unordered_map<std::string, base::WallTime> ended_ BASE_GUARDED_BY(mutex_);  // until when
    std::deque<std::string> ended_order_ BASE_GUARDED_BY(mutex_);
    std::unordered_map<std::string, Notes> notes_ BASE_GUARDED_BY(mutex_);
    std::unordered_map<std::string, std::vector<std::size_t>> streams_ BASE_GUARDED_BY(mutex_);
    std::size_t next_ BASE_GUARDED_BY(mutex_) = 0;
};

}  // namespace mcp
