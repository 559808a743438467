#include "tools/search_rank.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace tools {

namespace {

enum class Class : std::uint8_t { other, small, capital, digit };

Class class_of(char c) {
    if (c >= 'a' && c <= 'z') return Class::small;
    if (c >= 'A' && c <= 'Z') return Class::capital;
    if (c >= '0' && c <= '9') return Class::digit;
    return static_cast<unsigned char>(c) >= 0x80 ? Class::small : Class::other;
}

constexpr auto weak_words = std::to_array<std::string_view>(
    {"a",         "about", "all",    "an",  "and", "any",  "by",    "column", "columns", "data",   "database",
     "databases", "find",  "for",    "in",  "is",  "list", "of",    "on",     "or",      "schema", "schemas",
     "show",      "table", "tables", "the", "to",  "view", "views", "where",  "which",   "with"});

bool is_weak(std::string_view word) {
    return std::find(weak_words.begin(), weak_words.end(), word) != weak_words.end();
}

/// English plurals, as far as names of tables need them: orders, entries, boxes.
std::string_view stem(std::string_view word) {
    if (word.size() > 4 && word.ends_with("es") && (word.ends_with("xes") || word.ends_with("sses"))) {
        return word.substr(0, word.size() - 2);
    }
    if (word.size() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us")) {
        return word.substr(0, word.size() - 1);
    }
    return word;
}

bool same_word(std::string_view a, std::string_view b) {
    if (a == b || stem(a) == stem(b)) return true;
    const auto ies = [](std::string_view plural, std::string_view single) {
        return plural.size() > 4 && plural.ends_with("ies") && single.ends_with('y') &&
               plural.substr(0, plural.size() - 3) == single.substr(0, single.size() - 1);
    };
    return ies(a, b) || ies(b, a);
}

/// One letter wrong, missing, too many, or two swapped; words of at least five letters.
bool nearly(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    if (a.size() < 4 || b.size() < 5 || b.size() - a.size() > 1) return false;
    std::size_t front = 0;
    while (front < a.size() && a[front] == b[front]) ++front;
    const std::string_view rest_a = a.substr(front);
    const std::string_view rest_b = b.substr(front);
    if (a.size() != b.size()) return rest_a == rest_b.substr(1);
    if (rest_a.empty() || rest_a.substr(1) == rest_b.substr(1)) return true;
    return rest_a.size() >= 2 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
           rest_a.substr(2) == rest_b.substr(2);
}

/// 3: the same word; 2: it begins so; 1: nearly; 0: not.
int likeness(std::string_view term, std::string_view word) {
    if (same_word(term, word)) return 3;
    if (term.size() >= 2 && word.starts_with(term)) return 2;
    if (nearly(term, word)) return 1;
    return 0;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
    };
    Class previous = Class::other;
    for (const char c : text) {
        const Class now = class_of(c);
        const bool letters_and_digits = (now == Class::digit) != (previous == Class::digit);
        if (now == Class::other || letters_and_digits || (now == Class::capital && previous == Class::small)) end();
        if (now != Class::other) word += now == Class::capital ? static_cast<char>(c - 'A' + 'a') : c;
        previous = now;
    }
    end();
    return words;
}

Search::Search(std::string_view query) {
    const auto words = words_of(query);
    for (const auto& word : words) {
        whole_ += (whole_.empty() ? "" : "_") + word;
        if (!is_weak(word) && std::find(terms_.begin(), terms_.end(), word) == terms_.end()) terms_.push_back(word);
    }
    if (terms_.empty()) terms_ = words;
}

bool Search::improve(Scored& scored, std::string_view text, int whole, int word, int part) const {
    if (text.empty() || terms_.empty()) return false;
    bool any = false;
    const auto words = words_of(text);
    std::string joined;
    for (const auto& one : words) joined += (joined.empty() ? "" : "_") + one;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
        int best = 0;
        for (const auto& one : words) {
            const int like = likeness(terms_[i], one);
            if (like > 0) best = std::max(best, word * (like + 1) / 4);
        }
        if (best == 0 && terms_[i].size() >= 3 && joined.find(terms_[i]) != std::string::npos) best = part;
        if (best > 0 && whole > 0 && joined == whole_) best = whole;
        any = any || best > 0;
        scored.terms[i] = std::max(scored.terms[i], best);
    }
    return any;
}

void Search::add_name(Scored& scored, std::string_view name) const { improve(scored, name, 200, 100, 40); }
void Search::add_comment(Scored& scored, std::string_view comment) const { improve(scored, comment, 0, 30, 10); }

void Search::add_place(Scored& scored, std::string_view name) const {
    if (total(scored) > 0) improve(scored, name, 0, 8, 0);
}

bool Search::add_column(Scored& scored, std::string_view name, std::string_view comment) const {
    const bool by_name = improve(scored, name, 60, 50, 20);
    const bool by_comment = improve(scored, comment, 0, 20, 6);
    return by_name || by_comment;
}

int Search::total(const Scored& scored) const {
    if (terms_.empty()) return 1;
    int sum = 0;
    int found = 0;
    for (const int term : scored.terms) {
        sum += term;
        found += term > 0 ? 1 : 0;
    }
    const auto all = static_cast<int>(terms_.size());
    return found == 0 ? 0 : std::max(1, sum * found * found / (all * all));
}

}  // namespace tools
