/// Any bytes as a connections.toml or config.toml: tables or an error that repeats nothing of the text.
// links: backend_snowflake
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backend/snowflake/auth/connections.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const bool top : {true, false}) {
        const auto parsed = backend::snowflake::parse_connections(text, "connections.toml", top);
        if (!parsed && parsed.error().message().find("this is not TOML") == std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
