#include "backend/snowflake/auth/connections.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "backend/snowflake/wire/client_identity.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;

std::unexpected<base::Error> refuse(std::string about, std::string why) {
    return base::fail(
        base::Error{base::Kind::bad_argument, std::move(why)}.at(base::Stage::config).about(std::move(about)));
}

std::optional<std::string> scalar(const toml::node& node) {
    if (const auto* const text = node.as_string()) {
        return text->get();
    }
    if (const auto* const whole = node.as_integer()) {
        return fmt::format("{}", whole->get());
    }
    if (const auto* const number = node.as_floating_point()) {
        return fmt::format("{}", number->get());
    }
    if (const auto* const boolean = node.as_boolean()) {
        return std::string{boolean->get() ? "true" : "false"};
    }
    return std::nullopt;
}

/// A table of session parameters becomes NAME=value, comma separated, as the setting writes them.
std::string flattened(const toml::table& table) {
    std::string text;
    for (const auto& [key, node] : table) {
        if (const auto value = scalar(node)) {
            text.append(text.empty() ? "" : ",").append(key.str()).append("=").append(*value);
        }
    }
    return text;
}

ConnectionTable read_table(const toml::table& table) {
    ConnectionTable found;
    for (const auto& [key, node] : table) {
        std::string name = base::to_lower(key.str());
        std::replace(name.begin(), name.end(), '-', '_');
        if (const toml::table* const inner = node.as_table()) {
            found.emplace_back(std::move(name), flattened(*inner));
        } else if (const toml::array* const array = node.as_array()) {
            std::string joined;
            for (const toml::node& item : *array) {
                joined.append(joined.empty() ? "" : ",").append(scalar(item).value_or(""));
            }
            found.emplace_back(std::move(name), std::move(joined));
        } else if (auto text = scalar(node)) {
            found.emplace_back(std::move(name), std::move(*text));
        }
    }
    return found;
}

/// Where a key of the file goes. The names are those of Snowflake's drivers and of `snow`.
struct Key {
    std::string_view name;
    std::string Settings::* text = nullptr;
    base::Secret Settings::* secret = nullptr;
};

constexpr std::array keys = {
    Key{.name = "account", .text = &Settings::account},
    Key{.name = "region", .text = &Settings::region},
    Key{.name = "host", .text = &Settings::host},
    Key{.name = "user", .text = &Settings::user},
    Key{.name = "username", .text = &Settings::user},
    Key{.name = "password", .secret = &Settings::password},
    Key{.name = "passcode", .secret = &Settings::passcode},
    Key{.name = "authenticator", .text = &Settings::authenticator},
    Key{.name = "private_key_file", .text = &Settings::private_key_path},
    Key{.name = "private_key_path", .text = &Settings::private_key_path},
    Key{.name = "private_key", .secret = &Settings::private_key},
    Key{.name = "private_key_raw", .secret = &Settings::private_key},
    Key{.name = "private_key_file_pwd", .secret = &Settings::private_key_passphrase},
    Key{.name = "private_key_passphrase", .secret = &Settings::private_key_passphrase},
    Key{.name = "token", .secret = &Settings::token},
    Key{.name = "token_file_path", .text = &Settings::token_file_path},
    Key{.name = "warehouse", .text = &Settings::warehouse},
    Key{.name = "database", .text = &Settings::database},
    Key{.name = "schema", .text = &Settings::schema},
    Key{.name = "role", .text = &Settings::role},
    Key{.name = "protocol", .text = &Settings::protocol},
    Key{.name = "timezone", .text = &Settings::timezone},
};

/// The others, by the setting that checks them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> by_setting = {{
    {"port", "SNOWFLAKE_PORT"},
    {"secondary_roles", "SNOWFLAKE_SECONDARY_ROLES"},
    {"application", "SNOWFLAKE_APPLICATION"},
    {"session_parameters", "SNOWFLAKE_SESSION_PARAMETERS"},
    {"client_session_keep_alive", "SNOWFLAKE_CLIENT_SESSION_KEEP_ALIVE"},
    {"oauth_client_id", "SNOWFLAKE_OAUTH_CLIENT_ID"},
    {"oauth_client_secret", "SNOWFLAKE_OAUTH_CLIENT_SECRET"},
    {"oauth_authorization_url", "SNOWFLAKE_OAUTH_AUTHORIZATION_URL"},
    {"oauth_token_request_url", "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL"},
    {"oauth_redirect_uri", "SNOWFLAKE_OAUTH_REDIRECT_URI"},
    {"oauth_scope", "SNOWFLAKE_OAUTH_SCOPE"},
    {"workload_identity_provider", "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER"},
    {"workload_identity_entra_resource", "SNOWFLAKE_WORKLOAD_IDENTITY_ENTRA_RESOURCE"},
    {"workload_identity_impersonation_path", "SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH"},
    {"client_store_temporary_credential", "SNOWFLAKE_CLIENT_STORE_TEMPORARY_CREDENTIAL"},
    {"disable_saml_url_check", "SNOWFLAKE_DISABLE_SAML_URL_CHECK"},
}};

/// Puts a table's values over `settings`. Keys that are nobody's are named in `warnings`.
base::Result<void> overlay(Settings& settings, const std::string& name, const ConnectionTable& table,
                           std::vector<std::string>& warnings) {
    base::SettingsTable checked = settings_table(settings);
    for (const auto& [key, value] : table) {
        const auto* const plain =
            std::find_if(keys.begin(), keys.end(), [&](const Key& one) { return one.name == key; });
        if (plain != keys.end() && plain->text != nullptr) {
            settings.*(plain->text) = value;
            continue;
        }
        if (plain != keys.end()) {
            settings.*(plain->secret) = base::Secret{value};
            continue;
        }
        const auto* const other =
            std::find_if(by_setting.begin(), by_setting.end(), [&](const auto& one) { return one.first == key; });
        if (other == by_setting.end()) {
            warnings.push_back(fmt::format("connection {}: {} is a key that this server does not use", name,
                                           base::escape_untrusted(key)));
            continue;
        }
        for (base::Setting& setting : checked.settings()) {
            if (setting.name != other->second) {
                continue;
            }
            if (auto done = setting.set(value); !done) {
                return refuse(setting.name, fmt::format("connection {}: {}: {}", name, key, done.error().message()));
            }
        }
    }
    return {};
}

/// What somebody has set, put over `settings`: everything that is not as it is built in.
void put_over(Settings& settings, const Settings& set) {
    static const Settings built_in;
    Settings from = set;
    Settings to = settings;
    const base::SettingsTable source = settings_table(from);
    base::SettingsTable goal = settings_table(to);
    Settings untouched = built_in;
    const base::SettingsTable usual = settings_table(untouched);
    for (std::size_t i = 0; i < goal.settings().size(); ++i) {
        const base::Setting& one = source.settings()[i];
        if (one.secret || one.show() == usual.settings()[i].show()) {
            continue;
        }
        (void)goal.settings()[i].set(one.show());  // it was checked when it was read
    }
    for (base::Secret Settings::* const secret :
         {&Settings::password, &Settings::private_key, &Settings::private_key_passphrase, &Settings::token,
          &Settings::passcode}) {
        if (!(set.*secret).empty()) {
            to.*secret = set.*secret;
        }
    }
    if (!set.oauth.client_secret.empty()) {
        to.oauth.client_secret = set.oauth.client_secret;
    }
    if (!set.oauth.refresh_token.empty()) {
        to.oauth.refresh_token = set.oauth.refresh_token;
    }
    settings = std::move(to);
}

std::string home_folder(const Environment& environment) {
    const std::string home = environment("HOME").value_or("");
    std::string folder = environment("SNOWFLAKE_HOME").value_or(home.empty() ? std::string{} : home + "/.snowflake");
    if (folder.starts_with("~/") && !home.empty()) {
        folder = home + folder.substr(1);
    }
    struct stat status{};
    if (folder.empty() || stat(folder.c_str(), &status) == 0) {
        return folder;
    }
    // Where there is no ~/.snowflake, the drivers look where the system keeps configuration.
    if (auto config = environment("XDG_CONFIG_HOME")) {
        return *config + "/snowflake";
    }
    return home.empty() ? std::string{} : home + "/.config/snowflake";
}

/// Absent where there is no such file.
base::Result<std::optional<ConnectionFile>> read_file(const std::string& path, bool top,
                                                      std::vector<std::string>& warnings) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return std::optional<ConnectionFile>{};
    }
    if ((status.st_mode & 0022) != 0) {
        return refuse(path, fmt::format("{} may be written by others (mode {:o}): whoever can change it can have this "
                                        "server log in elsewhere. chmod 600 it",
                                        path, status.st_mode & 07777));
    }
    if ((status.st_mode & 0044) != 0 || (status.st_uid != 0 && status.st_uid != geteuid())) {
        warnings.push_back(fmt::format("{} may be read by others, or belongs to another user (mode {:o}): chmod 600 it",
                                       path, status.st_mode & 07777));
    }
    if (static_cast<std::size_t>(status.st_size) > largest_file) {
        return refuse(path, fmt::format("{} is larger than 1 MiB", path));
    }
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) {
        return refuse(path, fmt::format("{} cannot be read", path));
    }
    auto parsed = parse_connections(text.str(), path, top);
    if (!parsed) {
        return base::fail(std::move(parsed.error()));
    }
    return std::optional{std::move(*parsed)};
}

/// Both files as one: connections.toml is the only source of connections where it is there.
base::Result<ConnectionFile> read_files(const std::string& folder, std::vector<std::string>& warnings) {
    ConnectionFile all;
    if (folder.empty()) {
        return all;
    }
    auto config = read_file(folder + "/config.toml", false, warnings);
    if (!config) {
        return base::fail(std::move(config.error()));
    }
    if (*config) {
        all = std::move(**config);
    }
    auto connections = read_file(folder + "/connections.toml", true, warnings);
    if (!connections) {
        return base::fail(std::move(connections.error()));
    }
    if (*connections) {
        all.connections = std::move((*connections)->connections);
    }
    return all;
}

base::Result<Connection> named(const ConnectionFile& files, const std::string& folder, const Settings& settings,
                               const std::string& name, bool several, std::string_view setting,
                               std::vector<std::string>& warnings) {
    const auto found = files.connections.find(name);
    if (found == files.connections.end()) {
        std::string known;
        for (const auto& [other, table] : files.connections) {
            known.append(known.empty() ? "" : ", ").append(base::escape_untrusted(other));
        }
        return refuse(std::string{setting},
                      fmt::format("{} names the connection {}, which {} does not have{}", setting,
                                  base::escape_untrusted(name), folder.empty() ? "~/.snowflake" : folder,
                                  known.empty() ? " (there is no connections.toml with connections)"
                                                : fmt::format(" (it has {})", known)));
    }
    Connection made{.name = name, .settings = {}};
    if (several) {
        made.settings = settings;  // fills in; the table wins, and another account's place is no filling
        made.settings.account.clear();
        made.settings.region.clear();
        made.settings.host.clear();
    }
    if (auto done = overlay(made.settings, name, found->second, warnings); !done) {
        return base::fail(std::move(done.error()));
    }
    if (!several) {
        put_over(made.settings, settings);
    }
    made.settings.connection_name = name;
    made.settings.connections.clear();
    if (made.settings.account.empty() && made.settings.host.empty()) {
        return refuse(std::string{setting},
                      fmt::format("the connection {} has no account", base::escape_untrusted(name)));
    }
    return made;
}

}  // namespace

base::Result<ConnectionFile> parse_connections(std::string_view text, std::string_view file, bool top) {
    ConnectionFile found;
    try {
        const toml::table parsed = toml::parse(text, file);
        if (const auto* const name = parsed["default_connection_name"].as_string(); name != nullptr && !top) {
            found.default_name = name->get();
        }
        const toml::table* const tables = top ? &parsed : parsed["connections"].as_table();
        if (tables == nullptr) {
            return found;
        }
        for (const auto& [key, node] : *tables) {
            if (const toml::table* const table = node.as_table()) {
                found.connections.emplace(std::string{key.str()}, read_table(*table));
            }
        }
        return found;
    } catch (const toml::parse_error& error) {
        // The parser's own words may quote the line, and the line may hold a password.
        return refuse(std::string{file}, fmt::format("{} line {}: this is not TOML", file, error.source().begin.line));
    }
}

base::Result<Connections> resolve_connections(const Settings& settings, const Environment& environment) {
    Connections found;
    if (settings.connection_name == "none" ||
        (settings.connection_name.empty() && settings.connections.empty() && !settings.account.empty())) {
        if (!settings.account.empty() || !settings.host.empty()) {
            found.all.push_back({.name = "default", .settings = settings});
        }
        return found;
    }
    const std::string folder = home_folder(environment);
    auto files = read_files(folder, found.warnings);
    if (!files) {
        return base::fail(std::move(files.error()));
    }
    if (!settings.connections.empty()) {
        for (const std::string& name : settings.connections) {
            auto one = named(*files, folder, settings, name, true, "SNOWFLAKE_CONNECTIONS", found.warnings);
            if (!one) {
                return base::fail(std::move(one.error()));
            }
            found.all.push_back(std::move(*one));
        }
        return found;
    }
    std::string name = settings.connection_name;
    std::string_view setting = "SNOWFLAKE_CONNECTION_NAME";
    if (name.empty()) {
        name = environment("SNOWFLAKE_DEFAULT_CONNECTION_NAME").value_or(files->default_name);
        setting = "default_connection_name";
    }
    if (name.empty()) {
        found.warnings.clear();  // files that are not used need no remark
        return found;
    }
    auto one = named(*files, folder, settings, name, false, setting, found.warnings);
    if (!one) {
        return base::fail(std::move(one.error()));
    }
    found.all.push_back(std::move(*one));
    return found;
}

}  // namespace backend::snowflake
