#include "app/check_command.hpp"

#include <fmt/format.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "app/check_steps.hpp"
#include "app/house.hpp"
#include "app/snowflake_check.hpp"
#include "async/task_group.hpp"

namespace app {
namespace {

base::Result<std::string> check_listener(const Settings& settings) {
    if (auto allowed = access_control::may_listen(settings.http.host, settings.access); !allowed) {
        return base::fail(std::move(allowed.error()));
    }
    return fmt::format("{}:{} may be served", settings.http.host, settings.http.port);
}

base::Result<std::string> check_keys(const Settings& settings) {
    base::Metrics metrics;
    auto access = access_control::Access::open(settings.access, metrics);
    if (!access) {
        return base::fail(std::move(access.error()));
    }
    return std::string{(*access)->keys_required() ? "clients must show a key" : "anybody who reaches the port may ask"};
}

/// One question, asked the way a tool asks it.
base::Result<std::string> check_query(House& house) {
    std::promise<base::Result<std::string>> answered;
    async::TaskGroup tasks;
    async::Call::Parts parts;
    parts.request_id = "check";
    parts.principal = access_control::Access::os_user();
    parts.deadline = base::Clock::now() + std::chrono::seconds{30};
    const auto ask = [](async::Call& call, query::Pipeline& pipeline,
                        std::promise<base::Result<std::string>>& promise) -> async::Task<void> {
        query::Request request;
        request.text = "SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()";
        request.tool = "check";
        auto rows = co_await pipeline.run(call, std::move(request));
        if (rows) {
            promise.set_value(fmt::format("answered in {:.1f} ms", rows->facts.elapsed_ms));
        } else {
            promise.set_value(base::fail(std::move(rows.error())));
        }
    };
    tasks.spawn(house.workers()[0], std::move(parts),
                [&](async::Call& call) { return ask(call, house.connections().front()->pipeline(), answered); });
    auto outcome = answered.get_future().get();
    tasks.stop(async::StopReason::drain);
    tasks.join(std::chrono::seconds{5});
    return outcome;
}

/// What is configured last: the embedded database, or a Snowflake account.
std::vector<CheckStep> check_backend(const Settings& settings) {
    const bool snowflake = settings.uses_snowflake();
    const char* first = snowflake ? "configuration" : "backend";
    std::vector<CheckStep> steps;
    auto house = House::build(settings);
    if (!house) {
        steps.push_back(CheckStep::of(first, base::fail(std::move(house.error())),
                                      snowflake ? check_exit::configuration : check_exit::local));
        return steps;
    }
    steps.push_back(CheckStep::of(first, (*house)->describe_backend()));
    if (snowflake) {
        (*house)->start(House::Warm::no);  // one login is enough to see
        for (CheckStep& step : check_snowflake(**house, settings)) {
            steps.push_back(std::move(step));
        }
    } else {
        (*house)->start();
        steps.push_back(CheckStep::of("query", check_query(**house)));
    }
    (*house)->shut_down();
    return steps;
}

/// Each by itself: one that cannot even be configured hides nothing of the others.
void check_connections(Settings& settings, std::string_view wanted, CheckReport& report) {
    const auto all = settings.connections;
    std::string names;
    bool found = false;
    for (const auto& one : all) {
        names += (names.empty() ? "" : ", ") + one.name;
        if (!wanted.empty() && one.name != wanted) {
            continue;
        }
        found = true;
        settings.connections = {one};
        auto steps = check_backend(settings);
        for (CheckStep& step : steps) {
            step.connection = all.size() > 1 ? one.name : "";
        }
        report.add(std::move(steps));
    }
    settings.connections = all;
    if (!found) {
        report.add(CheckStep::of("configuration",
                                 base::fail(base::Kind::bad_argument,
                                            fmt::format("there is no connection {}; configured: {}", wanted,
                                                        names.empty() ? "none, the embedded database answers" : names)),
                                 check_exit::configuration));
    }
}

}  // namespace

int check(Settings& settings, const CheckOptions& options, std::ostream& out) {
    CheckReport report;
    report.add(CheckStep::of("settings", fmt::format("read, {} warnings", settings.reader.warnings().size())));
    report.add(CheckStep::of("listener", check_listener(settings)));
    report.add(CheckStep::of("keys", check_keys(settings)));
    if (settings.uses_snowflake() || !options.connection.empty()) {
        check_connections(settings, options.connection, report);
    } else {
        report.add(check_backend(settings));
    }
    if (options.json) {
        report.print_json(out);
    } else {
        report.print(out);
    }
    return report.exit_code();
}

}  // namespace app
