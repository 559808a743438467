// Reads SHOW and DESCRIBE.
#include "backend/duckdb/catalog_command.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>

#include "base/text.hpp"
#include "sql/lexer.hpp"

namespace backend::duckdb {
namespace {

using sql::Token;
using sql::TokenKind;

base::Error syntax_error(std::string message) {
    return base::Error{base::Kind::sql, "SQL compilation error: " + std::move(message)}
        .at(base::Stage::query)
        .code("001003", "42000");
}

base::Error not_here(std::string_view what) {
    return base::Error{base::Kind::sql,
                       fmt::format("{} is not supported by the embedded backend, which has databases, schemas, tables, "
                                   "views, columns and one warehouse only",
                                   what)}
        .at(base::Stage::query)
        .code("000002", "0A000");
}

class Reader {
public:
    explicit Reader(std::vector<Token> tokens) : tokens_{std::move(tokens)} {
        while (!tokens_.empty() && tokens_.back().is(";")) tokens_.pop_back();
    }

    bool at_end() const { return at_ == tokens_.size(); }
    bool is_word(std::string_view upper) const { return !at_end() && tokens_[at_].is_word(upper); }
    bool take_word(std::string_view upper) {
        if (!is_word(upper)) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view symbol) {
        if (at_end() || !tokens_[at_].is(symbol)) return false;
        ++at_;
        return true;
    }
    std::string_view text() const { return at_end() ? std::string_view{"the end"} : tokens_[at_].text; }
    bool is_name() const { return !at_end() && tokens_[at_].is_name(); }

    base::Result<std::string> string(std::string_view after) {
        if (at_end() || (tokens_[at_].kind != TokenKind::string && tokens_[at_].kind != TokenKind::dollar_string))
            return base::fail(syntax_error(fmt::format("expected a string after {}, found '{}'", after, text())));
        return sql::string_value(tokens_[at_++]);
    }

    base::Result<std::uint64_t> number(std::string_view after) {
        std::uint64_t value = 0;
        const std::string_view digits = text();
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (at_end() || tokens_[at_].kind != TokenKind::number || error != std::errc{} ||
            end != digits.data() + digits.size())
            return base::fail(syntax_error(fmt::format("expected a whole number after {}, found '{}'", after, digits)));
        ++at_;
        return value;
    }

    base::Result<std::vector<NamePart>> name(std::size_t max_parts) {
        std::vector<NamePart> parts;
        for (;;) {
            if (is_name()) {
                const Token& token = tokens_[at_++];
                parts.push_back({sql::identifier_value(token), token.kind == TokenKind::quoted_identifier});
            } else if (!parts.empty() && !at_end() && tokens_[at_].is(".")) {
                parts.push_back({});  // db..name
            } else {
                return base::fail(syntax_error(fmt::format("expected a name, found '{}'", text())));
            }
            if (!take(".")) break;
        }
        if (parts.size() > max_parts)
            return base::fail(syntax_error(fmt::format("a name has at most {} parts here", max_parts)));
        return parts;
    }

    /// The words from here to the first that can't be a part of the kind, in capitals.
    std::string words_ahead(std::size_t count) const {
        std::string words;
        for (std::size_t i = at_; i < tokens_.size() && i < at_ + count && tokens_[i].kind == TokenKind::word; ++i) {
            if (!words.empty()) words += ' ';
            words += base::to_upper(tokens_[i].text);
        }
        return words;
    }

private:
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
};

struct ShowKind {
    std::string_view word;
    ShowCommand::Kind kind;
};

constexpr std::array show_kinds{
    ShowKind{"DATABASES", ShowCommand::Kind::databases},   ShowKind{"SCHEMAS", ShowCommand::Kind::schemas},
    ShowKind{"TABLES", ShowCommand::Kind::tables},         ShowKind{"VIEWS", ShowCommand::Kind::views},
    ShowKind{"OBJECTS", ShowCommand::Kind::objects},       ShowKind{"COLUMNS", ShowCommand::Kind::columns},
    ShowKind{"WAREHOUSES", ShowCommand::Kind::warehouses},
};

bool at_clause(const Reader& reader) {
    return reader.is_word("STARTS") || reader.is_word("LIMIT") || reader.is_word("LIKE") || reader.at_end();
}

/// After IN.
base::Result<void> read_scope(Reader& reader, ShowCommand& show) {
    using Scope = ShowCommand::Scope;
    if (reader.take_word("ACCOUNT")) {
        show.scope = Scope::account;
        return {};
    }
    std::size_t parts = 2;
    bool may_be_unnamed = false;
    if (reader.take_word("DATABASE")) {
        show.scope = Scope::database;
        parts = 1;
        may_be_unnamed = true;
    } else if (reader.take_word("SCHEMA")) {
        show.scope = Scope::schema;
        may_be_unnamed = true;
    } else if (reader.take_word("TABLE") || reader.take_word("VIEW")) {
        show.scope = Scope::relation;
        parts = 3;
    } else if (show.kind == ShowCommand::Kind::columns) {
        show.scope = Scope::relation;
        parts = 3;
    } else if (show.kind == ShowCommand::Kind::schemas) {
        show.scope = Scope::database;
        parts = 1;
    } else {
        show.scope = Scope::name;
    }
    if (may_be_unnamed && at_clause(reader)) return {};
    auto name = reader.name(parts);
    if (!name) return base::fail(name.error());
    show.parts = std::move(*name);
    return {};
}

base::Result<void> read_limit(Reader& reader, ShowCommand& show) {
    auto limit = reader.number("LIMIT");
    if (!limit) return base::fail(limit.error());
    show.limit = *limit;
    if (!reader.take_word("FROM")) return {};
    auto after = reader.string("FROM");
    if (!after) return base::fail(after.error());
    show.after = std::move(*after);
    return {};
}

base::Result<CatalogCommand> read_show(Reader& reader) {
    ShowCommand show;
    show.terse = reader.take_word("TERSE");
    const ShowKind* kind = nullptr;
    for (const ShowKind& candidate : show_kinds)
        if (reader.take_word(candidate.word)) kind = &candidate;
    if (!kind) return base::fail(not_here("SHOW " + reader.words_ahead(2)));
    show.kind = kind->kind;
    show.history = reader.take_word("HISTORY");
    if (reader.take_word("LIKE")) {
        auto like = reader.string("LIKE");
        if (!like) return base::fail(like.error());
        show.like = std::move(*like);
    }
    base::Result<void> read;
    if (reader.take_word("IN")) read = read_scope(reader, show);
    if (read && reader.take_word("STARTS")) {
        if (!reader.take_word("WITH")) return base::fail(syntax_error("expected WITH after STARTS"));
        auto starts = reader.string("STARTS WITH");
        if (!starts) return base::fail(starts.error());
        show.starts_with = std::move(*starts);
    }
    if (read && reader.take_word("LIMIT")) read = read_limit(reader, show);
    if (!read) return base::fail(read.error());
    if (!reader.at_end())
        return base::fail(syntax_error(fmt::format("unexpected '{}' in SHOW {}", reader.text(), kind->word)));
    return show;
}

base::Result<CatalogCommand> read_describe(Reader& reader) {
    DescribeCommand describe;
    std::size_t parts = 3;
    if (reader.take_word("DATABASE")) {
        describe.kind = DescribeCommand::Kind::database;
        parts = 1;
    } else if (reader.take_word("SCHEMA")) {
        describe.kind = DescribeCommand::Kind::schema;
        parts = 2;
    } else if (!reader.take_word("TABLE") && !reader.take_word("VIEW")) {
        // DESC <name> alone works too; two words in a row are a kind of object that there is not.
        if (const std::string words = reader.words_ahead(2);
            words.find(' ') != std::string::npos && !words.ends_with(" TYPE"))
            return base::fail(not_here("DESCRIBE " + words.substr(0, words.find(' '))));
    }
    auto name = reader.name(parts);
    if (!name) return base::fail(name.error());
    describe.parts = std::move(*name);
    if (reader.take_word("TYPE")) {
        const bool columns = reader.take("=") && reader.take_word("COLUMNS");
        if (!columns) return base::fail(not_here("DESCRIBE TABLE ... TYPE = STAGE"));
    }
    if (!reader.at_end()) return base::fail(syntax_error(fmt::format("unexpected '{}' in DESCRIBE", reader.text())));
    return describe;
}

}  // namespace

base::Result<std::optional<CatalogCommand>> parse_catalog_command(std::string_view text) {
    sql::Lexer lexer{text};
    const Token first = lexer.next_significant();
    const bool show = first.is_word("SHOW");
    if (!show && !first.is_word("DESCRIBE") && !first.is_word("DESC")) return std::nullopt;
    Reader reader{sql::significant_tokens(text.substr(first.end_offset()))};
    auto command = show ? read_show(reader) : read_describe(reader);
    if (!command) return base::fail(command.error());
    return std::optional{std::move(*command)};
}

bool matches_like(std::string_view text, std::string_view pattern) {
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t retry_t = 0;
    std::size_t retry_p = std::string_view::npos;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto next_character = [&](std::size_t at) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        return at;
    };
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '%') {
            retry_p = ++p;
            retry_t = t;
        } else if (p < pattern.size() && pattern[p] == '_') {
            ++p;
            t = next_character(t);
        } else {
            const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
            const std::size_t wanted = p + (escaped ? 1 : 0);
            if (wanted < pattern.size() && lower(pattern[wanted]) == lower(text[t])) {
                p = wanted + 1;
                ++t;
            } else if (retry_p != std::string_view::npos) {
                p = retry_p;
                t = retry_t = next_character(retry_t);
            } else {
                return false;
            }
        }
    }
    while (p < pattern.size() && pattern[p] == '%') ++p;
    return p == pattern.size();
}

}  // namespace backend::duckdb
