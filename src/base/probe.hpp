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
    struct Action {
        std::string name;  ///< "pause", "empty"
        std::function<Result<void>()> run;
    };
    std::string name;                         ///< "pool", "http"
    std::function<void(JsonWriter&)> status;  ///< writes one JSON value; one lock, copied, then written
    std::vector<Action> actions;
};

}  // namespace base
