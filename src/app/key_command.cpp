#include "app/key_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "access/key_file.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace app {

namespace {

using access_control::KeyRecord;

constexpr int done = 0;
constexpr int refused = 2;

std::string utc_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// Why the arguments can't be, or nothing.
std::string fault_of(const KeyArguments& arguments) {
    if (!access_control::is_key_name(arguments.name)) {
        return fmt::format("'{}' is no name for a key: use letters, digits, '.', '_' and '-', at most 64",
                           base::escape_untrusted(arguments.name));
    }
    for (const std::string& role : arguments.roles) {
        if (role != "user" && role != "admin") {
            return fmt::format("'{}' is no role: allowed are user and admin", base::escape_untrusted(role));
        }
    }
    if (arguments.requests_per_minute.value_or(1) < 1) {
        return fmt::format("--requests-per-minute is {}: allowed is 1 or more", *arguments.requests_per_minute);
    }
    if (arguments.burst.value_or(1) < 1) {
        return fmt::format("--burst is {}: allowed is 1 or more", *arguments.burst);
    }
    for (const auto& quota :
         {arguments.queries_per_day, arguments.result_bytes_per_day, arguments.warehouse_seconds_per_day}) {
        if (quota.value_or(0) > access_control::most_a_day) {
            return fmt::format("a quota is {}: allowed is 0 to {}", *quota, access_control::most_a_day);
        }
    }
    return {};
}

void write_json(base::JsonWriter& json, const KeyRecord& key) {
    json.field("name", key.name).field("id", key.id).key("roles").begin_array();
    for (const std::string& role : key.roles) {
        json.string(role);
    }
    json.end_array();
    if (key.limits.requests_per_minute) {
        json.field("requests_per_minute", *key.limits.requests_per_minute);
    }
    if (key.limits.burst) {
        json.field("burst", *key.limits.burst);
    }
    const auto quota = [&](std::string_view name, const std::optional<std::uint64_t>& value) {
        if (value) json.field(name, *value);
    };
    quota("queries_per_day", key.limits.queries_per_day);
    quota("result_bytes_per_day", key.limits.result_bytes_per_day);
    quota("warehouse_seconds_per_day", key.limits.warehouse_seconds_per_day);
    json.field("created", key.created);
}

int add(const KeyArguments& arguments, const std::string& path, std::ostream& out, std::ostream& err) {
    auto key = access_control::make_key(arguments.name,
                                        arguments.roles.empty() ? std::vector<std::string>{"user"} : arguments.roles,
                                        {.requests_per_minute = arguments.requests_per_minute,
                                         .burst = arguments.burst,
                                         .queries_per_day = arguments.queries_per_day,
                                         .result_bytes_per_day = arguments.result_bytes_per_day,
                                         .warehouse_seconds_per_day = arguments.warehouse_seconds_per_day},
                                        utc_now());
    const auto changed = access_control::change_keys(path, [&](std::vector<KeyRecord>& keys) -> base::Result<void> {
        if (std::any_of(keys.begin(), keys.end(),
                        [&](const KeyRecord& other) { return other.name == key.record.name; })) {
            return base::fail(
                base::Kind::bad_argument,
                fmt::format("there is a key named {} already: revoke it first, or take another name", key.record.name));
        }
        keys.push_back(key.record);
        return {};
    });
    if (!changed) {
        err << changed.error().message() << "\n";
        return refused;
    }
    if (arguments.json) {
        std::string text;
        base::JsonWriter json{text};
        json.begin_object();
        write_json(json, key.record);
        json.field("key", key.text.reveal()).end_object();
        out << text << "\n";
    } else {
        out << key.text.reveal() << "\n";
    }
    err << "This is the key of " << key.record.name
        << ". Keep it: only its hash is stored, and it is not shown again. Clients send it as `Authorization: Bearer "
           "<key>`.\n";
    return done;
}

int list(const KeyArguments& arguments, const std::string& path, std::ostream& out, std::ostream& err) {
    const auto read = access_control::read_keys(path);
    if (!read && read.error().kind() != base::Kind::not_found) {
        err << read.error().message() << "\n";
        return refused;
    }
    const std::vector<KeyRecord> keys = read.value_or(std::vector<KeyRecord>{});
    if (arguments.json) {
        std::string text;
        base::JsonWriter json{text};
        json.begin_array();
        for (const KeyRecord& key : keys) {
            json.begin_object();
            write_json(json, key);
            json.end_object();
        }
        json.end_array();
        out << text << "\n";
        return done;
    }
    if (keys.empty()) {
        err << path << " holds no key: make one with `snowflake-mcp key add NAME`\n";
        return done;
    }
    out << fmt::format("{:<24} {:<12} {:<12} {:>12} {:>8}  {}\n", "NAME", "ID", "ROLES", "REQUESTS/MIN", "BURST",
                       "CREATED");
    const auto number = [](const std::optional<int>& value) { return value ? fmt::format("{}", *value) : "-"; };
    for (const KeyRecord& key : keys) {
        out << fmt::format("{:<24} {:<12} {:<12} {:>12} {:>8}  {}\n", key.name, key.id,
                           fmt::format("{}", fmt::join(key.roles, ",")), number(key.limits.requests_per_minute),
                           number(key.limits.burst), base::escape_untrusted(key.created));
    }
    return done;
}

int revoke(const KeyArguments& arguments, const std::string& path, std::ostream& err) {
    const auto changed = access_control::change_keys(path, [&](std::vector<KeyRecord>& keys) -> base::Result<void> {
        if (std::erase_if(keys, [&](const KeyRecord& key) { return key.name == arguments.name; }) == 0) {
            return base::fail(base::Kind::not_found,
                              fmt::format("there is no key named '{}': see `snowflake-mcp key list`",
                                          base::escape_untrusted(arguments.name)));
        }
        return {};
    });
    if (!changed) {
        err << changed.error().message() << "\n";
        return refused;
    }
    err << "The key of " << arguments.name << " is gone; running servers see that within seconds.\n";
    return done;
}

}  // namespace

int run_key_command(const KeyArguments& arguments, const access_control::Settings& settings, std::ostream& out,
                    std::ostream& err) {
    if (settings.api_keys_file.empty()) {
        err << "API_KEYS_FILE is not set: name the file of this server's keys, in .env "
               "(API_KEYS_FILE=/etc/snowflake-mcp/"
               "api-keys) or here (--set API_KEYS_FILE=PATH)\n";
        return refused;
    }
    switch (arguments.action) {
        case KeyArguments::Action::add:
            if (const std::string fault = fault_of(arguments); !fault.empty()) {
                err << fault << "\n";
                return refused;
            }
            return add(arguments, settings.api_keys_file, out, err);
        case KeyArguments::Action::list: return list(arguments, settings.api_keys_file, out, err);
        case KeyArguments::Action::revoke: return revoke(arguments, settings.api_keys_file, err);
    }
    return refused;
}

}  // namespace app
