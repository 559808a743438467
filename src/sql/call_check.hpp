/// Judges one function call by its name: `a.b.f(`, `"F"(`, `m!f(`.
///
/// Place: the scan of a query. Threads: pure functions.
///
/// Source: DESIGN.md section 7, "Guard": a function is a known read, known and refused, or unknown.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "sql/functions.hpp"
#include "sql/policy.hpp"
#include "sql/refusal.hpp"
#include "sql/splitter.hpp"

namespace sql {

struct CallPlace {
    bool is_inside_match = false;     ///< in MATCH_RECOGNIZE
    bool is_inside_resample = false;  ///< in RESAMPLE
    bool is_signature = false;        ///< SHOW GRANTS ON FUNCTION f(INT): a name, not a call; only known dangers count
    bool may_name_stage = false;      ///< stages are allowed here
};

struct CallVerdict {
    std::optional<Refusal> refusal;
    bool is_volatile = false;
};

/// The first node of the dotted name that ends at `last`.
std::size_t start_of_name(std::span<const Node> nodes, std::size_t last);

/// The call whose name ends at `last`; an opening bracket follows it.
CallVerdict check_call(std::span<const Node> nodes, std::size_t last, const Policy& policy, CallPlace place);

}  // namespace sql
