#include "capacity/report/kubernetes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <map>
#include <tuple>

#include "capacity/report/child_process.hpp"

namespace capacity::report {
namespace {

namespace json = boost::json;

const json::object* object_in(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr ? value->if_object() : nullptr;
}

std::string text_in(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<int> int_in(const json::object* object, std::string_view key) {
    const json::value* value = object != nullptr ? object->if_contains(key) : nullptr;
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return static_cast<int>(std::clamp<std::int64_t>(value->get_int64(), 0, 1'000'000));
}

base::Result<json::array> items_of(std::string_view text) {
    boost::system::error_code failed;
    json::value parsed = json::parse(text, failed);
    json::object* root = failed ? nullptr : parsed.if_object();
    json::value* items = root != nullptr ? root->if_contains("items") : nullptr;
    if (items == nullptr || !items->is_array()) {
        return base::fail(base::Kind::bad_argument, "kubectl printed no list of objects");
    }
    return std::move(items->get_array());
}

/// The number behind the last `word`: "… to 5 from 3".
std::optional<int> number_after(std::string_view text, std::string_view word) {
    const auto at = text.rfind(word);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(at + word.size());
    int value = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return failed == std::errc{} && value >= 0 ? std::optional{value} : std::nullopt;
}

/// The event's own time: of a series its last, of newer clients `eventTime`.
std::string time_of(const json::object& event) {
    if (const json::object* series = object_in(event, "series")) {
        if (auto time = text_in(*series, "lastObservedTime"); !time.empty()) return time;
    }
    for (const char* key : {"lastTimestamp", "eventTime", "firstTimestamp"}) {
        if (auto time = text_in(event, key); !time.empty()) return time;
    }
    const json::object* metadata = object_in(event, "metadata");
    return metadata != nullptr ? text_in(*metadata, "creationTimestamp") : std::string{};
}

std::optional<ScalingEvent> event_of(const json::value& value) {
    const json::object* event = value.if_object();
    const json::object* about = event != nullptr ? object_in(*event, "involvedObject") : nullptr;
    if (about == nullptr) return std::nullopt;
    const std::string kind = text_in(*about, "kind");
    const std::string reason = text_in(*event, "reason");
    const bool rescaled = kind == "HorizontalPodAutoscaler";
    if (!rescaled && !(kind == "Deployment" && reason == "ScalingReplicaSet")) return std::nullopt;
    const std::string message = text_in(*event, "message");
    ScalingEvent out{.time = time_of(*event),
                     .object = fmt::format("{}/{}", kind, text_in(*about, "name")),
                     .event = reason,
                     .trigger = message};
    if (rescaled) {
        out.to = number_after(message, "New size: ");
        if (const auto why = message.find("reason: "); why != std::string::npos) out.trigger = message.substr(why + 8);
    } else {
        out.to = number_after(message, " to ");
        out.from = number_after(message, " from ");
    }
    return out;
}

}  // namespace

base::Result<std::vector<ScalingEvent>> parse_kubernetes_events(std::string_view text, std::size_t most) {
    auto items = items_of(text);
    if (!items) return base::fail(std::move(items.error()));
    std::vector<ScalingEvent> events;
    for (const json::value& item : *items) {
        if (auto event = event_of(item)) events.push_back(std::move(*event));
    }
    std::ranges::sort(events, [](const ScalingEvent& a, const ScalingEvent& b) {
        return std::tie(a.time, a.object, a.trigger) < std::tie(b.time, b.object, b.trigger);
    });
    std::map<std::string, int> sizes;
    for (ScalingEvent& event : events) {
        if (!event.to) continue;
        const auto before = sizes.find(event.object);
        if (!event.from && before != sizes.end()) event.from = before->second;
        sizes[event.object] = *event.to;
    }
    if (events.size() > most) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(most));
    return events;
}

base::Result<std::vector<Autoscaler>> parse_autoscalers(std::string_view text) {
    auto items = items_of(text);
    if (!items) return base::fail(std::move(items.error()));
    std::vector<Autoscaler> all;
    for (const json::value& item : *items) {
        const json::object* one = item.if_object();
        if (one == nullptr) continue;
        const json::object* metadata = object_in(*one, "metadata");
        const json::object* status = object_in(*one, "status");
        const json::object* spec = object_in(*one, "spec");
        all.push_back({.name = metadata != nullptr ? text_in(*metadata, "name") : std::string{},
                       .current = int_in(status, "currentReplicas"),
                       .desired = int_in(status, "desiredReplicas"),
                       .min = int_in(spec, "minReplicas"),
                       .max = int_in(spec, "maxReplicas"),
                       .last_scaled = status != nullptr ? text_in(*status, "lastScaleTime") : std::string{}});
    }
    return all;
}

Events ask_kubectl(const KubectlPlan& plan) {
    Events events;
    const std::string program = find_program(plan.program);
    if (program.empty()) {
        events.why = "no kubectl";
        return events;
    }
    const auto get = [&](const char* what) {
        return run_program(program,
                           {"get", what, "--namespace", plan.name_space, "--output", "json", "--request-timeout",
                            fmt::format("{}s", std::max<std::int64_t>(plan.patience.count() / 1000, 1))},
                           plan.patience);
    };
    const auto failed = [&](const base::Error& error) {
        // kubectl's own default, where it has no configuration at all: there is no cluster that could be asked.
        const bool no_cluster = error.message().find("server localhost:8080 was refused") != std::string::npos;
        events.state = no_cluster ? Events::State::not_asked : Events::State::failed;
        events.why = no_cluster ? "kubectl has no cluster configured" : fmt::format("kubectl: {}", error.message());
        return events;
    };
    const auto listed = get("events");
    if (!listed) return failed(listed.error());
    auto parsed = parse_kubernetes_events(*listed);
    if (!parsed) return failed(parsed.error());
    events.events = std::move(*parsed);
    const auto scalers = get("hpa");
    if (!scalers) return failed(scalers.error());
    auto autoscalers = parse_autoscalers(*scalers);
    if (!autoscalers) return failed(autoscalers.error());
    events.autoscalers = std::move(*autoscalers);
    events.state = Events::State::known;
    return events;
}

}  // namespace capacity::report
