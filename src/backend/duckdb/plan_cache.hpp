/// DuckDB's plans of the statements that a connection ran last: the same text again is executed without being planned.
///
/// Place: one a connection, behind its lock (`SharedConnection`); .cpp files only. Lifetime: ends before the
/// connection.
///
/// Why an old plan answers as a new one would: the text is DuckDB's, with every name qualified and everything of the
/// caller's context written into it; files, settings and the time zone cannot change while the instance is open; and
/// DuckDB plans a statement that depends on the time anew by itself. What is random is drawn anew at each run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "backend/duckdb/handles.hpp"

namespace backend::duckdb {

class PlanCache {
public:
    static constexpr std::size_t most_plans = 16;
    static constexpr std::size_t longest_text = 8 * 1024;  ///< bytes; a plan is a multiple of its text

    /// How its last run went.
    enum class Pace : std::uint8_t { any, quick };

    /// Takes the plan of exactly this text out; empty where there is none, or none whose last run was quick where that
    /// is asked for. Whoever has it gives it back only after a run that came to its end: a plan that failed or was
    /// interrupted is not used again.
    Prepared take(std::string_view sql, Pace wanted = Pace::any);
    /// The plan used longest ago makes room. A text that is too long is not kept.
    void give_back(std::string sql, Prepared plan, Pace pace = Pace::any);

    std::size_t size() const { return plans_.size(); }

private:
    struct Kept {
        std::string sql;
        Prepared plan;
        Pace pace = Pace::any;
    };
    std::list<Kept> plans_;  // last used first
};

}  // namespace backend::duckdb
