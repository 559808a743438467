#include "net/server/date_text.hpp"

#include <fmt/format.h>

#include <array>

namespace net {

void DateText::write(std::time_t seconds) {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    text_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(parts.tm_wday)],
                        parts.tm_mday, months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                        parts.tm_hour, parts.tm_min, parts.tm_sec);
    seconds_ = seconds;
}

}  // namespace net
