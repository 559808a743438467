/// What the methods with a browser share: listening, showing the page, waiting for the person. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/script.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// The port that the browser may come back to.
Script<base::Result<std::uint16_t>> listen(Dialogue& with, Listen where);

/// Opens `url` and waits for what comes back to `path`.
Script<base::Result<CallbackCame>> visit(Dialogue& with, LoginTask& task, std::string url, std::string path);

/// What the person sees at the end: that all is well, or `problem`.
AnswerBrowser answer_for(const std::optional<std::string>& problem);

}  // namespace backend::snowflake
