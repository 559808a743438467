/// Asynchronous queries that a session submitted and that have not been seen to end: while there are any, its login
/// must stand.
///
/// Place: inside `SessionState`, under its mutex. Pure: told the time. Threads: none. Bounded: what nobody asks about
/// is forgotten when the server must have ended it, and of too many the one that ends first.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace backend::snowflake {

class LeftRunning {
public:
    static constexpr std::size_t most = 1'000;

    /// `until`: when the server has ended it at the latest.
    void add(base::TimePoint now, std::string query_id, base::TimePoint until);
    void ended(std::string_view query_id);
    /// May one of them run at `now`?
    bool any(base::TimePoint now) const;
    std::size_t size() const { return until_.size(); }

private:
    std::map<std::string, base::TimePoint, std::less<>> until_;
};

}  // namespace backend::snowflake
