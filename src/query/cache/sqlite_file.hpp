/// Kept answers in one SQLite file: what the file store does, without threads or waits.
///
/// The file survives a restart and a `kill -9` (write-ahead log). One server writes, several may read. Entries past
/// their time and the oldest go first when the bound is reached; the file itself never grows beyond it. A file that is
/// damaged or of another version is begun anew. Threads: none of its own; its owner lets one at a time in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace query::cache {

class SqliteFile {
public:
    /// Makes the folder (0700) and the file (0600). Errors name CACHE_DIR and what is wrong with it.
    static base::Result<SqliteFile> open(const std::filesystem::path& folder, std::uint64_t max_bytes);

    SqliteFile(SqliteFile&&) noexcept;
    SqliteFile& operator=(SqliteFile&&) noexcept;
    ~SqliteFile();

    /// Times in ms since 1970. Errors: `unavailable`, with SQLite's words.
    base::Result<std::optional<std::string>> get(std::string_view key, std::int64_t now_ms);
    base::Result<void> put(std::string_view key, std::string_view value, std::int64_t now_ms, std::int64_t until_ms);
    base::Result<void> clear();

    struct Figures {
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;  ///< of keys and values
        std::uint64_t evicted = 0;
        std::uint64_t begun_anew = 0;  ///< how often the file was damaged
    };
    Figures figures() const { return figures_; }

private:
    struct Statements;
    SqliteFile(std::filesystem::path file, std::uint64_t max_bytes);
    base::Result<void> begin();
    base::Result<void> begin_anew();
    base::Result<void> make_room(std::uint64_t bytes, std::int64_t now_ms);
    base::Result<void> count();
    base::Error problem(int code);
    void close();

    std::filesystem::path file_;
    std::uint64_t max_bytes_;
    sqlite3* database_ = nullptr;
    std::unique_ptr<Statements> statements_;
    Figures figures_;
};

}  // namespace query::cache
