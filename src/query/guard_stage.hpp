/// The guard's place in the pipeline: one text, one statement, yes or a reason (DESIGN.md section 7, "Guard").
///
/// Threads: immutable after construction. A plain function: it never waits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/settings.hpp"

namespace query {

struct GuardSettings {
    std::vector<std::string> allowed_sql_commands{"SELECT", "SHOW", "DESCRIBE", "EXPLAIN", "WITH", "VALUES"};
    std::vector<std::string> allowed_functions;
    bool allow_stage_reads = false;
};

base::SettingsTable settings_table(GuardSettings& settings);

class GuardStage {
public:
    explicit GuardStage(const GuardSettings& settings);

    /// Nothing where the text is one statement that may run. Error `denied` at stage `guard`: the reason, and the
    /// setting that would allow it, where there is one.
    base::Result<void> judge(std::string_view text) const;
};

}  // namespace query
