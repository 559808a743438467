/// The process's log: structured lines on stderr (never stdout: stdio transport owns it), by spdlog.
///
/// The one global. Threads: any. Values are escaped (`escape_untrusted`); secrets have no way in (`Secret` is not
/// formattable).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace base::log {

enum class Level { trace, debug, info, warn, error, off };
enum class Format { text, json };

void configure(Level level, Format format);
Level level();
void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view message);
/// The line that `write` would put out at `time` (without its end); one line whatever the message holds.
std::string format_line(Format format, Level level, std::string_view time, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
    if (enabled(Level::debug)) write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
    if (enabled(Level::info)) write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> text, Args&&... args) {
    if (enabled(Level::warn)) write(Level::warn, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
    if (enabled(Level::error)) write(Level::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace base::log
