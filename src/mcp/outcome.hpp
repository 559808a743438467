/// What a handler gives back: the answer, now, or a task that will have it.
///
/// A handler is one function object, `Outcome<T>(Context&)`; by what it returns it chooses the way:
///   - `base::Result<T>` (or `T`, or a failure): answered without suspension, the hot path;
///   - `async::Task<base::Result<T>>`: a coroutine, run on the call's worker;
///   - either of them from one plain function ("a cache hit now, else a task").
/// A coroutine may keep the context's reference: the context lives until the answer was taken. Its other parameters
/// are values.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <variant>

#include "async/task.hpp"
#include "base/error.hpp"

namespace mcp {

template <class T>
class Outcome {
public:
    using Answer = base::Result<T>;
    using Later = async::Task<Answer>;

    template <class U>
        requires(std::convertible_to<U &&, Answer> && !std::same_as<std::remove_cvref_t<U>, Outcome> &&
                 !std::same_as<std::remove_cvref_t<U>, Later>)
    Outcome(U&& answer) : value_{std::in_place_index<0>, std::forward<U>(answer)} {}
    Outcome(Later later) : value_{std::in_place_index<1>, std::move(later)} {}

    bool answered() const { return value_.index() == 0; }
    Answer& answer() { return std::get<0>(value_); }
    /// The coroutine, not yet started. Once.
    Later later() && { return std::get<1>(std::move(value_)); }

private:
    std::variant<Answer, Later> value_;
};

}  // namespace mcp
