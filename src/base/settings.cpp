#include "base/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace base {

std::string_view to_string(Source source) {
    switch (source) {
        case Source::built_in: return "built-in";
        case Source::config_file: return "config file";
        case Source::env_file: return "env file";
        case Source::environment: return "environment";
        case Source::command_line: return "command line";
    }
    return "built-in";
}

namespace {

std::unexpected<Error> allowed(std::string_view what) {
    return fail(Kind::bad_argument, fmt::format("allowed is {}", what));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    text = trim(text);
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty()) {
        return std::nullopt;
    }
    return value;
}

/// Numbers that are whole, as a setter: `store` gets what is in range.
template <class Number, class Store>
std::function<Result<void>(std::string_view)> ranged(Number min, Number max, std::string range, Store store) {
    return [=](std::string_view text) -> Result<void> {
        const auto value = parse_number<Number>(text);
        if (!value || !(*value >= min && *value <= max)) {  // a NaN is in no range
            return allowed(range);
        }
        store(*value);
        return {};
    };
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto comma = text.find(',');
        if (const auto item = trim(text.substr(0, comma)); !item.empty()) {
            items.emplace_back(item);
        }
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
    return items;
}

std::optional<bool> parse_boolean(std::string_view text) {
    text = trim(text);
    for (const std::string_view yes : {"true", "1", "yes", "on"}) {
        if (iequals(text, yes)) {
            return true;
        }
    }
    for (const std::string_view no : {"false", "0", "no", "off"}) {
        if (iequals(text, no)) {
            return false;
        }
    }
    return std::nullopt;
}

std::string words(const std::vector<std::string>& allowed_words) {
    std::string text;
    for (std::size_t i = 0; i < allowed_words.size(); ++i) {
        text.append(i == 0 ? "" : i + 1 == allowed_words.size() ? " or " : ", ").append(allowed_words[i]);
    }
    return text;
}

constexpr std::string_view mask = "***";

}  // namespace

SettingsTable& SettingsTable::add(Setting setting) {
    if (setting.group.empty()) {
        setting.group = group_;
    }
    if (setting.show) {
        setting.default_text = setting.show();
    }
    settings_.push_back(std::move(setting));
    return *this;
}

SettingsTable& SettingsTable::caution(std::function<std::string()> text) {
    settings_.back().caution = std::move(text);
    return *this;
}

SettingsTable& SettingsTable::integer(std::string name, int& value, int min, int max, std::string unit,
                                      std::string meaning) {
    const auto range = fmt::format("{} to {}", min, max);
    return add({.name = std::move(name),
                .type = "integer",
                .unit = std::move(unit),
                .range = range,
                .meaning = std::move(meaning),
                .set = ranged<int>(min, max, range, [&value](int given) { value = given; }),
                .show = [&value] { return fmt::format("{}", value); }});
}

SettingsTable& SettingsTable::size(std::string name, std::size_t& value, std::size_t min, std::size_t max,
                                   std::string unit, std::string meaning) {
    const auto range = fmt::format("{} to {}", min, max);
    return add({.name = std::move(name),
                .type = "integer",
                .unit = std::move(unit),
                .range = range,
                .meaning = std::move(meaning),
                .set = ranged<std::size_t>(min, max, range, [&value](std::size_t given) { value = given; }),
                .show = [&value] { return fmt::format("{}", value); }});
}

SettingsTable& SettingsTable::number(std::string name, double& value, double min, double max, std::string unit,
                                     std::string meaning) {
    const auto range = fmt::format("{} to {}", min, max);
    return add({.name = std::move(name),
                .type = "number",
                .unit = std::move(unit),
                .range = range,
                .meaning = std::move(meaning),
                .set = ranged<double>(min, max, range, [&value](double given) { value = given; }),
                .show = [&value] { return fmt::format("{}", value); }});
}

SettingsTable& SettingsTable::seconds(std::string name, std::chrono::seconds& value, int min, int max,
                                      std::string meaning) {
    const auto range = fmt::format("{} to {}", min, max);
    return add({.name = std::move(name),
                .type = "integer",
                .unit = "s",
                .range = range,
                .meaning = std::move(meaning),
                .set = ranged<int>(min, max, range, [&value](int given) { value = std::chrono::seconds{given}; }),
                .show = [&value] { return fmt::format("{}", value.count()); }});
}

SettingsTable& SettingsTable::boolean(std::string name, bool& value, std::string meaning) {
    return add({.name = std::move(name),
                .type = "boolean",
                .range = "true|false",
                .meaning = std::move(meaning),
                .set = [&value](std::string_view text) -> Result<void> {
                    const auto given = parse_boolean(text);
                    if (!given) {
                        return allowed("true or false");
                    }
                    value = *given;
                    return {};
                },
                .show = [&value] { return std::string{value ? "true" : "false"}; }});
}

SettingsTable& SettingsTable::text(std::string name, std::string& value, std::string meaning) {
    return add({.name = std::move(name),
                .type = "text",
                .meaning = std::move(meaning),
                .set = [&value](std::string_view text) -> Result<void> {
                    value = std::string{text};
                    return {};
                },
                .show = [&value] { return value; }});
}

SettingsTable& SettingsTable::choice(std::string name, std::string& value, std::vector<std::string> allowed_words,
                                     std::string meaning) {
    auto range = fmt::format("{}", fmt::join(allowed_words, "|"));
    return add({.name = std::move(name),
                .type = "choice",
                .range = std::move(range),
                .meaning = std::move(meaning),
                .set = [&value, choices = std::move(allowed_words)](std::string_view text) -> Result<void> {
                    const auto chosen = std::find_if(choices.begin(), choices.end(),
                                                     [&](const auto& choice) { return iequals(choice, trim(text)); });
                    if (chosen == choices.end()) {
                        return allowed(words(choices));
                    }
                    value = *chosen;
                    return {};
                },
                .show = [&value] { return value; }});
}

SettingsTable& SettingsTable::list(std::string name, std::vector<std::string>& value, std::string meaning) {
    return add({.name = std::move(name),
                .type = "list",
                .meaning = std::move(meaning),
                .set = [&value](std::string_view text) -> Result<void> {
                    value = split_list(text);
                    return {};
                },
                .show = [&value] { return fmt::format("{}", fmt::join(value, ",")); }});
}

SettingsTable& SettingsTable::secret(std::string name, Secret& value, std::string meaning) {
    return add({.name = std::move(name),
                .type = "secret",
                .meaning = std::move(meaning),
                .secret = true,
                .set = [&value](std::string_view text) -> Result<void> {
                    value = Secret{std::string{text}};
                    return {};
                },
                .show = [&value] { return std::string{value.empty() ? std::string_view{} : mask}; }});
}

SettingsTable& SettingsTable::secret_list(std::string name, std::vector<Secret>& value, std::string meaning) {
    return add({.name = std::move(name),
                .type = "secret",
                .meaning = std::move(meaning),
                .secret = true,
                .set = [&value](std::string_view text) -> Result<void> {
                    value.clear();
                    for (std::string& item : split_list(text)) {
                        value.emplace_back(std::move(item));
                    }
                    return {};
                },
                .show = [&value] { return std::string{value.empty() ? std::string_view{} : mask}; }});
}

}  // namespace base
