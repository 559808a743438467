/// The mechanism of settings: no setting stands here (DESIGN.md sections 2 and 6).
///
/// Each folder declares a plain struct and its table (`bind`); `app/settings.cpp` joins the tables; that list is the
/// only source for reading, `config --print` and docs/configuration.md. Threads: used at start only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace base {

/// Where a value came from, weakest first.
enum class Source { built_in, config_file, env_file, environment, command_line };
std::string_view to_string(Source source);

/// One setting: how it is called, read, checked, shown.
struct Setting {
    std::string name;     ///< MAX_CONCURRENT_REQUESTS
    std::string group;    ///< heading in documents: "Load"
    std::string type;     ///< "integer", "number", "boolean", "text", "list", "choice", "secret", "path"
    std::string unit;     ///< "s", "MB", "rows", …; may be empty
    std::string range;    ///< "1 to 10000", "memory|file|redis"; may be empty
    std::string meaning;  ///< one sentence
    bool secret = false;
    /// Checks and stores; the error says the allowed range (name and value are added by the reader).
    std::function<Result<void>(std::string_view text)> set;
    std::function<std::string()> show;  ///< the value as it would be written; "" when unset
    std::string default_text;           ///< filled by `SettingsTable::add`
    /// Asked once all is applied, when somebody has set it: a warning about the value ("HTTP/2 is not there yet: …"),
    /// or "". May be empty.
    std::function<std::string()> caution;
};

/// A list of settings bound to variables that outlive it.
class SettingsTable {
public:
    explicit SettingsTable(std::string group) : group_{std::move(group)} {}

    SettingsTable& integer(std::string name, int& value, int min, int max, std::string unit, std::string meaning);
    SettingsTable& size(std::string name, std::size_t& value, std::size_t min, std::size_t max, std::string unit,
                        std::string meaning);
    SettingsTable& number(std::string name, double& value, double min, double max, std::string unit,
                          std::string meaning);
    SettingsTable& seconds(std::string name, std::chrono::seconds& value, int min, int max, std::string meaning);
    SettingsTable& boolean(std::string name, bool& value, std::string meaning);  ///< true/false/1/0/yes/no/on/off
    SettingsTable& text(std::string name, std::string& value, std::string meaning);
    SettingsTable& choice(std::string name, std::string& value, std::vector<std::string> allowed, std::string meaning);
    SettingsTable& list(std::string name, std::vector<std::string>& value, std::string meaning);  ///< comma separated
    SettingsTable& secret(std::string name, Secret& value, std::string meaning);
    SettingsTable& secret_list(std::string name, std::vector<Secret>& value, std::string meaning);
    /// Anything else.
    SettingsTable& add(Setting setting);
    /// Gives the setting added last its `caution`.
    SettingsTable& caution(std::function<std::string()> text);

    std::vector<Setting>& settings() { return settings_; }
    const std::vector<Setting>& settings() const { return settings_; }

private:
    std::string group_;
    std::vector<Setting> settings_;
};

/// What was read, and from where.
struct SettingValue {
    const Setting* setting;
    Source source;
    std::string origin;  ///< file name and line, "environment", "--port"
};

/// A name that is known but that this version cannot do yet, or an alias of another.
struct KnownName {
    std::string name;
    std::string note;  ///< the warning
};

class SettingsReader {
public:
    using NamedText = std::vector<std::pair<std::string, std::string>>;

    void add(SettingsTable table);
    void know(KnownName name);

    /// Sources, in any order; precedence is by `Source`, and of two files of one kind the one read first wins. Each
    /// value is kept with its origin.
    void from_environment(const std::function<std::optional<std::string>(const std::string&)>& getenv);
    /// The whole environment, so that misspelt names can be seen: of names that are nobody's here only those that begin
    /// like ours (MCP_, SNOWFLAKE_, CONNECTION_POOL_, CACHE_, REDIS_ …) or nearly are ours give a warning.
    void from_environment(const NamedText& all);
    /// `.env`: NAME=value, `export`, quotes, # comments (env_file.hpp). `Kind::not_found` where there is no such file.
    Result<void> from_env_file(const std::string& path);
    /// TOML: flat keys or tables joined by '_', any case. `Kind::not_found` where there is no such file.
    Result<void> from_toml_file(const std::string& path);
    void from_command_line(NamedText values);

    /// Applies everything by precedence; `<NAME>_FILE` reads a mounted secret. An empty text leaves a number, a boolean
    /// or a choice as it was. First error stops: "MAX_CONCURRENT_REQUESTS is 0 (.env line 3): allowed is 1 to 10000".
    Result<void> apply();

    /// After `apply`: unknown names with the nearest known one, names given twice, what this version cannot do.
    const std::vector<std::string>& warnings() const { return warnings_; }
    /// After `apply`: every setting in the order of the tables.
    std::vector<SettingValue> values() const;

private:
    struct Raw {
        std::string name;
        std::string text;
        Source source;
        std::string origin;
        std::size_t batch;  // which file or call it came from
    };
    struct Found {
        Source source;
        std::string origin;
    };

    void take(std::size_t batch, Source source, std::string name, std::string text, std::string origin);
    Result<void> apply_one(Setting& setting);
    const Raw* strongest(const std::string& name) const;
    void warn_about_names();
    bool is_setting(const std::string& name) const;
    bool is_known(const std::string& name) const;
    std::vector<std::string_view> known_names() const;

    std::vector<SettingsTable> tables_;
    std::vector<KnownName> known_;
    std::vector<Raw> raw_;
    std::size_t batches_ = 0;
    std::vector<std::function<std::optional<std::string>(const std::string&)>> getenvs_;
    std::map<std::string, Found, std::less<>> applied_;
    std::vector<std::string> warnings_;
};

}  // namespace base
