/// What a connection logs in with, as it changes: keys and tokens read from files, tokens that Snowflake and identity
/// providers gave, and who may ask a person right now.
///
/// Place: one a connection, shared by its logins. Threads: any. Lifetime: outlives them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/snowflake/auth/material.hpp"
#include "backend/snowflake/settings.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

class Credentials {
public:
    struct Options {
        /// The environment: HOME, AWS_…, IDENTITY_ENDPOINT and so on. Empty: this process's.
        std::function<std::optional<std::string>(const std::string&)> environment;
        /// Shows a person a URL; false: there is no way to. Empty: $BROWSER or xdg-open.
        std::function<bool(const std::string& url)> open_browser;
        /// May a person be asked at all: `stdio`, or `serve` on a terminal. False: browser and push logins are refused
        /// unless a cached token works.
        bool interactive_allowed = false;
        /// Where Snowpark Container Services put a container's tokens.
        std::string container_folder = "/snowflake/session";
    };

    /// `settings` is one connection's; it is copied. Nothing is read yet.
    Credentials(const Settings& settings, Options options);
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;
    ~Credentials();

    const Settings& settings() const;

    /// True: a login now would ask a person to act (`Backend::interactive`): the method is one of those and no token
    /// is kept. Does not look into files but the first time.
    bool would_ask() const;

    /// Says what is wrong with the settings before anything is sent: an unknown authenticator, no user, no key, a key
    /// that cannot be read. Blocks on files. For `check` and the start.
    base::Result<void> check() const;

    struct State;
    const std::shared_ptr<State>& state() const { return state_; }  ///< of this folder

private:
    std::shared_ptr<State> state_;  // work on other threads may end after its login
};

}  // namespace backend::snowflake
