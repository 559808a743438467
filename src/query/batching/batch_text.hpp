/// A statement as part of a request of several: which can be one, and how they are put together.
///
/// What counts is that Snowflake's splitter and ours see the same statements. So what could be read differently between
/// semicolons is no part: a text with a semicolon or a `$$` body inside, a `->>` chain, and whatever is no plain query.
///
/// Place: before admission. Threads: pure functions; the text is at most some KiB (`longest_batched_text`).
#pragma once

#include "query/namespace.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace query {

inline constexpr std::size_t longest_batched_text = 4'096;  // bytes: lexing it takes some microseconds

/// The one query (SELECT, WITH … SELECT, VALUES) of a judged text, from its first to its last significant byte; absent
/// where the text is no such thing. A view into the text.
std::optional<std::string_view> batch_part(std::string_view text);

/// Parts in one text, in their order: exactly as many statements.
std::string compose(std::span<const std::string> parts);

}  // namespace query
