/// The guard's place in the pipeline: one text, one statement, yes or a reason (DESIGN.md section 7, "Guard").
///
/// Threads: immutable after construction; copies share the policy. A plain function: it never waits. It takes 10 to 50
/// ns a byte (bench/guard_bench.cpp), so the pipeline judges a long text on another thread (`LongJudgement`).
#pragma once

#include "query/namespace.hpp"

#include <memory>
#include <string>
#include <string_view>

#include "async/blocking_pool.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "sql/policy.hpp"

namespace query {

struct GuardSettings {
    sql::Policy policy;
    std::string allowed_sql_commands =
        "SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN";  ///< as written; read into `policy`
    std::string allowed_functions;                        ///< likewise
};

/// `settings` must outlive the table.
base::SettingsTable settings_table(GuardSettings& settings);

/// What the guard let through.
struct Judgement {
    bool is_cacheable = false;  ///< a read whose answer does not change by itself
    bool is_metadata = false;   ///< SHOW or DESCRIBE
    bool is_read = false;
    /// What stands for the text in the cache's key where that was made already; empty: `sql::normalize` makes it.
    std::string key_text = {};
};

class GuardStage {
public:
    explicit GuardStage(sql::Policy policy) : policy_{std::make_shared<const sql::Policy>(std::move(policy))} {}

    /// Where the text is one statement that may run. Error `denied` at stage `guard`: the reason, and the
    /// setting that would allow it, where there is one; `code()` is the guard's rule.
    base::Result<Judgement> judge(std::string_view text) const;
    /// Does the policy let nothing through but reads?
    bool allows_only_reads() const;

private:
    std::shared_ptr<const sql::Policy> policy_;
};

/// A judgement that would keep a worker for too long.
class LongJudgement final : public async::BlockingPool::Job {
public:
    /// Longer texts than this are judged by such a job: 16 KiB take at most 0.8 ms.
    static constexpr std::size_t from_bytes = std::size_t{16} * 1024;

    LongJudgement(GuardStage guard, std::string text) : guard_{std::move(guard)}, text_{std::move(text)} {}
    /// The key of a long text is a digest of its normal form: no statement reads like one.
    void run() override;

    /// After `run`.
    base::Result<Judgement>& verdict() { return verdict_; }
    std::string take_text() { return std::move(text_); }

private:
    GuardStage guard_;
    std::string text_;
    base::Result<Judgement> verdict_;
};

}  // namespace query
