/// What the server wants to hear again with the next statement, so that it reads its own writes (hybrid tables).
///
/// Place: one a session; under its lock. Pure. Source: snowflake-wire.md section 9, as the Python connector and JDBC do
/// it: by id the newer timestamp wins, an equal priority replaces, ascending by priority, the tail is trimmed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backend::snowflake {

class QueryContextCache {
public:
    static constexpr std::size_t default_capacity = 5;

    /// QUERY_CONTEXT_CACHE_SIZE, where the server named it.
    void set_capacity(std::size_t capacity);
    /// `query_context`: the object of an answer as the server wrote it; nothing in an answer changes nothing. One
    /// without entries, or that cannot be read, empties the cache.
    void merge(std::string_view query_context);
    void clear();
    bool empty() const { return entries_.empty(); }

    /// Appends the value of `queryContextDTO`.
    void write(std::string& out) const;

private:
    struct Entry {
        std::int64_t id = 0;
        std::int64_t timestamp = 0;
        std::int64_t priority = 0;
        std::string context;  // base64 or empty
    };

    void put(Entry entry);
    bool merge_entries(std::string_view query_context);

    std::vector<Entry> entries_;  // ascending by priority
    std::size_t capacity_ = default_capacity;
    std::string last_;  // what was merged last: the same again changes nothing
};

}  // namespace backend::snowflake
