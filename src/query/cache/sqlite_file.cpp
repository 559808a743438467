#include "query/cache/sqlite_file.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

namespace query::cache {
namespace {

constexpr int schema_version = 1;
constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t row_bytes = 64;  // of the table and its index, beside key and value
constexpr std::uint64_t smallest = 64 * page_bytes;
constexpr int busy_ms = 200;  // another process writes

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS entries(key BLOB PRIMARY KEY, stored INTEGER NOT NULL, until INTEGER NOT NULL, "
    "value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS by_age ON entries(stored);"
    "CREATE INDEX IF NOT EXISTS by_end ON entries(until);";

struct Statement {
    Statement() = default;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(handle); }
    sqlite3_stmt* handle = nullptr;
};

/// Bound, stepped, reset.
class Use {
public:
    explicit Use(const Statement& statement) : handle_{statement.handle} {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
    }
    Use& bytes(int at, std::string_view value) {
        sqlite3_bind_blob64(handle_, at, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
        return *this;
    }
    Use& number(int at, std::int64_t value) {
        sqlite3_bind_int64(handle_, at, value);
        return *this;
    }
    int step() { return sqlite3_step(handle_); }
    std::string column_bytes(int at) const {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, at));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, at));
        return data == nullptr ? std::string{} : std::string{data, size};
    }
    std::int64_t column(int at) const { return sqlite3_column_int64(handle_, at); }

private:
    sqlite3_stmt* handle_;
};

bool is_damage(int code) {
    const int kind = code & 0xFF;
    return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_FORMAT;
}

}  // namespace

struct SqliteFile::Statements {
    Statement get;
    Statement put;
    Statement clear;
    Statement drop_ended;
    Statement drop_oldest;
    Statement count;
};

SqliteFile::SqliteFile(std::filesystem::path file, std::uint64_t max_bytes)
    : file_{std::move(file)}, max_bytes_{std::max(max_bytes, smallest)} {}

SqliteFile::SqliteFile(SqliteFile&& other) noexcept
    : file_{std::move(other.file_)},
      max_bytes_{other.max_bytes_},
      database_{std::exchange(other.database_, nullptr)},
      statements_{std::move(other.statements_)},
      figures_{other.figures_} {}

SqliteFile& SqliteFile::operator=(SqliteFile&& other) noexcept {
    if (this != &other) {
        close();
        file_ = std::move(other.file_);
        max_bytes_ = other.max_bytes_;
        database_ = std::exchange(other.database_, nullptr);
        statements_ = std::move(other.statements_);
        figures_ = other.figures_;
    }
    return *this;
}

SqliteFile::~SqliteFile() { close(); }

void SqliteFile::close() {
    statements_.reset();
    sqlite3_close(std::exchange(database_, nullptr));
}

base::Result<SqliteFile> SqliteFile::open(const std::filesystem::path& folder, std::uint64_t max_bytes) {
    const auto refuse = [&](std::string_view why) {
        return base::fail(base::Error{base::Kind::bad_argument,
                                      fmt::format("CACHE_DIR ({}) cannot be used: {}", folder.string(), why)}
                              .at(base::Stage::config)
                              .about("CACHE_DIR"));
    };
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (error) return refuse(error.message());
    if (made) ::chmod(folder.c_str(), 0700);
    SqliteFile file{folder / "answers.sqlite", max_bytes};
    auto begun = file.begin();
    if (!begun) begun = file.begin_anew();
    if (!begun) return refuse(begun.error().message());
    return file;
}

base::Error SqliteFile::problem(int code) {
    std::string words = database_ != nullptr ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
    if (is_damage(code)) {
        if (auto anew = begin_anew(); !anew) words += "; " + anew.error().message();
    }
    return base::Error{base::Kind::unavailable, fmt::format("the file cache: {}", words)}.at(base::Stage::cache);
}

base::Result<void> SqliteFile::begin() {
    const auto failed = [&](std::string_view what) {
        auto words = fmt::format("{}: {}", what, database_ ? sqlite3_errmsg(database_) : "out of memory");
        close();
        return base::fail(base::Error{base::Kind::unavailable, std::move(words)}.at(base::Stage::cache));
    };
    const auto mask = ::umask(0077);
    const int opened = sqlite3_open_v2(file_.c_str(), &database_,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    ::umask(mask);
    if (opened != SQLITE_OK) return failed(file_.string());
    sqlite3_busy_timeout(database_, busy_ms);
    const auto run = [&](const std::string& sql) {
        return sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    };
    int version = 0;
    const auto read_version = [](void* into, int, char** values, char**) {
        *static_cast<int*>(into) = values[0] ? std::atoi(values[0]) : 0;
        return 0;
    };
    if (!run(fmt::format("PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                         "PRAGMA journal_size_limit={}; PRAGMA max_page_count={};",
                         page_bytes, max_bytes_ / 4, max_bytes_ / page_bytes)) ||
        sqlite3_exec(database_, "PRAGMA user_version", read_version, &version, nullptr) != SQLITE_OK) {
        return failed("its pragmas");
    }
    if (version != 0 && version != schema_version) return failed("another version wrote it");
    // Nothing is written to a file that is right already: a full disk must not cost what was kept.
    if (version == 0 && (!run(schema) || !run(fmt::format("PRAGMA user_version={}", schema_version)))) {
        return failed("its tables");
    }
    statements_ = std::make_unique<Statements>();
    const auto prepare = [&](Statement& into, const char* sql) {
        return sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &into.handle, nullptr) == SQLITE_OK;
    };
    if (!prepare(statements_->get, "SELECT value FROM entries WHERE key=?1 AND until>?2") ||
        !prepare(statements_->put, "INSERT OR REPLACE INTO entries(key,stored,until,value) VALUES(?1,?2,?3,?4)") ||
        !prepare(statements_->clear, "DELETE FROM entries") ||
        !prepare(statements_->drop_ended, "DELETE FROM entries WHERE until<=?1") ||
        !prepare(statements_->drop_oldest,
                 "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY stored LIMIT ?1)") ||
        !prepare(statements_->count, "SELECT COUNT(*), COALESCE(SUM(LENGTH(key)+LENGTH(value)+64),0) FROM entries")) {
        return failed("its statements");
    }
    return count();
}

base::Result<void> SqliteFile::begin_anew() {
    close();
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix, ignored);
    ++figures_.begun_anew;
    return begin();
}

base::Result<void> SqliteFile::count() {
    Use use{statements_->count};
    if (use.step() != SQLITE_ROW) return base::fail(base::Kind::unavailable, "the file cache cannot be counted");
    figures_.entries = static_cast<std::uint64_t>(use.column(0));
    figures_.bytes = static_cast<std::uint64_t>(use.column(1));
    return {};
}

base::Result<std::optional<std::string>> SqliteFile::get(std::string_view key, std::int64_t now_ms) {
    if (!statements_) return base::fail(base::Kind::unavailable, "the file cache is closed");
    int code = SQLITE_OK;
    {
        Use use{statements_->get};
        code = use.bytes(1, key).number(2, now_ms).step();
        if (code == SQLITE_ROW) return use.column_bytes(0);
    }
    if (code == SQLITE_DONE) return std::optional<std::string>{};
    return base::fail(problem(code));
}

/// Three quarters of the bound for keys and values: the rest is the tree's and what is half empty in it.
base::Result<void> SqliteFile::make_room(std::uint64_t bytes, std::int64_t now_ms) {
    const auto bound = max_bytes_ / 4 * 3;
    if (figures_.bytes + bytes <= bound) return {};
    const auto before = figures_.entries;
    if (const int code = Use{statements_->drop_ended}.number(1, now_ms).step(); code != SQLITE_DONE) {
        return base::fail(problem(code));
    }
    if (auto counted = count(); !counted) return counted;
    while (figures_.bytes + bytes > bound && figures_.entries > 0) {
        // A tenth at a time, so that a full cache is not swept for each entry.
        const auto some = std::max<std::uint64_t>(1, figures_.entries / 10);
        if (const int code = Use{statements_->drop_oldest}.number(1, static_cast<std::int64_t>(some)).step();
            code != SQLITE_DONE) {
            return base::fail(problem(code));
        }
        if (auto counted = count(); !counted) return counted;
    }
    figures_.evicted += before - std::min(before, figures_.entries);
    return {};
}

base::Result<void> SqliteFile::put(std::string_view key, std::string_view value, std::int64_t now_ms,
                                   std::int64_t until_ms) {
    if (!statements_) return base::fail(base::Kind::unavailable, "the file cache is closed");
    const auto bytes = key.size() + value.size() + row_bytes;
    if (bytes > max_bytes_ / 4) return {};  // it would drive out too much
    if (auto room = make_room(bytes, now_ms); !room) return room;
    int code = SQLITE_OK;
    {
        Use use{statements_->put};
        code = use.bytes(1, key).number(2, now_ms).number(3, until_ms).bytes(4, value).step();
    }
    if (code != SQLITE_DONE) return base::fail(problem(code));
    ++figures_.entries;
    figures_.bytes += bytes;
    return {};
}

base::Result<void> SqliteFile::clear() {
    if (!statements_) return base::fail(base::Kind::unavailable, "the file cache is closed");
    if (const int code = Use{statements_->clear}.step(); code != SQLITE_DONE) return base::fail(problem(code));
    return count();
}

}  // namespace query::cache
