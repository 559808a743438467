#include "base/encoding.hpp"

#include <openssl/evp.h>
#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>

#include "base/clock.hpp"

namespace base {

namespace {

constexpr std::string_view standard_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Values = std::array<std::int8_t, 256>;

constexpr Values values_of(std::string_view digits) {
    Values values{};
    values.fill(-1);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        values[static_cast<std::uint8_t>(digits[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

constexpr Values standard_values = values_of(standard_digits);
constexpr Values url_values = values_of(url_digits);

/// Without padding.
std::string encode(std::string_view bytes, std::string_view digits) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<std::uint8_t>(c);
        count += 8;
        while (count >= 6) {
            count -= 6;
            out.push_back(digits[(bits >> count) & 0x3F]);
        }
    }
    if (count > 0) {
        out.push_back(digits[(bits << (6 - count)) & 0x3F]);
    }
    return out;
}

/// One text for each run of bytes: what is left over must be zero bits.
Result<std::string> decode(std::string_view text, const Values& values, std::string_view name) {
    const auto refuse = [&](std::string_view why) {
        return fail(Kind::bad_argument, std::string{"not "}.append(name).append(": ").append(why));
    };
    if (text.size() % 4 == 1) {
        return refuse("wrong length");
    }
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = values[static_cast<std::uint8_t>(c)];
        if (value < 0) {
            return refuse("a character that does not belong there");
        }
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> count) & 0xFF));
        }
    }
    if ((bits & ((1U << count) - 1)) != 0) {
        return refuse("bits left over at the end");
    }
    return out;
}

}  // namespace

std::string base64url(std::string_view bytes) { return encode(bytes, url_digits); }

Result<std::string> from_base64url(std::string_view text) { return decode(text, url_values, "base64url"); }

std::string base64(std::string_view bytes) {
    std::string out = encode(bytes, standard_digits);
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

Result<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return fail(Kind::bad_argument, "not base64: wrong length");
    }
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
        text.remove_suffix(1);
    }
    return decode(text, standard_values, "base64");
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 0xF]);
    }
    return out;
}

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // looking it up costs more
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm, nullptr) != 1) {
        throw std::runtime_error{"SHA-256 is not to be had"};
    }
    return digest;
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
        } else if (errno != EINTR) {
            throw std::runtime_error{"the operating system gives no random bytes"};
        }
    }
    return bytes;
}

std::string new_id() {
    constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const auto since_epoch = WallClock::now().time_since_epoch();
    const auto time =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
    const std::string random = random_bytes(10);
    std::string id(26, '0');
    for (int i = 0; i < 10; ++i) {  // 48 bits in 10 digits, most significant first
        id[static_cast<std::size_t>(i)] = digits[(time >> (45 - 5 * i)) & 0x1F];
    }
    std::uint32_t bits = 0;
    int count = 0;
    std::size_t at = 10;
    for (const char c : random) {  // 80 bits in 16 digits
        bits = (bits << 8) | static_cast<std::uint8_t>(c);
        count += 8;
        while (count >= 5) {
            count -= 5;
            id[at++] = digits[(bits >> count) & 0x1F];
        }
    }
    return id;
}

}  // namespace base
