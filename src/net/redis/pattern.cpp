#include "net/redis/pattern.hpp"

namespace net::redis {

std::string escape_pattern(std::string_view text) {
    std::string pattern;
    pattern.reserve(text.size());
    for (const char c : text) {
        if (std::string_view{"*?[]\\^"}.find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

}  // namespace net::redis
