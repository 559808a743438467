/// The inside of `Credentials`: what is read, what is remembered, and whose turn it is to ask a person.
///
/// Place: this folder only. Threads: any; `mutex` guards what is remembered, held for a step; `load` and `store` block
/// on files without it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/wait_queue.hpp"
#include "backend/snowflake/auth/credentials.hpp"
#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/material.hpp"
#include "backend/snowflake/auth/method.hpp"
#include "backend/snowflake/auth/private_key.hpp"
#include "backend/snowflake/auth/token_cache.hpp"
#include "backend/snowflake/wire/account.hpp"
#include "base/mutex.hpp"

namespace backend::snowflake {

struct Credentials::State {
    State(const Settings& set, Options given);

    base::Result<Account> account() const;
    base::Result<Method> method() const;

    /// Blocks: reads key, token and cache files. Errors: `Kind::credentials`, about the setting.
    base::Result<Material> load(Method method, const Account& account);
    /// For the next login of this process.
    void remember(const std::vector<CacheChange>& changes, bool passcode_used, base::Secret refused_token = {});
    /// Blocks: for the next start. What the file system says is logged.
    void write(const Account& account, const std::vector<CacheChange>& changes) const;
    /// Are its tokens written down at all?
    bool keeps_in_file(Method method) const;

    bool has_kept_token(Method method, const Account& account);
    bool has_passcode() const;  ///< one that has not been used

    /// One login at a time may ask a person. A turn that ended with an error gives it to all who waited for it.
    class Turn {
    public:
        explicit Turn(State& state) : state_{&state} {}
        Turn(Turn&& other) noexcept : state_{std::exchange(other.state_, nullptr)} {}
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        Turn& operator=(Turn&&) = delete;
        ~Turn();  ///< the next one's turn
        void failed(const base::Error& error);

    private:
        State* state_;
    };
    async::Task<base::Result<Turn>> take_turn(async::Call& call);

    /// A method that asks a person, and for which account.
    struct Asking {
        Method method;
        Account account;
    };

    const Settings settings;
    const Options options;
    const Environment environment;
    const TokenCache cache;
    const std::optional<Asking> asks;  ///< absent: no login of this connection ever asks anybody

private:
    std::optional<Asking> asking() const;
    struct Kept {
        bool looked = false;   // into the file
        base::Secret token;    // empty: none
        base::Secret dropped;  // the last one that was refused
    };
    base::Result<std::shared_ptr<const PrivateKey>> read_key();
    base::Secret kept_token(TokenKind kind, const Account& account);
    std::string cache_host(TokenKind kind, const Account& account) const;

    mutable base::Mutex mutex_;
    std::map<TokenKind, Kept> kept_ BASE_GUARDED_BY(mutex_);
    bool passcode_spent_ BASE_GUARDED_BY(mutex_) = false;
    base::Secret refused_token_ BASE_GUARDED_BY(mutex_);
    std::array<std::uint8_t, 32> key_digest_ BASE_GUARDED_BY(mutex_){};
    std::shared_ptr<const PrivateKey> key_ BASE_GUARDED_BY(mutex_);
    bool asking_ BASE_GUARDED_BY(mutex_) = false;
    async::WaitQueue waiters_ BASE_GUARDED_BY(mutex_);
};

/// At most 1 MiB. Errors name `setting` and the path.
base::Result<std::string> read_small_file(const std::string& path, std::string_view setting);

}  // namespace backend::snowflake
