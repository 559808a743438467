#include "backend/snowflake/wire/client_identity.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

namespace backend::snowflake {

ClientIdentity ClientIdentity::of_this_program(std::string_view version, std::string_view application) {
    ClientIdentity identity;
    identity.version = version;
    if (!application.empty()) {
        identity.application = application;
    }
    utsname system{};
    if (uname(&system) == 0) {
        identity.os = system.sysname;
        identity.os_version = fmt::format("{}-{}", system.release, system.machine);
    }
    return identity;
}

std::string ClientIdentity::user_agent() const {
    return os_version.empty() ? fmt::format("{}/{} ({})", id, version, os)
                              : fmt::format("{}/{} ({}-{})", id, version, os, os_version);
}

bool is_application_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return text.size() >= 2 && text.size() <= 51 && letter(text.front()) &&
           std::all_of(text.begin() + 1, text.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'; });
}

Headers common_headers(const ClientIdentity& identity, std::string_view accept) {
    return {{"Content-Type", "application/json"},
            {"Accept", std::string{accept}},
            {"User-Agent", identity.user_agent()},
            {"CLIENT_APP_ID", identity.id},
            {"CLIENT_APP_VERSION", identity.version}};
}

std::pair<std::string, std::string> token_header(std::string_view token) {
    return {"Authorization", fmt::format("Snowflake Token=\"{}\"", token)};
}

void write_identity(base::JsonWriter& json, const ClientIdentity& identity, std::string_view oauth_type) {
    json.field("CLIENT_APP_ID", identity.id).field("CLIENT_APP_VERSION", identity.version);
    json.key("CLIENT_ENVIRONMENT").begin_object();
    json.field("APPLICATION", identity.application).field("OS", identity.os).field("OS_VERSION", identity.os_version);
    if (!oauth_type.empty()) {
        json.field("OAUTH_TYPE", oauth_type);
    }
    json.end_object();
}

}  // namespace backend::snowflake
