/// A Snowflake session as the pool lends it.
///
/// Place: made by `SnowflakeBackend::login`. Threads: as `backend::Session` says; the state behind it is shared with
/// clean-ups and result sets that outlive it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/session.hpp"
#include "backend/snowflake/session/result_opener.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "base/clock.hpp"

namespace backend::snowflake {

class SnowflakeSession final : public Session {
public:
    /// `state` is open. `opener` outlives the session.
    SnowflakeSession(SessionState::Ptr state, const ResultOpener& opener);

    async::Task<base::Result<std::unique_ptr<ResultSet>>> execute(async::Call& call, Statement statement) override;
    async::Task<base::Result<std::vector<ReadInOne>>> execute_all(async::Call& call, ReadsInOne reads) override;
    const Context& context() const override;
    bool context_known() const override { return state_->context_known(); }
    bool usable() const override { return state_->usable(); }
    bool carries_several() const override { return carries_several_.load(std::memory_order_relaxed); }
    std::optional<base::TimePoint> ends_at() const override { return state_->ends_at(); }
    bool keep_logged_in() const override { return state_->carries_queries(base::Clock::now()); }

    async::Task<base::Result<void>> check(async::Call& call) override;
    async::Task<void> close(async::Call& call) override;

    const SessionState::Ptr& state() const { return state_; }

private:
    ReadInOne child(std::string query_id) const;

    SessionState::Ptr state_;
    const ResultOpener& opener_;
    mutable Context context_;  // what `context()` answers a reference to
    std::atomic<bool> carries_several_ = true;
};

}  // namespace backend::snowflake
