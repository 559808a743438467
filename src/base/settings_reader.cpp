#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/env_file.hpp"
#include "base/settings.hpp"
#include "base/text.hpp"
#include "base/toml_file.hpp"

namespace base {

namespace {

constexpr std::string_view file_suffix = "_FILE";
constexpr std::size_t largest_file = std::size_t{4} << 20;

/// Names that begin so are meant for us, whatever else stands in the environment.
constexpr std::array<std::string_view, 14> own_prefixes = {
    "MCP_",        "SNOWFLAKE_",   "CONNECTION_", "CACHE_",    "REDIS_",  "RATE_LIMIT_", "BATCH_",
    "KEEP_ALIVE_", "CLIENT_POOL_", "METRICS_",    "EMBEDDED_", "API_KEY", "MAX_QUERY_",  "ENABLE_QUERY_"};

Result<std::string> read_text_file(const std::string& path) {
    const auto cannot = [&](int error) {
        return fail(Error{error == ENOENT ? Kind::not_found : Kind::bad_argument,
                          fmt::format("cannot read {}: {}", path, std::strerror(error))}
                        .at(Stage::config));
    };
    const std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(path.c_str(), "rbe"), std::fclose};
    if (!file) {
        return cannot(errno);
    }
    std::string text;
    std::array<char, 16384> block{};
    while (const std::size_t got = std::fread(block.data(), 1, block.size(), file.get())) {
        text.append(block.data(), got);
        if (text.size() > largest_file) {
            return cannot(EFBIG);
        }
    }
    if (std::ferror(file.get()) != 0) {
        return cannot(errno);
    }
    return text;
}

/// Kubernetes puts NAME_SERVICE_HOST, NAME_PORT=tcp://…, NAME_PORT_80_TCP_ADDR … there for each of its services.
bool is_service_link(std::string_view name, std::string_view text) {
    const bool of_port = name.ends_with("_PORT") || name.find("_PORT_") != std::string_view::npos;
    return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos ||
           (of_port && (text.starts_with("tcp://") || text.starts_with("udp://") || name.ends_with("_TCP_ADDR") ||
                        name.ends_with("_TCP_PORT") || name.ends_with("_TCP_PROTO")));
}

/// What was probably meant: the nearest name, or one that only goes on (CACHE_TTL for CACHE_TTL_SECONDS).
std::string_view likely_name(const std::string& name, const std::vector<std::string_view>& names) {
    if (const std::string_view near = nearest(name, names); !near.empty()) {
        return near;
    }
    const auto longer =
        std::find_if(names.begin(), names.end(), [&](std::string_view known) { return known.starts_with(name + "_"); });
    return longer == names.end() ? std::string_view{} : *longer;
}

bool ignores_empty(const Setting& setting) {
    return setting.type == "integer" || setting.type == "number" || setting.type == "boolean" ||
           setting.type == "choice";
}

std::string shown(std::string_view text) { return text.empty() ? "empty" : ellipsize(escape_untrusted(text), 80); }

}  // namespace

void SettingsReader::add(SettingsTable table) { tables_.push_back(std::move(table)); }

void SettingsReader::know(KnownName name) { known_.push_back(std::move(name)); }

void SettingsReader::take(std::size_t batch, Source source, std::string name, std::string text, std::string origin) {
    raw_.push_back({.name = std::move(name),
                    .text = std::move(text),
                    .source = source,
                    .origin = std::move(origin),
                    .batch = batch});
}

void SettingsReader::from_environment(const std::function<std::optional<std::string>(const std::string&)>& getenv) {
    getenvs_.push_back(getenv);  // asked in `apply`, when every table is known
}

void SettingsReader::from_environment(const NamedText& all) {
    const std::size_t batch = batches_++;
    for (const auto& [name, text] : all) {
        take(batch, Source::environment, name, text, "environment");
    }
}

Result<void> SettingsReader::from_env_file(const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) {
        return std::unexpected{text.error()};
    }
    auto lines = parse_env(*text, path);
    if (!lines) {
        return std::unexpected{lines.error()};
    }
    const std::size_t batch = batches_++;
    for (EnvLine& line : *lines) {
        take(batch, Source::env_file, std::move(line.name), std::move(line.value),
             fmt::format("{} line {}", path, line.line));
    }
    return {};
}

Result<void> SettingsReader::from_toml_file(const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) {
        return std::unexpected{text.error()};
    }
    auto values = parse_toml(*text, path);
    if (!values) {
        return std::unexpected{values.error()};
    }
    const std::size_t batch = batches_++;
    for (TomlValue& value : *values) {
        take(batch, Source::config_file, std::move(value.name), std::move(value.text),
             fmt::format("{} line {}", path, value.line));
    }
    return {};
}

void SettingsReader::from_command_line(NamedText values) {
    const std::size_t batch = batches_++;
    for (auto& [name, text] : values) {
        take(batch, Source::command_line, std::move(name), std::move(text), "command line");
    }
}

/// Strongest source, then the file that was read first, then its last line.
const SettingsReader::Raw* SettingsReader::strongest(const std::string& name) const {
    const Raw* best = nullptr;
    for (const Raw& raw : raw_) {
        if (raw.name != name) {
            continue;
        }
        const bool stronger = best == nullptr || raw.source > best->source;
        const bool later_line = best != nullptr && raw.source == best->source && raw.batch == best->batch;
        if (stronger || later_line) {
            best = &raw;
        }
    }
    return best;
}

Result<void> SettingsReader::apply_one(Setting& setting) {
    const Raw* raw = strongest(setting.name);
    const std::string file_name = setting.name + std::string{file_suffix};
    const Raw* const file =
        is_setting(file_name) ? nullptr : strongest(file_name);  // a setting of its own is no secret
    if (raw != nullptr && file != nullptr && raw->source == file->source) {
        return fail(Error{Kind::bad_argument, fmt::format("{0} ({1}) and {0}_FILE ({2}) are both set: keep one of them",
                                                          setting.name, raw->origin, file->origin)}
                        .at(Stage::config)
                        .about(setting.name));
    }
    const bool from_file = file != nullptr && (raw == nullptr || file->source > raw->source);
    raw = from_file ? file : raw;
    if (raw == nullptr || (!from_file && raw->text.empty() && ignores_empty(setting))) {
        return {};
    }
    std::string text = raw->text;
    std::string origin = raw->origin;
    if (from_file) {
        auto content = read_text_file(raw->text);
        if (!content) {
            return fail(
                Error{Kind::bad_argument, fmt::format("{} ({}): {}", raw->name, raw->origin, content.error().message())}
                    .at(Stage::config)
                    .about(setting.name));
        }
        text = std::move(*content);
        while (text.ends_with('\n') || text.ends_with('\r')) {
            text.pop_back();
        }
        origin = fmt::format("{} of {}", raw->name, raw->origin);
    }
    if (auto set = setting.set(text); !set) {
        const bool hide = setting.secret || from_file;
        return fail(Error{Kind::bad_argument,
                          fmt::format("{} is {} ({}): {}", setting.name, hide ? std::string{"not usable"} : shown(text),
                                      origin, set.error().message())}
                        .at(Stage::config)
                        .about(setting.name));
    }
    applied_.insert_or_assign(setting.name, Found{.source = raw->source, .origin = std::move(origin)});
    return {};
}

Result<void> SettingsReader::apply() {
    warnings_.clear();
    applied_.clear();
    for (const auto& getenv : std::exchange(getenvs_, {})) {
        const std::size_t batch = batches_++;
        for (const std::string_view name : known_names()) {
            for (std::string asked : {std::string{name}, std::string{name}.append(file_suffix)}) {
                if (auto text = getenv(asked)) {
                    take(batch, Source::environment, std::move(asked), std::move(*text), "environment");
                }
            }
        }
    }
    warn_about_names();
    for (SettingsTable& table : tables_) {
        for (Setting& setting : table.settings()) {
            if (auto done = apply_one(setting); !done) {
                return done;
            }
        }
    }
    for (const SettingsTable& table : tables_) {
        for (const Setting& setting : table.settings()) {
            if (const auto found = applied_.find(setting.name); found != applied_.end() && setting.caution) {
                if (const std::string text = setting.caution(); !text.empty()) {
                    warnings_.push_back(fmt::format("{} ({}): {}", setting.name, found->second.origin, text));
                }
            }
        }
    }
    return {};
}

std::vector<std::string_view> SettingsReader::known_names() const {
    std::vector<std::string_view> names;
    for (const SettingsTable& table : tables_) {
        for (const Setting& setting : table.settings()) {
            names.push_back(setting.name);
        }
    }
    for (const KnownName& known : known_) {
        names.push_back(known.name);
    }
    return names;
}

bool SettingsReader::is_setting(const std::string& name) const {
    return std::any_of(tables_.begin(), tables_.end(), [&](const SettingsTable& table) {
        return std::any_of(table.settings().begin(), table.settings().end(),
                           [&](const Setting& setting) { return setting.name == name; });
    });
}

bool SettingsReader::is_known(const std::string& name) const {
    const auto names = known_names();
    const auto has = [&](std::string_view wanted) {
        return std::find(names.begin(), names.end(), wanted) != names.end();
    };
    return has(name) ||
           (name.ends_with(file_suffix) && has(std::string_view{name}.substr(0, name.size() - file_suffix.size())));
}

void SettingsReader::warn_about_names() {
    const auto names = known_names();
    std::erase_if(
        raw_, [](const Raw& raw) { return raw.source == Source::environment && is_service_link(raw.name, raw.text); });
    for (const Raw& raw : raw_) {
        for (const KnownName& known : known_) {
            if (raw.name == known.name && !known.note.empty()) {
                warnings_.push_back(fmt::format("{} ({}): {}", raw.name, raw.origin, known.note));
            }
        }
        const auto again = std::find_if(raw_.begin() + (&raw - raw_.data()) + 1, raw_.end(), [&](const Raw& later) {
            return later.name == raw.name && later.batch == raw.batch;
        });
        if (again != raw_.end()) {
            warnings_.push_back(
                fmt::format("{} ({}) is set again ({}): the last one counts", raw.name, raw.origin, again->origin));
        }
        if (is_known(raw.name)) {
            continue;
        }
        const bool ours = raw.source != Source::environment ||
                          std::any_of(own_prefixes.begin(), own_prefixes.end(),
                                      [&](std::string_view prefix) { return raw.name.starts_with(prefix); });
        const std::string_view near = ours ? likely_name(raw.name, names) : nearest(raw.name, names, 2);
        if (!ours && (near.empty() || raw.name.size() < 8)) {
            continue;  // somebody else's
        }
        warnings_.push_back(near.empty() ? fmt::format("{} ({}) is no setting of this version and is ignored",
                                                       escape_untrusted(raw.name), raw.origin)
                                         : fmt::format("{} ({}) is no setting and is ignored: did you mean {}?",
                                                       escape_untrusted(raw.name), raw.origin, near));
    }
}

std::vector<SettingValue> SettingsReader::values() const {
    std::vector<SettingValue> values;
    for (const SettingsTable& table : tables_) {
        for (const Setting& setting : table.settings()) {
            const auto found = applied_.find(setting.name);
            const bool given = found != applied_.end();
            values.push_back({.setting = &setting,
                              .source = given ? found->second.source : Source::built_in,
                              .origin = given ? found->second.origin : std::string{}});
        }
    }
    return values;
}

}  // namespace base
