#include "capacity/plan/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/number_text.hpp"
#include "base/text.hpp"
#include "capacity/plan/calendar.hpp"

namespace capacity::plan {
namespace {

using Taken = base::Result<void>;

/// One option: how its text becomes a value.
struct Option {
    std::string name;
    std::string group;
    std::string meaning;
    std::string range;
    std::string default_text;  ///< empty: none
    bool is_flag = false;
    std::function<Taken(std::string_view text)> take;  ///< its error says what is allowed
};

std::unexpected<base::Error> allowed(std::string_view range) {
    return base::fail(base::Kind::bad_argument, fmt::format("allowed is {}", range));
}

std::string number_text(double value) {
    std::string text;
    base::append_shortest(text, value);
    return text;
}

/// The whole text as a finite number; locale-free, without "nan", "inf" and hexadecimal.
std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
    return whole ? std::optional{value} : std::nullopt;
}

std::optional<std::int64_t> whole_of(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

/// The table under construction.
class Table {
public:
    void group(std::string name) { group_ = std::move(name); }

    template <class Value>
    void number(std::string name, Value& value, double min, double max, std::string meaning) {
        add(std::move(name), std::move(meaning), fmt::format("{} to {}", number_text(min), number_text(max)),
            number_text(value), [&value, min, max](std::string_view text) { return store(text, value, min, max); });
    }
    template <class Value>
    void whole(std::string name, Value& value, std::int64_t min, std::int64_t max, std::string meaning) {
        add(std::move(name), std::move(meaning), fmt::format("a whole number from {} to {}", min, max),
            fmt::format("{}", value),
            [&value, min, max](std::string_view text) { return store_whole(text, value, min, max); });
    }
    template <class Value>
    void maybe_number(std::string name, std::optional<Value>& value, double min, double max, std::string meaning) {
        add(std::move(name), std::move(meaning), fmt::format("{} to {}", number_text(min), number_text(max)), "",
            [&value, min, max](std::string_view text) { return store(text, value.emplace(), min, max); });
    }
    void maybe_whole(std::string name, std::optional<std::int64_t>& value, std::int64_t min, std::int64_t max,
                     std::string meaning) {
        add(std::move(name), std::move(meaning), fmt::format("a whole number from {} to {}", min, max), "",
            [&value, min, max](std::string_view text) { return store_whole(text, value.emplace(), min, max); });
    }
    void text(std::string name, std::string& value, std::string meaning) {
        add(std::move(name), std::move(meaning), "a text that is not empty", "",
            [&value](std::string_view text) -> Taken {
                if (text.empty()) {
                    return allowed("a text that is not empty");
                }
                value = text;
                return {};
            });
    }
    void flag(std::string name, bool& value, std::string meaning) {
        add(std::move(name), std::move(meaning), "", "", [&value](std::string_view) -> Taken {
            value = true;
            return {};
        });
        options_.back().is_flag = true;
    }
    void add(std::string name, std::string meaning, std::string range, std::string default_text,
             std::function<Taken(std::string_view)> take) {
        options_.push_back({.name = std::move(name),
                            .group = group_,
                            .meaning = std::move(meaning),
                            .range = std::move(range),
                            .default_text = std::move(default_text),
                            .take = std::move(take)});
    }

    std::vector<Option>& options() { return options_; }

private:
    static Taken store(std::string_view text, double& value, double min, double max) {
        const auto number = number_of(text);
        if (!number || *number < min || *number > max) {
            return allowed(fmt::format("{} to {}", number_text(min), number_text(max)));
        }
        value = *number;
        return {};
    }
    static Taken store_whole(std::string_view text, std::int64_t& value, std::int64_t min, std::int64_t max) {
        const auto number = whole_of(text);
        if (!number || *number < min || *number > max) {
            return allowed(fmt::format("a whole number from {} to {}", min, max));
        }
        value = *number;
        return {};
    }

    std::string group_;
    std::vector<Option> options_;
};

Taken take_model(std::string_view text, Inputs& inputs) {
    if (text == "auto") {
        inputs.model.reset();
        return {};
    }
    for (const auto model :
         {scaling::GrowthModel::linear, scaling::GrowthModel::exponential, scaling::GrowthModel::logistic}) {
        if (text == scaling::to_string(model)) {
            inputs.model = model;
            return {};
        }
    }
    return allowed("linear, exponential, logistic or auto");
}

/// "10:1,25:2,50:4,8": up to 10 clients 1 core, …, beyond them 8.
Taken take_tiers(std::string_view text, Inputs& inputs) {
    constexpr std::string_view form =
        "CLIENTS:CORES,…,CORES with rising clients and cores from 0.1 to 1024, such as 10:1,25:2,50:4,8";
    std::vector<scaling::CpuTier> tiers;
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        const auto colon = part.find(':');
        const bool last = comma == std::string_view::npos;
        const auto cores = number_of(colon == std::string_view::npos ? part : part.substr(colon + 1));
        const auto clients =
            colon == std::string_view::npos ? std::optional<double>{INFINITY} : number_of(part.substr(0, colon));
        const double before = tiers.empty() ? 0 : tiers.back().clients;
        if (!cores || *cores < 0.1 || *cores > 1024 || !clients || *clients <= before ||
            last != (colon == std::string_view::npos)) {
            return allowed(form);
        }
        tiers.push_back({.clients = *clients, .cores = *cores});
        if (last) {
            inputs.cpu_tiers = std::move(tiers);
            return {};
        }
        rest.remove_prefix(comma + 1);
    }
}

void add_load(Table& table, Inputs& in) {
    table.group("Load and growth");
    table.maybe_whole("--clients", in.clients, 1, most_clients, "concurrent clients today");
    table.maybe_whole("--target", in.target, 1, most_clients,
                      "concurrent clients to plan for; with growth, the plan also says when they are reached");
    table.number("--growth", in.growth, -0.99, 10, "growth a month as a share: 0.15 is 15 %");
    table.add("--growth-model", "how it grows; auto: exponential, or of a history the model that fits it best",
              "linear, exponential, logistic or auto", "auto",
              [&in](std::string_view text) { return take_model(text, in); });
    table.number("--ceiling", in.ceiling, 1, static_cast<double>(most_clients),
                 "clients that logistic growth does not pass");
    table.whole("--months", in.months, 1, most_months, "months to look ahead");
    table.add("--start", "month 0", "a date, YYYY-MM or YYYY-MM-DD, from 1970 to 9000",
              "today, or the last month of the history", [&in](std::string_view text) -> Taken {
                  in.start = parse_date(text);
                  return in.start ? Taken{} : allowed("a date, YYYY-MM or YYYY-MM-DD, from 1970 to 9000");
              });
    table.add("--month-step", "how months are dated: each of the calendar once, or 30 days each", "calendar or 30-days",
              "calendar", [&in](std::string_view text) -> Taken {
                  in.step = text == "30-days" ? MonthStep::thirty_days : MonthStep::calendar;
                  return text == "30-days" || text == "calendar" ? Taken{} : allowed("calendar or 30-days");
              });
    table.number("--safety-margin", in.safety_margin, 0, 10, "share added to the clients before sizing");
    table.group("Growth from past load");
    table.text("--history", in.history.file, "CSV with a date column and a clients column; growth is fitted to it");
    table.text("--history-date-column", in.history.date_column,
               "its date column, if not date, month, day, time or "
               "timestamp");
    table.text("--history-column", in.history.clients_column,
               "its clients column, if not clients, concurrent_clients, peak_clients or active_clients");
    table.flag("--allow-gaps", in.history.allow_gaps, "fit across months that are missing in it");
    table.number("--interval", in.history.level, 0.5, 0.999, "probability of the prediction interval");
}

void add_instance(Table& table, Inputs& in) {
    table.group("What one instance carries");
    table.text("--bench", in.bench_file,
               "result of `snowflake-mcp bench` (JSON): its figures replace the defaults below");
    table.number("--max-clients-per-instance", in.profile.max_clients, 0.01, 1e9, "concurrent clients");
    table.number("--instance-cores", in.profile.cpu_cores, 0.01, 4096, "CPU cores");
    table.number("--instance-memory-gb", in.profile.memory_gb, 0.01, 65536, "memory, GB");
    table.number("--instance-cost", in.profile.monthly_cost_usd, 0, 1e6, "US dollars a month");
    table.number("--cpu-per-client", in.profile.cpu_percent_per_client, 0, 1000,
                 "CPU of the instance, percent a client");
    table.number("--memory-per-client", in.profile.memory_mb_per_client, 0, 1e6, "memory, MB a client");
    table.number("--response-base", in.profile.response_ms_base, 0, 1e7, "response time of a client that is alone, ms");
    table.number("--response-factor", in.profile.response_factor_client, 0, 1000,
                 "what every client adds to it, as a share of it");
    table.add("--cpu-tiers", "cores of an instance by its clients", "CLIENTS:CORES,…,CORES", "10:1,25:2,50:4,8",
              [&in](std::string_view text) { return take_tiers(text, in); });
    table.group("Pool and memory of one instance");
    table.maybe_number("--average-users", in.average_users, 0, 1e8, "average users; default half of the peak");
    table.maybe_number("--peak-users", in.peak_users, 0, 1e8, "peak users; default the plan's fullest instance");
    table.number("--pool-average-divisor", in.pool.average_divisor, 0.01, 1000, "minimum = average users / this");
    table.number("--pool-peak-factor", in.pool.peak_factor, 0.01, 100, "maximum = peak users x this …");
    table.number("--pool-buffer", in.pool.health_buffer, 0, 10, "… and this share of it for health checks");
    table.maybe_whole("--connections", in.connections, 0, 1'000'000, "sessions; default the pool's maximum");
    table.maybe_whole("--requests", in.requests, 0, 100'000'000, "requests under way; default the peak users");
    table.number("--memory-base", in.memory.base_mb, 0, 1e6, "MB of the server itself");
    table.number("--memory-per-connection", in.memory.connection_mb, 0, 1e6, "MB a session");
    table.number("--memory-per-request", in.memory.request_mb, 0, 1e6, "MB a request under way");
    table.number("--memory-overhead", in.memory.overhead_mb, 0, 1e6, "MB on top");
}

void add_snowflake(Table& table, Inputs& in) {
    auto& s = in.snowflake;
    table.group("Snowflake");
    table.add("--warehouse-size", "size of the warehouse", "XSMALL, SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE to 6XLARGE",
              s.warehouse_size, [&s](std::string_view text) -> Taken {
                  if (credits_per_hour(text) == 0) {
                      return allowed("XSMALL, SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE to 6XLARGE");
                  }
                  s.warehouse_size = base::to_upper(text);
                  return {};
              });
    table.whole("--warehouse-clusters", s.clusters, 1, 300, "MAX_CLUSTER_COUNT of the warehouse");
    table.whole("--max-concurrency-level", s.max_concurrency_level, 1, 1000, "statements that a cluster runs at once");
    table.number("--auto-suspend", s.auto_suspend_seconds, 0, 1e7, "AUTO_SUSPEND of the warehouse, s; 0: never");
    table.number("--credit-price", s.credit_price_usd, 0, 1000, "US dollars a credit");
    table.whole("--account-sessions", s.account_sessions, 0, 100'000'000,
                "sessions the account may hold for this server; 0: no bound known");
    table.whole("--warehouses-now", s.warehouses_now, 1, 10'000, "warehouses that the clients use without this server");
    table.number("--queries-per-client-hour", s.queries_per_client_hour, 0, 1e6,
                 "queries of a client in an active hour");
    table.number("--query-seconds", s.query_seconds, 0, 86'400, "a query's time in the warehouse, s");
    table.number("--cache-hit-rate", s.cache_hit_rate, 0, 1, "share of queries answered without the warehouse");
    table.number("--active-hours", s.active_hours, 0, 24, "hours of a day in which clients ask");
    table.number("--active-days", s.active_days, 0, 31, "days of a month on which clients ask");
    table.number("--logins-per-client-day", s.logins_per_client_day, 0, 10'000,
                 "logins of a client without this server");
}

void add_advice(Table& table, Inputs& in) {
    table.group("When what is advised");
    table.whole("--advice-single-zone", in.advice.single_zone_instances, 0, 1'000'000,
                "up to so many instances one availability zone does");
    table.whole("--advice-multi-zone", in.advice.multi_zone_instances, 0, 1'000'000,
                "above so many instances: several regions");
    table.number("--advice-cores", in.advice.reserved_cores, 0, 1e9, "above so many cores: reserved instances");
    table.number("--advice-cost", in.advice.high_cost_usd, 0, 1e12, "above so many US dollars a month: save");
}

std::vector<Option> options_of(Inputs& inputs) {
    Table table;
    add_load(table, inputs);
    add_instance(table, inputs);
    add_snowflake(table, inputs);
    add_advice(table, inputs);
    return std::move(table.options());
}

std::unexpected<base::Error> wrong(std::string option, std::string message) {
    return base::fail(base::Error{base::Kind::bad_argument, std::move(message)}.about(std::move(option)));
}

/// What one option alone does not show.
Taken check(const Inputs& in) {
    const bool history = !in.history.file.empty();
    if (!history && !in.clients && !in.target) {
        return wrong("--clients",
                     fmt::format("--clients is missing: name the concurrent clients of today, 1 to {} (or a "
                                 "--target, or a --history to fit)",
                                 most_clients));
    }
    if (history && in.is_given("--growth")) {
        return wrong("--growth", "--growth and --history exclude each other: growth is fitted to the history");
    }
    for (const std::string_view option : {"--history-date-column", "--history-column", "--allow-gaps", "--interval"}) {
        if (!history && in.is_given(option)) {
            return wrong(std::string{option}, fmt::format("{} needs --history", option));
        }
    }
    const bool logistic = in.model == scaling::GrowthModel::logistic;
    if (in.is_given("--ceiling") && (history || !logistic)) {
        return wrong("--ceiling",
                     "--ceiling belongs to --growth-model logistic with --growth (of a --history it is "
                     "fitted)");
    }
    const auto start = static_cast<double>(in.clients.value_or(in.target.value_or(1)));
    if (logistic && !history && !(in.ceiling > start)) {
        return wrong("--ceiling", in.is_given("--ceiling")
                                      ? fmt::format("--ceiling is {}: allowed is more than the clients of today ({})",
                                                    number_text(in.ceiling), number_text(start))
                                      : "--growth-model logistic needs --ceiling: the clients that it does not pass");
    }
    if (in.average_users && in.peak_users && *in.average_users > *in.peak_users) {
        return wrong("--average-users", fmt::format("--average-users is {}: allowed is at most --peak-users ({})",
                                                    number_text(*in.average_users), number_text(*in.peak_users)));
    }
    if (in.advice.multi_zone_instances < in.advice.single_zone_instances) {
        return wrong("--advice-multi-zone",
                     fmt::format("--advice-multi-zone is {}: allowed is {} (--advice-single-zone) or more",
                                 in.advice.multi_zone_instances, in.advice.single_zone_instances));
    }
    return {};
}

}  // namespace

std::vector<OptionHelp> option_list() {
    Inputs defaults;
    std::vector<OptionHelp> list;
    for (const Option& option : options_of(defaults)) {
        std::string text = option.meaning;
        if (!option.range.empty() && !option.range.starts_with("a text")) {
            text += fmt::format(" ({})", option.range);
        }
        if (!option.default_text.empty() && option.name != "--ceiling") {
            text += fmt::format(" [{}]", option.default_text);
        }
        list.push_back(
            {.name = option.name, .group = option.group, .text = std::move(text), .is_flag = option.is_flag});
    }
    return list;
}

base::Result<Inputs> read_options(const Given& given) {
    Inputs inputs;
    const std::vector<Option> options = options_of(inputs);
    for (const auto& [name, text] : given) {
        const auto option = std::ranges::find(options, name, &Option::name);
        if (option == options.end()) {
            return wrong(name, fmt::format("there is no option {}", name));
        }
        if (const Taken taken = option->take(text); !taken) {
            return wrong(name, fmt::format("{} is {}: {}", name,
                                           text.empty() ? "empty" : base::escape_untrusted(base::ellipsize(text, 80)),
                                           taken.error().message()));
        }
        inputs.given.insert(name);
    }
    if (const Taken fine = check(inputs); !fine) {
        return base::fail(fine.error());
    }
    return inputs;
}

double credits_per_hour(std::string_view warehouse_size) {
    std::string name;
    for (const char c : base::to_upper(warehouse_size)) {
        if (c != '-' && c != '_' && c != ' ') {
            name.push_back(c);
        }
    }
    constexpr std::string_view sizes[][4] = {
        {"XSMALL", "XS"},
        {"SMALL", "S"},
        {"MEDIUM", "M"},
        {"LARGE", "L"},
        {"XLARGE", "XL"},
        {"2XLARGE", "2XL", "XXLARGE", "X2LARGE"},
        {"3XLARGE", "3XL", "XXXLARGE", "X3LARGE"},
        {"4XLARGE", "4XL", "X4LARGE"},
        {"5XLARGE", "5XL", "X5LARGE"},
        {"6XLARGE", "6XL", "X6LARGE"},
    };
    double credits = 1;
    for (const auto& names : sizes) {
        if (!name.empty() && std::ranges::find(names, std::string_view{name}) != std::end(names)) {
            return credits;
        }
        credits *= 2;
    }
    return 0;
}

}  // namespace capacity::plan
