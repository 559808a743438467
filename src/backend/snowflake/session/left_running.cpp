#include "backend/snowflake/session/left_running.hpp"

#include <algorithm>
#include <utility>

namespace backend::snowflake {

void LeftRunning::add(base::TimePoint now, std::string query_id, base::TimePoint until) {
    std::erase_if(until_, [now](const auto& query) { return query.second <= now; });
    if (until_.size() >= most) {
        until_.erase(std::ranges::min_element(until_, {}, [](const auto& query) { return query.second; }));
    }
    until_.insert_or_assign(std::move(query_id), until);
}

void LeftRunning::ended(std::string_view query_id) {
    if (const auto found = until_.find(query_id); found != until_.end()) until_.erase(found);
}

bool LeftRunning::any(base::TimePoint now) const {
    return std::ranges::any_of(until_, [now](const auto& query) { return query.second > now; });
}

}  // namespace backend::snowflake
