#include "mcp/task.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

namespace mcp {
namespace {

using std::chrono::milliseconds;

/// Takes "<number>;" off the front.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data() + text.size() || *end != ';') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return value;
}

}  // namespace

std::string TaskId::pack() const {
    const auto since = std::chrono::floor<milliseconds>(created.time_since_epoch());
    return fmt::format("{};{};{};{}", since.count(), ttl.count(), poll_interval.count(), handle);
}

std::optional<TaskId> TaskId::unpack(std::string_view payload) {
    const auto created = take_number(payload);
    const auto ttl = created ? take_number(payload) : std::nullopt;
    const auto interval = ttl ? take_number(payload) : std::nullopt;
    if (!interval) return std::nullopt;
    return TaskId{.created = base::WallTime{milliseconds{*created}},
                  .ttl = milliseconds{*ttl},
                  .poll_interval = milliseconds{*interval},
                  .handle = std::string{payload}};
}

std::string iso_time(base::WallTime time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::duration_cast<milliseconds>(time - whole);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                       rest.count());
}

}  // namespace mcp
