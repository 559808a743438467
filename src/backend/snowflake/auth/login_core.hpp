/// One login as a pure machine: it says what to do next, is told what came of it, and ends with an answer or an error.
///
/// Place: `log_in` drives it; tests talk to it directly. Threads: one at a time. Lifetime: owns all its steps refer to.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "backend/snowflake/auth/login_answer.hpp"
#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/method.hpp"
#include "backend/snowflake/auth/script.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

class LoginCore {
public:
    LoginCore(LoginTask task, Method method);
    LoginCore(const LoginCore&) = delete;
    LoginCore& operator=(const LoginCore&) = delete;
    ~LoginCore();

    /// The first step, and the next one after `event`; `Ended`: `result` is there. `now` is this machine's clock.
    Step start(base::WallTime now);
    Step tell(Event event, base::WallTime now);

    /// Once, after `Ended`.
    base::Result<LoginAnswer> result();
    /// After `Ended`, whatever the result: what is to be kept and dropped.
    const std::vector<CacheChange>& changes() const { return task_.changes; }
    bool passcode_used() const { return task_.passcode_used; }
    /// The given token, where the account refused it.
    base::Secret refused_token() const { return task_.token_refused ? task_.material.token : base::Secret{}; }

private:
    Step next();

    LoginTask task_;
    Method method_;
    Dialogue dialogue_;
    std::optional<Script<base::Result<LoginAnswer>>> script_;
};

}  // namespace backend::snowflake
