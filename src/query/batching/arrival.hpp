/// What becomes of each read of a batch when its request has ended.
///
/// Who has rows gets them; an error that is certainly its own is its own; a reason that would hinder each of them alone
/// too (overload, credentials, going down) is everybody's. The rest run alone, once.
///
/// Threads: values, pure functions.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "backend/session.hpp"
#include "base/error.hpp"

namespace query {

struct Arrival {
    std::optional<backend::ReadInOne> read;   ///< it ran: `open` gives its rows
    std::optional<base::Error> error;         ///< neither: it is to run alone
    std::chrono::nanoseconds worked_time{0};  ///< its share of the time for which the warehouse worked
};

/// `count` of them, in the order of the request.
std::vector<Arrival> arrivals(base::Result<std::vector<backend::ReadInOne>> reads, std::size_t count);

}  // namespace query
