#include "base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <chrono>
#include <ctime>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace base::log {

namespace {

std::atomic<Level> current_level = Level::info;
std::atomic<Format> current_format = Format::text;

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::trace: return spdlog::level::trace;
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::trace: return "trace";
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
        case Level::off: return "off";
    }
    return "info";
}

/// Never destroyed: threads may log until the very end.
spdlog::logger& logger() {
    static auto* const instance = [] {
        auto* made = new spdlog::logger{"snowflake-mcp", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
        made->set_pattern("%v");
        made->set_level(spdlog::level::trace);  // `enabled` has asked already
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *instance;
}

std::string utc_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds % 1000);
}

}  // namespace

std::string format_line(Format format, Level level, std::string_view time, std::string_view message) {
    std::string line;
    line.reserve(message.size() + 64);
    const std::string safe = escape_untrusted(message);
    if (format == Format::json) {
        JsonWriter{line}
            .begin_object()
            .field("time", time)
            .field("level", name_of(level))
            .field("message", safe)
            .end_object();
        return line;
    }
    line.append(time)
        .append(" ")
        .append(name_of(level))
        .append(level == Level::info || level == Level::warn ? "  " : " ");
    for (const char c : safe) {  // one line stays one line
        if (c == '\n') {
            line.append("\\n");
        } else {
            line.push_back(c);
        }
    }
    return line;
}

void configure(Level level, Format format) {
    current_format.store(format, std::memory_order_relaxed);
    set_level(level);
}

Level level() { return current_level.load(std::memory_order_relaxed); }

void set_level(Level level) { current_level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) { return level >= current_level.load(std::memory_order_relaxed) && level != Level::off; }

void write(Level level, std::string_view message) {
    const auto line = format_line(current_format.load(std::memory_order_relaxed), level, utc_now(), message);
    logger().log(spdlog_level(level), spdlog::string_view_t{line});
}

}  // namespace base::log
