/// The query tag of a batch: JSON as a statement's (query_tag.hpp), with whoever rides in the order of the statements.
///
/// At most 2,000 characters (Snowflake's bound): principals first, then tools, then request ids; what does not fit is
/// left out, and `more` says that something was. Pure.
#pragma once

#include "query/namespace.hpp"

#include <span>
#include <string>

namespace query {

struct BatchRider {
    std::string principal;
    std::string tool;
    std::string request;
};

std::string batch_tag(std::span<const BatchRider> riders);

}  // namespace query
