/// How well an object fits what somebody looks for: its name, its comment and its columns. Pure.
///
/// Words are compared without case (ASCII) and are cut where names are: at `_`, at other marks, before a capital that
/// follows a small letter, between letters and digits. `orders` finds `ORDER`, `custmer` finds `CUSTOMER`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tools {

/// The words of a text, in small letters.
std::vector<std::string> words_of(std::string_view text);

class Search {
public:
    /// Words that carry no meaning ("the", "table") count only where there is no other. No words: everything fits.
    explicit Search(std::string_view query);

    /// 0: does not fit at all. What fits the whole name comes before what fits a word of it, then a part of it, then
    /// the comment; who has all words before who has some.
    struct Scored {
        std::vector<int> terms;  // the best of each term so far
    };
    Scored start() const { return {std::vector<int>(terms_.size(), 0)}; }
    void add_name(Scored& scored, std::string_view name) const;
    void add_comment(Scored& scored, std::string_view comment) const;
    /// True where the column's name or comment fits some term.
    bool add_column(Scored& scored, std::string_view name, std::string_view comment) const;
    /// The database or schema it stands in: helps what fits already. Last.
    void add_place(Scored& scored, std::string_view name) const;
    int total(const Scored& scored) const;

    bool matches_everything() const { return terms_.empty(); }

private:
    bool improve(Scored& scored, std::string_view text, int whole, int word, int part) const;

    std::string whole_;  // the query, its words joined by '_'
    std::vector<std::string> terms_;
};

}  // namespace tools
