/// Any bytes as API_KEYS_FILE or as a key: an answer or an error, and no key that nobody made.
// links: access base
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "access/key_file.hpp"
#include "access/key_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const access_control::KeyTable table{{access_control::make_key("a", {"user"}, {}, "now").record}, {}};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto keys = access_control::parse_keys(text, "keys")) {
        const auto again = access_control::parse_keys(access_control::format_keys(*keys), "keys");
        if (!again || again->size() != keys->size()) {
            std::abort();
        }
    }
    if (table.find(text)) {
        std::abort();
    }
    return 0;
}
