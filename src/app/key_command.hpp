/// `key add|list|revoke`: the API keys of this server (API_KEYS_FILE).
///
/// Exit codes: 0 done; 2 what was asked for can't be done, with one line on `err` that says why and what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "access/settings.hpp"

namespace app {

struct KeyArguments {
    enum class Action { add, list, revoke };
    Action action = Action::list;
    std::string name;                        ///< add, revoke
    std::vector<std::string> roles;          ///< add; empty: user
    std::optional<int> requests_per_minute;  ///< add; absent: the server's own
    std::optional<int> burst;                ///< add
    std::optional<std::uint64_t> queries_per_day;
    std::optional<std::uint64_t> result_bytes_per_day;
    std::optional<std::uint64_t> warehouse_seconds_per_day;
    bool json = false;  ///< list, add
};

/// `add` writes the new key to `out` (a line of its own, so that a script can take it) and what to do with it to `err`.
int run_key_command(const KeyArguments& arguments, const access_control::Settings& settings, std::ostream& out,
                    std::ostream& err);

}  // namespace app
