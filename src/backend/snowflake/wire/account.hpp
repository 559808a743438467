/// An account identifier in any of its forms, and the host that answers for it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

struct Account {
    std::string name;  ///< `ACCOUNT_NAME` of the login: as typed, up to the first dot (`.global`: without its suffix)
    net::client::Url url;  ///< scheme, host and port of the account; `target` is "/"

    /// As a JWT names it: the same in upper case.
    std::string jwt_name() const;
};

/// What the settings say about the account's place. Empty (port 0): not said.
struct AccountPlace {
    std::string account;   ///< SNOWFLAKE_ACCOUNT
    std::string region;    ///< SNOWFLAKE_REGION: the old, separate form; "us-west-2" means none
    std::string host;      ///< SNOWFLAKE_HOST: used untouched
    int port = 0;          ///< SNOWFLAKE_PORT; 0: 443, or 80 for http
    std::string protocol;  ///< SNOWFLAKE_PROTOCOL; empty: https
};

/// Accepts `org-account`, `locator`, `locator.region[.cloud]`, `….privatelink`, `….global`, a whole host name
/// (`….snowflakecomputing.com|.cn|.mil`), its URL, and the URL of the web interface
/// (`https://app.snowflake.com/org/account/…`). Regions that begin with `cn-` live under `snowflakecomputing.cn`. The
/// host has `-` for `_`; the name keeps it. Errors: `Kind::bad_argument`, stage config, about the setting to change.
base::Result<Account> resolve_account(const AccountPlace& place);

/// True for hosts of Snowflake's own domains: below snowflakecomputing.com, .cn, .mil, and snowflake.com's app host.
bool is_snowflake_host(std::string_view host);

/// True where the traffic does not leave the machine: `localhost`, 127.0.0.0/8, ::1.
bool is_loopback_host(std::string_view host);

}  // namespace backend::snowflake
