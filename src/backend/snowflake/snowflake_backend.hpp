/// A Snowflake account behind the vendor-neutral `Backend`.
///
/// Place: one a configured connection; `app` opens it, its pool asks it for sessions. Threads: `open` at start, then
/// any. Lifetime: longer than its sessions and result sets; `stop` and `join` (after the pool's) before it goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/worker.hpp"
#include "backend/session.hpp"
#include "backend/snowflake/auth/credentials.hpp"
#include "backend/snowflake/session/account_link.hpp"
#include "backend/snowflake/session/result_opener.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "backend/snowflake/settings.hpp"
#include "backend/zone.hpp"
#include "base/error.hpp"
#include "base/memory_budget.hpp"
#include "base/mutex.hpp"
#include "base/probe.hpp"
#include "net/client/http_client.hpp"

namespace backend::snowflake {

class SnowflakeBackend final : public Backend {
public:
    /// What it stands on; all of it outlives the backend.
    struct Ground {
        std::vector<async::Worker*> workers;
        std::shared_ptr<net::client::Outbound> outbound;
        base::MemoryBudget& memory;
        async::BlockingPool* files = nullptr;  ///< reads keys and token files
        std::string version;                   ///< of this program: CLIENT_APP_VERSION
        bool interactive_allowed = false;      ///< may a login ask a person
    };

    /// Errors (stage `config`) name the setting: an account that is none, a missing key. Nothing is sent.
    static base::Result<std::unique_ptr<SnowflakeBackend>> open(const Settings& settings, Ground ground);
    ~SnowflakeBackend() override;

    std::string_view name() const override { return "snowflake"; }
    async::Task<base::Result<std::unique_ptr<Session>>> login(async::Call& call, Context context,
                                                              Identity identity) override;
    /// Names folded as SQL folds them.
    Context default_context() const override { return default_context_; }
    std::string answers_depend_on() const override { return answers_depend_on_; }
    bool interactive() const override { return credentials_.would_ask(); }
    bool carries_several() const override { return true; }
    bool runs_several_in_one() const override { return true; }

    const Settings& settings() const { return settings_; }
    const net::client::Url& account() const { return link_->account(); }
    AccountLink& link() const { return *link_; }
    const ResultOpener& result_opener() const { return opener_; }

    /// A session that is open now, lent or not: for requests that need its token only. Null where there is none.
    SessionState::Ptr any_session() const;
    /// Each that is open.
    std::vector<SessionState::Ptr> sessions() const;

    void stop(async::StopReason reason) { link_->stop(reason); }
    bool join(std::chrono::milliseconds at_most) { return link_->join(at_most); }
    base::Probe probe() const;

private:
    SnowflakeBackend(const Settings& settings, Ground ground, const net::client::Url& account);
    async::Task<base::Result<Opening>> open_login(async::Call& call);
    base::Result<std::unique_ptr<ResultSet>> open_answer(async::Call& call, QueryAnswer answer, SessionState::Ptr state,
                                                         ResultWish wish);

    const Settings settings_;
    Ground ground_;
    Context default_context_;
    std::string answers_depend_on_;
    Credentials credentials_;
    std::unique_ptr<AccountLink> link_;
    LoginPolicy policy_;
    ResultOpener opener_;
    Zones zones_;
    mutable base::Mutex mutex_;
    mutable std::vector<std::weak_ptr<SessionState>> sessions_ BASE_GUARDED_BY(mutex_);
};

}  // namespace backend::snowflake
