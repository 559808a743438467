#include "query/hostile_strings.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/text.hpp"

namespace hostile {

namespace {

std::vector<String> load() {
    std::ifstream file{TEST_DATA_DIR "/hostile/strings.json"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) std::abort();
    std::vector<String> all;
    for (const auto& entry : boost::json::parse(text).as_array()) {
        String one{.name = std::string{entry.at("name").as_string()}, .text = {}};
        if (const auto* repeat = entry.as_object().if_contains("repeat")) {
            for (auto n = entry.at("times").as_int64(); n > 0; --n) one.text += repeat->as_string();
        } else {
            one.text = std::string{entry.at("text").as_string()};
        }
        all.push_back(std::move(one));
    }
    return all;
}

char32_t decode(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80) return lead;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t code = lead & (0x3FU >> more);
    for (int i = 0; i < more; ++i) code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
    return code;
}

bool acts(char32_t code) {
    if (code < 0x20) return code != '\n' && code != '\t' && code != '\r';
    return (code >= 0x7F && code < 0xA0) || code == 0x061C || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x202A && code <= 0x202E) || code == 0x2060 || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFEFF || (code >= 0xE0000 && code <= 0xE007F);
}

}  // namespace

const std::vector<String>& strings() {
    static const std::vector<String> all = load();
    return all;
}

std::string what_acts(std::string_view shown) {
    if (!base::is_valid_utf8(shown)) return "invalid UTF-8";
    for (std::size_t at = 0; at < shown.size();) {
        const std::size_t start = at;
        const char32_t code = decode(shown, at);
        if (acts(code)) return fmt::format("U+{:04X} at {}", static_cast<std::uint32_t>(code), start);
    }
    return {};
}

}  // namespace hostile
