/// Who may ask and how much (DESIGN.md sections 5a and 6). A plain struct and its table.
///
/// The namespace of this folder is `access_control`: `access` is a function of POSIX (unistd.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/settings.hpp"

namespace access_control {

struct Settings {
    std::string api_keys_file;                 ///< empty: no keys of this kind
    std::string api_key_header = "X-API-Key";  ///< beside `Authorization: Bearer`
    bool allow_anonymous = false;

    bool enable_api_key_auth = false;  ///< older deployments: `valid_api_keys` are asked for
    std::vector<base::Secret> valid_api_keys;

    bool enable_rate_limiting = false;
    int requests_per_minute = 120;      ///< of one principal; with `client_rate_limiting` of all together
    int burst_size = 20;                ///< at once
    int total_requests_per_minute = 0;  ///< of all together; 0: no bound
    bool client_rate_limiting = false;
    int client_requests_per_minute = 60;  ///< of one principal

    std::size_t queries_per_day = 0;  ///< of one principal, from 00:00 UTC; 0: no bound
    std::size_t result_bytes_per_day = 0;
    std::size_t warehouse_seconds_per_day = 0;

    /// Somebody who asks over HTTP must show a key (unless `allow_anonymous`).
    bool has_keys() const { return !api_keys_file.empty() || (enable_api_key_auth && !valid_api_keys.empty()); }
};

/// Bound to `settings`, which must outlive the table.
base::SettingsTable settings_table(Settings& settings);

/// What fits together only by itself: ENABLE_API_KEY_AUTH without any key. `Kind::credentials`, stage config.
base::Result<void> check(const Settings& settings);

/// What should be said at every start: anonymous access, keys in plain text, keys that nobody asks for.
std::vector<std::string> warnings(const Settings& settings);

/// 127.0.0.0/8, ::1 (also in brackets, also IPv4-mapped) and "localhost"; any other name or address is not.
bool is_loopback(std::string_view host);

/// The rule: a listener that is not loopback does not start without keys, unless ALLOW_ANONYMOUS=true.
base::Result<void> may_listen(std::string_view host, const Settings& settings);

}  // namespace access_control
