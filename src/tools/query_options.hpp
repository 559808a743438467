/// What the tools that run statements can do more where the backend has it.
#pragma once

#include "tools/choices.hpp"
#include "tools/long_queries.hpp"

namespace tools {

struct QueryOptions {
    LongQueries* long_queries = nullptr;  ///< null: no statement outlives its call
    Choices choices;
};

}  // namespace tools
