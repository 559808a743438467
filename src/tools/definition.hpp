/// What a view is made of: the text of its CREATE statement, from SHOW VIEWS.
#pragma once

#include <string>
#include <string_view>

#include "async/call.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "query/names.hpp"
#include "query/pipeline.hpp"

namespace tools {

/// A definition is read up to this size.
inline constexpr std::size_t longest_definition = 32 * 1024;

/// Empty where it may not be seen (a secure view of another role) or where there is no such view.
async::Task<base::Result<std::string>> view_definition(async::Call& call, query::Pipeline& pipeline,
                                                       query::ObjectName name, std::string_view tool);

}  // namespace tools
