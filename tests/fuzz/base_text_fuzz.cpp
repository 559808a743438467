/// Any bytes: what is made safe to show is safe, stays so, and is valid UTF-8; JSON strings hold no raw control.
// links: base
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace {

void demand(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string safe = base::escape_untrusted(text);
    demand(base::is_plain(safe) && base::is_valid_utf8(safe));
    demand(base::is_plain(text) == (safe == text));
    std::string json;
    base::append_json_string(json, text);
    demand(base::is_valid_utf8(json) && json.size() >= 2 && json.front() == '"' && json.back() == '"');
    for (const char c : json) {
        demand(static_cast<unsigned char>(c) >= 0x20);
    }
    for (std::size_t most = 0; most < 40; ++most) {
        demand(base::ellipsize(safe, most).size() <= most);
        demand(base::is_valid_utf8(base::ellipsize(safe, most)));
    }
    return 0;
}
