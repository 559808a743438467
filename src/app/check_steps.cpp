#include "app/check_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace app {
namespace {

std::string_view word(CheckStep::Outcome outcome) {
    switch (outcome) {
        case CheckStep::Outcome::good: return "ok";
        case CheckStep::Outcome::doubtful: return "WARN";
        case CheckStep::Outcome::failed: return "FAILED";
        case CheckStep::Outcome::skipped: return "-";
    }
    return "";
}

}  // namespace

CheckStep CheckStep::of(std::string name, const base::Result<std::string>& result, int exit_code) {
    return {.name = std::move(name),
            .outcome = result ? Outcome::good : Outcome::failed,
            .text = result ? *result : result.error().message(),
            .exit_code = exit_code,
            .connection = {}};
}

void CheckReport::add(std::vector<CheckStep> steps) {
    std::move(steps.begin(), steps.end(), std::back_inserter(steps_));
}

bool CheckReport::failed() const { return exit_code() != check_exit::fine; }

int CheckReport::exit_code() const {
    const auto first = std::find_if(steps_.begin(), steps_.end(),
                                    [](const CheckStep& step) { return step.outcome == CheckStep::Outcome::failed; });
    return first == steps_.end() ? check_exit::fine : first->exit_code;
}

void CheckReport::print(std::ostream& out) const {
    std::string_view connection;
    for (const CheckStep& step : steps_) {
        if (step.connection != connection) {
            connection = step.connection;
            out << fmt::format("connection {}\n", base::escape_untrusted(connection));
        }
        std::string_view text = step.text;
        std::string_view name = step.name;
        std::string_view outcome = word(step.outcome);
        do {
            const std::size_t end = text.find('\n');
            out << fmt::format("{:6} {:13} {}\n", outcome, name, base::escape_untrusted(text.substr(0, end)));
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
            name = outcome = "";
        } while (!text.empty());
    }
}

void CheckReport::print_json(std::ostream& out) const {
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().key("steps").begin_array();
    for (const CheckStep& step : steps_) {
        const bool good = step.outcome == CheckStep::Outcome::good || step.outcome == CheckStep::Outcome::doubtful;
        writer.begin_object();
        if (!step.connection.empty()) {
            writer.field("connection", step.connection);
        }
        writer.field("name", step.name)
            .field("ok", good)
            .field("outcome", step.outcome == CheckStep::Outcome::skipped    ? "skipped"
                              : step.outcome == CheckStep::Outcome::doubtful ? "warning"
                              : good                                         ? "ok"
                                                                             : "failed")
            .field("detail", step.text)
            .end_object();
    }
    writer.end_array().field("exit_code", exit_code()).end_object();
    out << json << "\n";
}

}  // namespace app
