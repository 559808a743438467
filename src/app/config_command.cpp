#include "app/config_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace app {
namespace {

/// "***" for a secret that is set, so that one sees that it is.
std::string shown(const base::Setting& setting) {
    std::string value = setting.show();
    if (setting.secret && !value.empty()) {
        return "***";
    }
    return base::escape_untrusted(value);
}

std::string where(const base::SettingValue& value) {
    if (value.source == base::Source::built_in) {
        return "built-in";
    }
    return value.origin.empty() ? std::string{base::to_string(value.source)} : value.origin;
}

std::string escaped_cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

std::string quoted(const std::string& value) { return value.empty() ? "" : "`" + escaped_cell(value) + "`"; }

}  // namespace

void print_settings(const base::SettingsReader& reader, std::ostream& out) {
    const auto values = reader.values();
    std::size_t name_width = 0;
    for (const auto& value : values) {
        name_width = std::max(name_width, value.setting->name.size());
    }
    std::string group;
    for (const auto& value : values) {
        const base::Setting& setting = *value.setting;
        if (setting.group != group) {
            group = setting.group;
            out << fmt::format("\n# {}\n", group);
        }
        const std::string unit = setting.unit.empty() ? "" : " " + setting.unit;
        out << fmt::format("{:{}} = {}  ({}{})\n    {}\n", setting.name, name_width, shown(setting), where(value),
                           setting.range.empty() ? unit : "; " + setting.range + unit, setting.meaning);
    }
}

void print_settings_json(const base::SettingsReader& reader, std::ostream& out) {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().key("settings").begin_array();
    for (const auto& value : reader.values()) {
        const base::Setting& setting = *value.setting;
        writer.begin_object()
            .field("name", setting.name)
            .field("value", shown(setting))
            .field("source", base::to_string(value.source))
            .field("origin", value.origin)
            .field("group", setting.group)
            .field("type", setting.type)
            .field("unit", setting.unit)
            .field("range", setting.range)
            .field("default", setting.secret ? "" : setting.default_text)
            .field("meaning", setting.meaning)
            .end_object();
    }
    writer.end_array().end_object();
    out << json << "\n";
}

void print_settings_markdown(const base::SettingsReader& defaults, std::ostream& out) {
    out << "# Configuration\n\n"
           "Generated from the program's own list (`snowflake-mcp config --markdown`); do not edit.\n\n"
           "Precedence: command line > environment > `.env` > `config.toml` > built-in. `.env` and `config.toml` are "
           "looked "
           "for in the\nworking directory, `~/.config/snowflake-mcp/` and `/etc/snowflake-mcp/`, or named by "
           "`--env-file` "
           "and `--config`.\nAny setting can be given as `--set NAME=VALUE`; `<NAME>_FILE` names a file that holds the "
           "value (a mounted secret).\nA value out of range stops the start; an unknown name is a warning with the "
           "nearest "
           "known one.\n`snowflake-mcp config --print` shows what is in force and where it came from.\n";
    std::string group;
    for (const auto& value : defaults.values()) {
        const base::Setting& setting = *value.setting;
        if (setting.group != group) {
            group = setting.group;
            out << fmt::format("\n## {}\n\n| name | default | allowed | meaning |\n|---|---|---|---|\n", group);
        }
        std::string allowed = setting.range.empty() ? setting.type : setting.range;
        if (!setting.unit.empty()) {
            allowed += " " + setting.unit;
        }
        out << fmt::format("| `{}` | {} | {} | {} |\n", setting.name,
                           setting.secret ? "" : quoted(setting.default_text), escaped_cell(allowed),
                           escaped_cell(setting.meaning));
    }
}

}  // namespace app
