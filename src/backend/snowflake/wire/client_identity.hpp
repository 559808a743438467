/// How this program names itself to Snowflake: client id, version, environment, headers.
///
/// The client id is our own: it is what the account's LOGIN_HISTORY and SESSIONS views show, and what the server's
/// features follow (an id it does not know gets JSON results: docs/snowflake-protocol.md). Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.hpp"

namespace backend::snowflake {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ClientIdentity {
    std::string id = "snowflake-mcp";
    std::string version;                        ///< "1.2.3"
    std::string application = "snowflake-mcp";  ///< CLIENT_ENVIRONMENT.APPLICATION
    std::string os = "Linux";
    std::string os_version;  ///< "6.1.0-x86_64"

    /// With this machine's system and release.
    static ClientIdentity of_this_program(std::string_view version, std::string_view application);
    std::string user_agent() const;
};

/// A letter, then up to 50 letters, digits, '.', '-' and '_': what Snowflake accepts as an application's name.
bool is_application_name(std::string_view text);

/// Of every request to the driver API but its Authorization: content type, accept, agent, client id and version.
/// `accept`: "application/snowflake" for statements, "application/json" for the rest.
Headers common_headers(const ClientIdentity& identity, std::string_view accept);
/// `Authorization: Snowflake Token="…"`.
std::pair<std::string, std::string> token_header(std::string_view token);

/// The members CLIENT_APP_ID, CLIENT_APP_VERSION and CLIENT_ENVIRONMENT, inside an open object. `oauth_type`: how the
/// access token was got ("oauth_client_credentials"); may be empty.
void write_identity(base::JsonWriter& json, const ClientIdentity& identity, std::string_view oauth_type = {});

}  // namespace backend::snowflake
