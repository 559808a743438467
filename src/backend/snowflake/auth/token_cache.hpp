/// Tokens kept between runs, in the file that Snowflake's own drivers on Linux share: `credential_cache_v1.json`,
/// readable by its owner only.
///
/// Place: `Credentials`, on a thread that may block. Threads: any; a lock beside the file keeps processes apart, and
/// readers see the old file or the new one, never half of one. Format: {"tokens": {hex(SHA-256("HOST:USER:TYPE")):
/// token}}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/material.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// "ID_TOKEN", "MFA_TOKEN", "OAUTH_ACCESS_TOKEN", "OAUTH_REFRESH_TOKEN".
std::string_view to_string(TokenKind kind);

class TokenCache {
public:
    /// $SF_TEMPORARY_CREDENTIAL_CACHE_DIR, $XDG_CACHE_HOME/snowflake or $HOME/.cache/snowflake; empty: nowhere.
    static std::string folder(const Environment& environment);

    /// `folder` is made (0700) when something is written first.
    explicit TokenCache(std::string folder) : folder_{std::move(folder)} {}

    /// Absent: no such token. A file that is not ours, that others may read or write, or that is no cache counts as
    /// empty; the error says so (a warning is all it is worth), about the file.
    base::Result<std::optional<base::Secret>> find(std::string_view host, std::string_view user, TokenKind kind) const;

    /// All of `changes` in one write. What other programs keep in the file stays. A broken file is replaced; one that
    /// others may read is refused. Errors: as above, or what the system says.
    base::Result<void> apply(std::string_view host, std::string_view user,
                             const std::vector<CacheChange>& changes) const;

    std::string file() const { return folder_ + "/credential_cache_v1.json"; }

private:
    std::string folder_;
};

}  // namespace backend::snowflake
