#include "backend/snowflake/auth/login_body.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

/// A session parameter in its JSON type: true and false, whole numbers, else text.
void write_value(base::JsonWriter& json, std::string_view text) {
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (base::iequals(text, "true") || base::iequals(text, "false")) {
        json.boolean(base::iequals(text, "true"));
    } else if (!text.empty() && failed == std::errc{} && end == text.data() + text.size()) {
        json.number(number);
    } else {
        json.string(text);
    }
}

/// The formats that the known client families follow, and the one without a family (docs/snowflake-protocol.md).
constexpr std::array<std::string_view, 2> format_names = {"QUERY_RESULT_FORMAT", "C_API_QUERY_RESULT_FORMAT"};

void write_parameters(base::JsonWriter& json, const Settings& settings, const LoginFields& fields) {
    json.key("SESSION_PARAMETERS").begin_object();
    if (settings.result_format != "server") {
        for (const std::string_view name : format_names) {
            json.field(name, base::to_upper(settings.result_format));
        }
    }
    json.field("STRICT_JSON_OUTPUT", true);
    json.field("JSON_INDENT", 0);
    json.field("CLIENT_SESSION_KEEP_ALIVE", settings.session_keep_alive);
    json.field("ABORT_DETACHED_QUERY", settings.abort_detached_query);
    json.field("CLIENT_TELEMETRY_ENABLED", false);
    if (!settings.timezone.empty()) {
        json.field("TIMEZONE", settings.timezone);
    }
    for (const std::string& name : fields.parameters) {
        json.field(name, true);
    }
    for (const std::string& one : settings.session_parameters) {
        const auto equals = one.find('=');
        json.key(base::to_upper(one.substr(0, equals)));
        write_value(json, base::trim(std::string_view{one}.substr(equals + 1)));
    }
    json.end_object();
}

void write_common(base::JsonWriter& json, const LoginTask& task, const LoginFields& fields) {
    write_identity(json, task.identity, fields.oauth_type);
    json.field("ACCOUNT_NAME", task.account.name);
    if (fields.with_user && !task.settings.user.empty()) {
        json.field("LOGIN_NAME", task.settings.user);
    }
    for (const auto& [name, value] : fields.fields) {
        json.field(name, value.reveal());
    }
}

}  // namespace

std::string login_body(const LoginTask& task, const LoginFields& fields, std::string_view in_flight) {
    std::string body;
    base::JsonWriter json{body};
    json.begin_object().key("data").begin_object();
    write_common(json, task, fields);
    if (!task.material.spcs_token.empty()) {
        json.field("SPCS_TOKEN", task.material.spcs_token.reveal());
    }
    write_parameters(json, task.settings, fields);
    json.end_object();
    if (!in_flight.empty()) {
        json.field("inFlightCtx", in_flight);
    }
    json.end_object();
    return body;
}

std::string authenticator_body(const LoginTask& task, const LoginFields& fields) {
    std::string body;
    base::JsonWriter json{body};
    json.begin_object().key("data").begin_object();
    write_common(json, task, fields);
    json.end_object().end_object();
    return body;
}

}  // namespace backend::snowflake
