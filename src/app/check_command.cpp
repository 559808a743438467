#include "app/check_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "app/house.hpp"
#include "async/task_group.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace app {
namespace {

struct Step {
    std::string name;
    base::Result<std::string> outcome;  ///< what was seen, or why not
};

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
                [&](async::Call& call) { return ask(call, house.pipeline(), answered); });
    auto outcome = answered.get_future().get();
    tasks.stop(async::StopReason::drain);
    tasks.join(std::chrono::seconds{5});
    return outcome;
}

void print(const std::vector<Step>& steps, std::ostream& out) {
    for (const Step& step : steps) {
        const std::string text = step.outcome ? *step.outcome : step.outcome.error().message();
        out << fmt::format("{:6} {:9} {}\n", step.outcome ? "ok" : "FAILED", step.name, base::escape_untrusted(text));
    }
}

void print_json(const std::vector<Step>& steps, std::ostream& out) {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().key("steps").begin_array();
    for (const Step& step : steps) {
        writer.begin_object()
            .field("name", step.name)
            .field("ok", step.outcome.has_value())
            .field("detail", step.outcome ? *step.outcome : step.outcome.error().message())
            .end_object();
    }
    writer.end_array().end_object();
    out << json << "\n";
}

}  // namespace

int check(const Settings& settings, bool json, std::ostream& out) {
    std::vector<Step> steps;
    steps.push_back({"settings", fmt::format("read, {} warnings", settings.reader.warnings().size())});
    steps.push_back({"listener", check_listener(settings)});
    steps.push_back({"keys", check_keys(settings)});
    auto house = House::build(settings);
    if (house) {
        steps.push_back({"backend", (*house)->describe_backend()});
        (*house)->start();
        steps.push_back({"query", check_query(**house)});
        (*house)->shut_down();
    } else {
        steps.push_back({"backend", base::fail(std::move(house.error()))});
    }
    if (json) {
        print_json(steps, out);
    } else {
        print(steps, out);
    }
    const bool good =
        std::all_of(steps.begin(), steps.end(), [](const Step& step) { return step.outcome.has_value(); });
    return good ? 0 : 4;
}

}  // namespace app
