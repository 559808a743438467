/// How much each principal has used today, and may one more statement begin?
///
/// The core of `Quotas`; told the time, the day and what the others count. Days are UTC. Without sharing it is exact
/// for this process. With sharing a statement begins unasked only where the figures are less than a second old and at
/// least a tenth of every quota (and 16 statements) is left; else the shared figures are asked, so that the number of
/// statements is exact over all replicas. Bytes and seconds are known when a statement has ended: what runs meanwhile
/// goes beyond the quota. Threads: any; one lock, held for a step.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace access_control {

struct Usage {
    std::uint64_t queries = 0;
    std::uint64_t result_bytes = 0;
    std::uint64_t warehouse_ms = 0;

    Usage& operator+=(const Usage& other);
    friend Usage operator+(Usage a, const Usage& b) { return a += b; }
    friend bool operator==(const Usage&, const Usage&) = default;
};

class QuotaBook {
public:
    using Day = std::int64_t;  ///< since 1970-01-01
    static Day day_of(base::WallTime now);
    static base::WallTime end_of(Day day);

    enum class Part : std::uint8_t { none, queries, result_bytes, warehouse };
    enum class Sharing : std::uint8_t { none, shared };
    struct Verdict {
        enum class Kind : std::uint8_t { allowed, refused, ask } kind = Kind::allowed;
        Part part = Part::none;  ///< of a refusal
        Usage used;
    };

    explicit QuotaBook(std::size_t most_principals = 64 * 1024) : most_{most_principals} {}

    /// The first part of `quota` (0: no bound) that `used` has reached.
    static Part reached(const Usage& used, const Usage& quota);

    /// Counts one statement where it is allowed. `ask`: nothing was counted.
    Verdict take(std::string_view id, const Usage& quota, Day today, base::TimePoint now, Sharing sharing);
    /// What was used besides.
    void add(std::string_view id, Day today, const Usage& used);
    Usage used(std::string_view id, Day today) const;

    // --- sharing: what the others do not know yet is sent to them, once

    /// Begins to send: it is not in the next `unsent`.
    Usage unsent(std::string_view id, Day today);
    /// They know, and the sum over all is `total`.
    void sent(std::string_view id, Day today, const Usage& what, const Usage& total, base::TimePoint now);
    /// They do not: it is sent again.
    void not_sent(std::string_view id, Day today, const Usage& what);
    /// True for who is to send what is new, some time soon; nobody else is until `go_on_sending` was false.
    bool begin_sending(std::string_view id, Day today);
    enum class After : std::uint8_t { all, now };
    /// Of who sends: false when all is sent, or it stops now.
    bool go_on_sending(std::string_view id, Day today, After stop);

    struct Row {
        std::string id;
        Usage used;
    };
    /// The principals that used most statements today.
    std::vector<Row> busiest(Day today, std::size_t most) const;

private:
    struct Entry {
        Day day = 0;
        Usage shared;   // by all, as it was told last
        Usage sending;  // ours, under way
        Usage unsent;   // ours
        base::TimePoint told{};
        bool is_told = false;
        bool has_sender = false;
        Usage used() const { return shared + sending + unsent; }
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    Entry& entry(std::string_view id, Day today) BASE_REQUIRES(mutex_);

    const std::size_t most_;
    mutable base::Mutex mutex_;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_ BASE_GUARDED_BY(mutex_);
};

}  // namespace access_control
