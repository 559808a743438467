/// Any bytes as a `.env` file, a config.toml, base64 or a sealed token: an answer or an error, never a fault.
// links: base
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/encoding.hpp"
#include "base/env_file.hpp"
#include "base/sealed_token.hpp"
#include "base/toml_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const base::TokenSealer sealer = base::TokenSealer::with_random_key();
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto lines = base::parse_env(text, ".env")) {
        for (const auto& line : *lines) {
            if (line.name.empty() || line.line == 0) {
                std::abort();
            }
        }
    }
    (void)base::parse_toml(text, "config.toml");
    if (const auto bytes = base::from_base64url(text); bytes && base::base64url(*bytes) != text) {
        std::abort();  // one text for each run of bytes
    }
    if (const auto bytes = base::from_base64(text); bytes && base::base64(*bytes) != text) {
        std::abort();
    }
    if (sealer.open(text, "cursor", "anonymous", {}) || sealer.open(base::base64url(text), "cursor", "anonymous", {})) {
        std::abort();  // nobody can make one up
    }
    return 0;
}
