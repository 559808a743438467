#include "query/names.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sql/lexer.hpp"
#include "sql/quoting.hpp"

namespace query {

namespace {

bool is_bare_word(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto later = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '$'; };
    return !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), later);
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

base::Error bad_name(std::string_view argument, std::string_view why) {
    return base::Error{base::Kind::bad_argument, std::string{argument} + ": " + std::string{why}}.about(
        std::string{argument});
}

base::Result<std::string> checked(std::string_view argument, std::string name) {
    if (name.empty()) return base::fail(bad_name(argument, "the name is empty"));
    if (characters(name) > max_name_characters) {
        return base::fail(bad_name(argument, "a name has at most 255 characters"));
    }
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (!base::is_valid_utf8(name) || std::any_of(name.begin(), name.end(), control)) {
        return base::fail(bad_name(argument, "a name has no control characters"));
    }
    return name;
}

/// True where nothing contradicts; fills an empty `mine`.
bool agree(std::string& mine, std::string_view given) {
    if (mine.empty()) mine = std::string{given};
    return given.empty() || mine == given;
}

}  // namespace

bool is_exact_name(std::string_view text) {
    text = base::trim(text);
    return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}

base::Result<std::string> fold_name(std::string_view argument, std::string_view text) {
    text = base::trim(text);
    if (is_bare_word(text)) return checked(argument, base::to_upper(text));
    if (is_exact_name(text)) {
        auto parts = sql::parse_name(text, 1);
        if (!parts) return base::fail(bad_name(argument, "a quote inside a quoted name is written twice"));
        return checked(argument, std::move(parts->front()));
    }
    return checked(argument, std::string{text});
}

std::string ObjectName::sql() const {
    if (schema.empty() && database.empty()) return sql::quote_name({name});
    if (database.empty()) return sql::quote_name({schema, name});
    return sql::quote_name({database, schema, name});
}

std::string ObjectName::shown() const {
    std::string out;
    for (const auto* part : {&database, &schema, &name}) {
        if (part->empty() && out.empty()) continue;
        if (part != &name) {
            out += shown_name(*part) + ".";
        } else {
            out += shown_name(*part);
        }
    }
    return out;
}

base::Result<ObjectName> object_name(std::string_view argument, std::string_view name, std::string_view database,
                                     std::string_view schema) {
    ObjectName given;
    if (!database.empty()) {
        auto folded = fold_name("database", database);
        if (!folded) return base::fail(std::move(folded.error()));
        given.database = std::move(*folded);
    }
    if (!schema.empty()) {
        auto folded = fold_name("schema", schema);
        if (!folded) return base::fail(std::move(folded.error()));
        given.schema = std::move(*folded);
    }

    ObjectName result;
    const std::string_view trimmed = base::trim(name);
    auto parts = sql::parse_name(trimmed, 3);
    if (parts && parts->size() > 1) {
        result.name = parts->back();
        result.schema = (*parts)[parts->size() - 2];
        if (result.schema.empty()) result.schema = "PUBLIC";
        if (parts->size() == 3) result.database = parts->front();
        result.exact = trimmed.back() == '"';
        for (const auto& part : *parts) {
            if (part.empty()) continue;
            if (auto fine = checked(argument, part); !fine) return base::fail(std::move(fine.error()));
        }
    } else {
        auto folded = fold_name(argument, name);
        if (!folded) return base::fail(std::move(folded.error()));
        result.name = std::move(*folded);
        result.exact = is_exact_name(name);
    }
    if (!agree(result.schema, given.schema) || !agree(result.database, given.database)) {
        return base::fail(bad_name(argument, "the name says another database or schema than the arguments"));
    }
    return result;
}

std::string quoted_name(std::string_view name) { return sql::quote_identifier(name); }
std::string quoted_text(std::string_view text) { return sql::quote_string(text); }
std::string shown_name(std::string_view name) { return sql::quote_identifier_if_needed(name); }

std::string like_pattern(std::string_view name) {
    std::string pattern{name};
    std::replace(pattern.begin(), pattern.end(), '\\', '_');
    std::replace(pattern.begin(), pattern.end(), '%', '_');
    return sql::quote_string(pattern);
}

std::string explain(std::string_view statement) {
    sql::Lexer lexer{statement};
    if (lexer.next_significant().is_word("EXPLAIN")) return std::string{statement};
    return "EXPLAIN " + std::string{statement};
}

}  // namespace query
