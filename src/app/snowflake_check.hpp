/// `check` of a Snowflake connection: DNS, TCP, proxy, TLS, login, role, warehouse, one query; each failure with its
/// cause and remedy. One login only, so that wrong credentials are shown once; never a secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/check_steps.hpp"
#include "app/house.hpp"
#include "app/settings.hpp"

namespace app {

/// Of the house's default connection. Blocks; the house's workers run. At most some 90 s.
std::vector<CheckStep> check_snowflake(House& house, const Settings& settings);

/// What a role may do, as its grants say it. Pure.
struct RoleReview {
    std::vector<std::string> writes;  ///< "INSERT on TABLE DB.S.T": grants that change something
    bool is_mighty = false;           ///< ACCOUNTADMIN, SECURITYADMIN, SYSADMIN
};
struct RoleGrant {
    std::string privilege;
    std::string on;    ///< kind of object
    std::string name;  ///< which
};
RoleReview review_role(std::string_view role, const std::vector<RoleGrant>& grants);

/// The statements that make a role which can read one database, and nothing else.
std::string grants_of_a_reading_role(std::string_view user, std::string_view warehouse, std::string_view database);

}  // namespace app
