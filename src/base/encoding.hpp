/// Bytes as text, and fingerprints of bytes. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace base {

std::string base64url(std::string_view bytes);  ///< RFC 4648 section 5, no padding
Result<std::string> from_base64url(std::string_view text);
std::string base64(std::string_view bytes);  ///< RFC 4648 section 4, padded
Result<std::string> from_base64(std::string_view text);
std::string hex(std::string_view bytes);  ///< lower case

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::string random_bytes(std::size_t count);  ///< from the operating system's generator
/// A ULID: 48 bits of milliseconds, then 80 random bits, as 26 characters of Crockford base32; sorts by time.
std::string new_id();

}  // namespace base
