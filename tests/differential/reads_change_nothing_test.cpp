// Whatever the guard calls a read is run against a writable copy of the sample database: its content must not change.
//
// The statements are the reads of the guard's corpus and of tests/data/embedded-sql. Each is run twice where it can be:
// as Snowflake's SQL (translated by the dialect) and as it stands, since DuckDB may read more into a text than the
// dialect lets through. What ran at least once counts as executed; the share is printed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "backend/duckdb/built_database.hpp"
#include "backend/duckdb/dialect_file.hpp"
#include "backend/duckdb/engine.hpp"
#include "backend/duckdb/handles.hpp"
#include "backend/duckdb/served_database.hpp"
#include "sql/guard.hpp"
#include "sql/guard_corpus.hpp"

namespace {

using backend::duckdb::Connection;

/// The sample database, writable, in memory, with the dialect's functions, all in one DuckDB that nothing locks.
class WritableCopy {
public:
    static std::unique_ptr<WritableCopy> make(const backend::duckdb::Library& library) {
        auto copy = std::make_unique<WritableCopy>();
        const auto& api = library.api;
        auto instance = backend::duckdb::Instance::open(api, ":memory:", {{"threads", "2"}, {"memory_limit", "2GB"}});
        if (!instance) return nullptr;
        auto connection = Connection::open(*instance);
        if (!connection) return nullptr;
        copy->connection_ = std::move(*connection);
        const auto dialect = backend::duckdb::snowflake_dialect();
        if (!dialect.register_functions(api, copy->connection_->handle())) return nullptr;
        for (const std::string& statement : dialect.setup_statements()) {
            if (auto ran = copy->connection_->run(statement); !ran) {
                ADD_FAILURE() << ran.error().message();
                return nullptr;
            }
        }
        return copy;
    }

    bool copy_database(const std::string& name, const std::string& file) {
        const std::string script = fmt::format(
            "ATTACH '{0}' AS original (READ_ONLY); ATTACH ':memory:' AS \"{1}\"; COPY FROM DATABASE original TO "
            "\"{1}\"; "
            "DETACH original; USE \"{1}\"; CHECKPOINT",
            file, name);
        const auto ran = connection_->run(script);
        EXPECT_TRUE(ran) << ran.error().message();
        return ran.has_value();
    }

    bool run(const std::string& sql) { return connection_->run(sql).has_value(); }

    /// The corpus speaks of tables that nobody has (`t`, `orders`, `db.s.t`): makes those that DuckDB misses in `sql`,
    /// with the columns it misses, and two rows.
    void make_what_is_missing(const std::string& sql) {
        for (int attempt = 0; attempt < 12; ++attempt) {
            const auto ran = connection_->run(fmt::format("EXPLAIN {}", sql));
            if (ran || !make_missing(ran.error().message())) return;
        }
    }

    /// Objects of every kind with their definitions, and for each table the number and a hash of its rows.
    std::map<std::string, std::string> content() {
        std::map<std::string, std::string> all;
        const auto add = [&](const std::string& kind, const std::string& sql) {
            const auto rows = connection_->rows(sql);
            EXPECT_TRUE(rows) << kind << ": " << rows.error().message();
            if (!rows) return;
            for (const auto& row : *rows) all[kind + " " + row[0].first] = row[1].first;
        };
        add("table",
            "SELECT concat_ws('.', database_name, schema_name, table_name), coalesce(sql, '') FROM duckdb_tables()");
        add("view",
            "SELECT concat_ws('.', database_name, schema_name, view_name), coalesce(sql, '') FROM duckdb_views() "
            "WHERE NOT internal");
        add("schema", "SELECT concat_ws('.', database_name, schema_name), '' FROM duckdb_schemas()");
        add("sequence",
            "SELECT concat_ws('.', database_name, schema_name, sequence_name), coalesce(last_value, 0)::VARCHAR FROM "
            "duckdb_sequences()");
        add("database", "SELECT database_name, '' FROM duckdb_databases()");
        add("setting",
            "SELECT name, coalesce(value, '') FROM duckdb_settings() WHERE name IN ('threads', 'search_path', "
            "'TimeZone', 'memory_limit', 'enable_external_access', 'default_null_order', 'schema')");
        add("variable", "SELECT name, value::VARCHAR FROM duckdb_variables()");
        const auto tables = connection_->rows(
            "SELECT format('\"{}\".\"{}\".\"{}\"', database_name, schema_name, table_name) FROM duckdb_tables()");
        EXPECT_TRUE(tables);
        for (const auto& table : *tables) {
            add("rows of",
                fmt::format(
                    "SELECT '{0}', format('{{}} {{}}', count(*), coalesce(sum(hash(t)::HUGEINT), 0)) FROM {0} t",
                    table[0].first));
        }
        return all;
    }

    const std::set<std::string>& made_columns() const { return columns_; }

private:
    bool make_missing(const std::string& error) {
        static const std::regex schema{"because schema \"([^\"]+)\" does not exist"};
        static const std::regex database{"Catalog \"([^\"]+)\" does not exist"};
        static const std::regex table{"Table with name \"?([A-Za-z0-9_. ]+?)\"? does not exist"};
        static const std::regex column{"Referenced column \"([^\"]+)\" not found"};
        static const std::regex member{"does not have a column named \"([^\"]+)\""};
        std::smatch found;
        if (std::regex_search(error, found, schema)) {
            bool made = run(fmt::format("CREATE SCHEMA \"{}\"", found[1].str()));
            for (const std::string& name : databases_) {
                made = run(fmt::format("CREATE SCHEMA \"{}\".\"{}\"", name, found[1].str())) || made;
            }
            return made;
        }
        if (std::regex_search(error, found, database)) {
            databases_.push_back(found[1].str());
            return run(fmt::format("ATTACH ':memory:' AS \"{}\"", found[1].str()));
        }
        if (std::regex_search(error, found, table)) {
            std::string columns = "a INTEGER";
            for (const std::string& name : columns_) columns += fmt::format(", \"{}\" INTEGER", name);
            std::string quoted = found[1].str();
            for (std::size_t dot = 0; (dot = quoted.find('.', dot)) != std::string::npos; dot += 3)
                quoted.replace(dot, 1, "\".\"");
            if (!run(fmt::format("CREATE TABLE \"{}\" ({})", quoted, columns))) return false;
            made_.push_back(quoted);
            return run(fmt::format("INSERT INTO \"{}\" (a) VALUES (1), (2)", quoted));
        }
        if (std::regex_search(error, found, column) || std::regex_search(error, found, member)) {
            const std::string name = found[1].str();
            if (name == "a" || !columns_.insert(name).second) return false;
            for (const std::string& made : made_)
                run(fmt::format("ALTER TABLE \"{}\" ADD COLUMN \"{}\" INTEGER", made, name));
            return !made_.empty();
        }
        return false;
    }

    std::unique_ptr<Connection> connection_;
    std::vector<std::string> made_;
    std::vector<std::string> databases_;
    std::set<std::string> columns_;
};

/// The sample database's names, and behind them those that were made.
class Names final : public backend::duckdb::CatalogLookup {
public:
    Names(const backend::duckdb::CatalogLookup& sample, const std::set<std::string>& columns) : sample_{sample} {
        const auto add = [this](std::string name) {
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
            columns_.push_back({.name = std::move(name), .type = "NUMBER(38,0)", .duckdb_type = "INTEGER"});
        };
        add("a");
        for (const std::string& name : columns) add(name);
    }

    base::Result<backend::duckdb::FoundRelation> relation(std::span<const backend::duckdb::NamePart> parts,
                                                          const backend::Context& context) const override {
        auto found = sample_.relation(parts, context);
        if (found) return found;
        std::string sql;
        for (const auto& part : parts) sql += fmt::format("{}\"{}\"", sql.empty() ? "" : ".", part.text);
        return backend::duckdb::FoundRelation{.sql = sql, .alias = parts.back().text, .columns = columns_};
    }
    base::Result<std::string> ddl(std::string_view kind, std::string_view name, bool fully_qualified,
                                  const backend::Context& context) const override {
        return sample_.ddl(kind, name, fully_qualified, context);
    }

private:
    const backend::duckdb::CatalogLookup& sample_;
    std::vector<backend::duckdb::RelationColumn> columns_;
};

struct Read {
    std::string where;
    std::string sql;
};

/// What the guard allows of both collections under its default policy.
std::vector<Read> reads() {
    std::vector<Read> all;
    const auto add = [&all](std::string where, const std::string& sql) {
        if (sql::judge_call(sql, sql::Policy{}).is_allowed()) all.push_back({std::move(where), sql});
    };
    for (const auto& block : sql::test::read_corpus(TEST_DATA_DIR "/guard")) {
        add(fmt::format("{}:{}", block.file, block.line), block.sql);
    }
    for (const std::string& path : backend::duckdb::testing::dialect_files()) {
        for (const auto& one : backend::duckdb::testing::read_dialect_file(path).cases) {
            add(fmt::format("{}:{}", path, one.line), one.statement);
        }
    }
    return all;
}

std::string differences(const std::map<std::string, std::string>& before,
                        const std::map<std::string, std::string>& after) {
    std::string text;
    for (const auto& [name, value] : before) {
        const auto now = after.find(name);
        if (now == after.end()) {
            text += fmt::format("  gone: {}\n", name);
        } else if (now->second != value) {
            text += fmt::format("  changed: {}\n", name);
        }
    }
    for (const auto& [name, value] : after) {
        if (!before.contains(name)) text += fmt::format("  new: {}\n", name);
    }
    return text;
}

TEST(Differential, what_the_guard_calls_a_read_changes_nothing) {
    backend::duckdb::Settings settings;
    const auto engine = backend::duckdb::Engine::open(settings);
    ASSERT_TRUE(engine) << engine.error().message();
    const auto library = backend::duckdb::load_library(backend::duckdb::library_candidates(""));
    ASSERT_TRUE(library);
    const auto cache = backend::duckdb::cache_folder("");
    ASSERT_TRUE(cache);
    const auto databases = backend::duckdb::served_databases((*library)->api, *cache, settings);
    ASSERT_TRUE(databases);
    auto copy = WritableCopy::make(**library);
    ASSERT_TRUE(copy);
    ASSERT_TRUE(copy->copy_database(databases->front().own_name, databases->front().file.string()));

    const std::vector<Read> statements = reads();
    ASSERT_GT(statements.size(), 600U);
    for (const Read& read : statements) copy->make_what_is_missing(read.sql);

    // That the test can fail: a write is seen.
    const auto before = copy->content();
    ASSERT_TRUE(copy->run("CREATE TABLE seen_by_the_test AS SELECT 1 AS a"));
    ASSERT_NE(differences(before, copy->content()), "");
    ASSERT_TRUE(copy->run("DROP TABLE seen_by_the_test"));
    ASSERT_EQ(differences(before, copy->content()), "");

    const Names names{(*engine)->catalog(), copy->made_columns()};
    backend::duckdb::TranslationContext context{.catalog = names, .names = (*engine)->defaults()};
    std::size_t executed = 0;
    for (const Read& read : statements) {
        const auto translated = backend::duckdb::dialect::translate(read.sql, context);
        const bool as_snowflake = translated && copy->run(translated->sql);
        const bool as_it_stands = copy->run(read.sql);
        executed += as_snowflake || as_it_stands;
    }
    EXPECT_EQ(differences(before, copy->content()), "");
    const double share = static_cast<double>(executed) / static_cast<double>(statements.size());
    std::printf("differential: %zu reads, %zu of them (%.1f %%) executed on a writable copy\n", statements.size(),
                executed, share * 100);
    EXPECT_GE(share, 0.6);
}

}  // namespace
