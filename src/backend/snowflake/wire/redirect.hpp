/// Where a redirect may lead: the account's own host, or another host of Snowflake's. Nothing else gets a token.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

inline constexpr int max_redirects = 5;

/// The statuses that keep method and body; others are not followed.
inline bool is_redirect(int status) { return status == 307 || status == 308; }

/// `location` (absolute or a path) as seen from `from`. Refused (`Kind::unavailable`): from https to http, and a host
/// that is neither the same (same scheme and port, or its https) nor, by https, one of Snowflake's.
base::Result<net::client::Url> redirect_target(const net::client::Url& from, std::string_view location);

}  // namespace backend::snowflake
