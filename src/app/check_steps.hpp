/// Steps of `check`: what was looked at, how it stands, what to do; and the exit code that each failure gives.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace app {

/// Exit codes of `check` (docs/snowflake-protocol.md, `check --help`): that of the first step that failed.
namespace check_exit {
inline constexpr int fine = 0;
inline constexpr int local = 4;           ///< settings, listener, keys, and the embedded database
inline constexpr int configuration = 10;  ///< of the Snowflake connection
inline constexpr int dns = 11;
inline constexpr int tcp = 12;
inline constexpr int proxy = 13;
inline constexpr int tls = 14;
inline constexpr int login = 15;
inline constexpr int role = 16;
inline constexpr int warehouse = 17;
inline constexpr int query = 18;
}  // namespace check_exit

struct CheckStep {
    enum class Outcome : std::uint8_t {
        good,
        doubtful,  // works, and should be looked at
        failed,
        skipped,  // an earlier one failed
    };
    std::string name;
    Outcome outcome = Outcome::good;
    std::string text;  ///< what was seen, or cause and remedy; several lines where the first is the summary
    int exit_code = check_exit::local;
    std::string connection = {};  ///< which of several it is about; empty: the server, or the only one

    static CheckStep of(std::string name, const base::Result<std::string>& result, int exit_code = check_exit::local);
};

class CheckReport {
public:
    void add(CheckStep step) { steps_.push_back(std::move(step)); }
    void add(std::vector<CheckStep> steps);
    bool failed() const;
    int exit_code() const;

    /// One line a step, further lines indented, a line with the name before the steps of each of several connections.
    /// Nothing that a stranger wrote reaches the terminal as it is.
    void print(std::ostream& out) const;
    void print_json(std::ostream& out) const;

private:
    std::vector<CheckStep> steps_;
};

}  // namespace app
