/// How an answer becomes a result set: given by the backend, which has the HTTP clients and the memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "backend/result_set.hpp"
#include "backend/snowflake/result/query_answer.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

struct ResultWish {
    std::optional<std::uint64_t> limit;  ///< rows that are wanted at most
    std::shared_ptr<void> keeps;         ///< released with the result set
    std::uint64_t skip = 0;              ///< rows before the first that is wanted
};

/// On the call's worker; does not wait: chunks are fetched when the rows are read.
using ResultOpener = std::function<base::Result<std::unique_ptr<ResultSet>>(async::Call& call, QueryAnswer answer,
                                                                            SessionState::Ptr state, ResultWish wish)>;

}  // namespace backend::snowflake
