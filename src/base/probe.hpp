/// How a folder shows itself: metrics at start, a status snapshot, named actions (DESIGN.md section 2, "Probes").
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json_writer.hpp"

namespace base {

struct Probe {
    using Done = std::function<void(Result<void>)>;
    struct Action {
        std::string name;  ///< "pause", "empty"
        std::function<Result<void>()> run;
        /// The same for who wants to know how it ended, where that takes its time: `Done` is told once, on any thread.
        /// May be empty: `run` says it all.
        std::function<void(Done)> begin = {};
    };
    std::string name;                         ///< "pool", "http"
    std::function<void(JsonWriter&)> status;  ///< writes one JSON value; one lock, copied, then written
    std::vector<Action> actions;
};

}  // namespace base
