/// The guard's place in the pipeline: one text, one statement, yes or a reason (DESIGN.md section 7, "Guard").
///
/// Threads: immutable after construction. A plain function: it never waits.
#pragma once

#include "query/namespace.hpp"

#include <string>
#include <string_view>

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

class GuardStage {
public:
    explicit GuardStage(sql::Policy policy) : policy_{std::move(policy)} {}

    /// Nothing where the text is one statement that may run. Error `denied` at stage `guard`: the reason, and the
    /// setting that would allow it, where there is one; `code()` is the guard's rule.
    base::Result<void> judge(std::string_view text) const;
    /// Does the policy let nothing through but reads?
    bool allows_only_reads() const;

private:
    sql::Policy policy_;
};

}  // namespace query
