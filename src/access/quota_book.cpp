#include "access/quota_book.hpp"

#include <algorithm>

namespace access_control {

namespace {

constexpr std::chrono::seconds fresh{1};
constexpr std::uint64_t near_parts = 10;  // of a quota
constexpr std::uint64_t near_queries = 16;

std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

Usage operator-(const Usage& a, const Usage& b) {
    return {less(a.queries, b.queries), less(a.result_bytes, b.result_bytes), less(a.warehouse_ms, b.warehouse_ms)};
}

bool is_near(std::uint64_t used, std::uint64_t quota, std::uint64_t least) {
    return quota > 0 && used + std::max(quota / near_parts, least) >= quota;
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
    queries += other.queries;
    result_bytes += other.result_bytes;
    warehouse_ms += other.warehouse_ms;
    return *this;
}

QuotaBook::Day QuotaBook::day_of(base::WallTime now) {
    return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
}

base::WallTime QuotaBook::end_of(Day day) { return base::WallTime{} + std::chrono::days{day + 1}; }

QuotaBook::Part QuotaBook::reached(const Usage& used, const Usage& quota) {
    if (quota.queries > 0 && used.queries >= quota.queries) return Part::queries;
    if (quota.result_bytes > 0 && used.result_bytes >= quota.result_bytes) return Part::result_bytes;
    if (quota.warehouse_ms > 0 && used.warehouse_ms >= quota.warehouse_ms) return Part::warehouse;
    return Part::none;
}

/// A clock that is set back over midnight renews nothing; one that was a day or more ahead is believed again.
QuotaBook::Entry& QuotaBook::entry(std::string_view id, Day today) {
    auto found = entries_.find(id);
    if (found == entries_.end()) {
        if (entries_.size() >= most_) {
            std::erase_if(entries_, [&](const auto& entry) { return entry.second.day < today; });
            if (entries_.size() >= most_) entries_.erase(entries_.begin());
        }
        found = entries_.emplace(std::string{id}, Entry{.day = today}).first;
    }
    Entry& entry = found->second;
    if (entry.day < today || entry.day > today + 1) {
        entry = Entry{.day = today, .has_sender = entry.has_sender};
    }
    return entry;
}

QuotaBook::Verdict QuotaBook::take(std::string_view id, const Usage& quota, Day today, base::TimePoint now,
                                   Sharing sharing) {
    const base::MutexLock lock{mutex_};
    Entry& mine = entry(id, today);
    const Usage used = mine.used();
    if (sharing == Sharing::shared) {
        const bool sure =
            mine.is_told && now - mine.told < fresh && !is_near(used.queries, quota.queries, near_queries) &&
            !is_near(used.result_bytes, quota.result_bytes, 0) && !is_near(used.warehouse_ms, quota.warehouse_ms, 0);
        if (!sure) return {.kind = Verdict::Kind::ask, .used = used};
    }
    if (const Part part = reached(used, quota); part != Part::none) {
        return {.kind = Verdict::Kind::refused, .part = part, .used = used};
    }
    ++mine.unsent.queries;
    return {.used = used};
}

void QuotaBook::add(std::string_view id, Day today, const Usage& used) {
    const base::MutexLock lock{mutex_};
    entry(id, today).unsent += used;
}

Usage QuotaBook::used(std::string_view id, Day today) const {
    const base::MutexLock lock{mutex_};
    const auto found = entries_.find(id);
    return found == entries_.end() || found->second.day < today ? Usage{} : found->second.used();
}

Usage QuotaBook::unsent(std::string_view id, Day today) {
    const base::MutexLock lock{mutex_};
    Entry& mine = entry(id, today);
    if (mine.day != today) return {};  // what is new is tomorrow's
    const Usage what = mine.unsent;
    mine.unsent = {};
    mine.sending += what;
    return what;
}

void QuotaBook::sent(std::string_view id, Day today, const Usage& what, const Usage& total, base::TimePoint now) {
    const base::MutexLock lock{mutex_};
    Entry& mine = entry(id, today);
    if (mine.day != today) return;  // it was yesterday's
    mine.sending = mine.sending - what;
    // Answers may overtake each other: the sum of a day only grows.
    mine.shared = {std::max(mine.shared.queries, total.queries), std::max(mine.shared.result_bytes, total.result_bytes),
                   std::max(mine.shared.warehouse_ms, total.warehouse_ms)};
    mine.told = now;
    mine.is_told = true;
}

void QuotaBook::not_sent(std::string_view id, Day today, const Usage& what) {
    const base::MutexLock lock{mutex_};
    Entry& mine = entry(id, today);
    if (mine.day != today) return;
    mine.sending = mine.sending - what;
    mine.unsent += what;
    mine.is_told = false;
}

bool QuotaBook::begin_sending(std::string_view id, Day today) {
    const base::MutexLock lock{mutex_};
    Entry& mine = entry(id, today);
    if (mine.has_sender || mine.unsent == Usage{}) return false;
    return mine.has_sender = true;
}

bool QuotaBook::go_on_sending(std::string_view id, Day today, After stop) {
    const base::MutexLock lock{mutex_};
    const auto found = entries_.find(id);
    if (found == entries_.end()) return false;
    Entry& mine = found->second;
    return mine.has_sender = stop == After::all && mine.day == today && mine.unsent != Usage{};
}

std::vector<QuotaBook::Row> QuotaBook::busiest(Day today, std::size_t most) const {
    std::vector<Row> rows;
    {
        const base::MutexLock lock{mutex_};
        for (const auto& [id, entry] : entries_) {
            if (entry.day >= today) rows.push_back({id, entry.used()});
        }
    }
    const auto first = [](const Row& a, const Row& b) { return a.used.queries > b.used.queries; };
    most = std::min(most, rows.size());
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end(), first);
    rows.resize(most);
    return rows;
}

}  // namespace access_control
