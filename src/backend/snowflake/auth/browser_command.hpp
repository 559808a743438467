/// Opens a page in the person's browser, without a shell between.
#pragma once

#include <string>

#include "backend/snowflake/auth/login_task.hpp"

namespace backend::snowflake {

/// Runs $BROWSER or xdg-open with `url` as its only argument; its input and output are nobody's (stdout may be a
/// protocol's). False: there is no such program. Does not wait for it.
bool run_browser(const std::string& url, const Environment& environment);

}  // namespace backend::snowflake
