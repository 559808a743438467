/// What a statement holds while its rows are read: for the files of `Pipeline` only.
#pragma once

#include "query/namespace.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "query/pipeline.hpp"

namespace query {

/// What a statement leases before it runs, for what is decoded and not written yet. The answer leases its own bytes
/// while it grows.
inline std::size_t first_lease(const Settings& settings) {
    return std::min(settings.max_result_bytes, std::size_t{256} * 1024);
}

/// Absent: nothing is batched.
std::optional<BatchCore::Limits> batch_limits(const Pipeline::Services& services);

/// What a statement holds while it is read. Destroyed from below: the result first, the permit last.
struct Pipeline::Running {
    explicit Running(Permit given) : permit{std::move(given)} {}
    Permit permit;
    base::Lease memory;
    std::optional<backend::Borrowed> session;
    std::optional<async::Call> call;  // with the deadline of QUERY_TIMEOUT_SECONDS
    std::unique_ptr<backend::ResultSet> result;
    Selection selection;
};

}  // namespace query
