#include "backend/duckdb/plan_cache.hpp"

#include <algorithm>

namespace backend::duckdb {

Prepared PlanCache::take(std::string_view sql, Pace wanted) {
    const auto found = std::ranges::find(plans_, sql, &Kept::sql);
    if (found == plans_.end() || (wanted == Pace::quick && found->pace != Pace::quick)) return {};
    Prepared plan = std::move(found->plan);
    plans_.erase(found);
    return plan;
}

void PlanCache::give_back(std::string sql, Prepared plan, Pace pace) {
    if (!plan || sql.size() > longest_text) return;
    if (plans_.size() >= most_plans) plans_.pop_back();
    plans_.push_front({.sql = std::move(sql), .plan = std::move(plan), .pace = pace});
}

}  // namespace backend::duckdb
