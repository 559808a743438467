/// The part of an answer that every caller may share, and what is put around it for one of them.
///
/// A cursor is sealed for one principal (DESIGN.md section 5b), so an answer that is to be gone on from is kept open
/// and closed for each caller; all others are closed once. Place: made by the render stage; cache, flights and `answer`
/// hold it. Threads: a value; its bytes may be shared (base/payload.hpp).
#pragma once

#include "query/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/payload.hpp"
#include "query/answer.hpp"

namespace query {

struct Rendered {
    base::Payload content;     ///< JSON: the array of content blocks; without its end where `next` is set
    base::Payload structured;  ///< JSON: the object; without its end where `next` is set
    Facts facts;               ///< without a cursor
    std::string note;          ///< the server's own words, as they stand in both
    std::uint64_t next = 0;    ///< rows of the whole result before the next page; 0: no cursor is due

    /// What it holds of the process's memory.
    std::size_t bytes() const;
};

/// The end of both fragments: note, figures, `cursor` where there is one.
void append_ends(std::string& content, std::string& structured, const Facts& facts, std::string_view note);

/// For one caller; `cursor` goes in where `next` is set.
Answer close(const Rendered& rendered, std::string cursor);

}  // namespace query
