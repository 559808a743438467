#include "admin/network.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace admin {
namespace {

struct Address {
    std::array<std::uint8_t, 16> bytes{};
    bool v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
    const std::string terminated{text};
    Address address;
    if (in6_addr six{}; inet_pton(AF_INET6, terminated.c_str(), &six) == 1) {
        std::memcpy(address.bytes.data(), &six, 16);
        return address;
    }
    if (in_addr four{}; inet_pton(AF_INET, terminated.c_str(), &four) == 1) {
        address.bytes[10] = address.bytes[11] = 0xff;
        std::memcpy(address.bytes.data() + 12, &four, 4);
        address.v4 = true;
        return address;
    }
    return std::nullopt;
}

}  // namespace

base::Result<Network> Network::parse(std::string_view text) {
    const auto wrong = [&] {
        return base::fail(base::Kind::bad_argument, fmt::format("'{}' is not a network (10.0.0.0/8, ::1/128)", text));
    };
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) {
        return wrong();
    }
    const int width = address->v4 ? 32 : 128;
    int bits = width;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (error != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > width) {
            return wrong();
        }
    }
    Network network;
    network.bytes_ = address->bytes;
    network.bits_ = bits + (128 - width);
    return network;
}

bool Network::contains(std::string_view text) const {
    const auto address = parse_address(text);
    if (!address) {
        return false;
    }
    const auto whole = static_cast<std::size_t>(bits_ / 8);
    if (!std::equal(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(whole), address->bytes.begin())) {
        return false;
    }
    const int rest = bits_ % 8;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return rest == 0 || ((bytes_[whole] ^ address->bytes[whole]) & mask) == 0;
}

base::Result<std::vector<Network>> parse_networks(const std::vector<std::string>& texts) {
    std::vector<Network> networks;
    for (const std::string& text : texts) {
        auto network = Network::parse(text);
        if (!network) {
            return base::fail(
                base::Error{base::Kind::bad_argument, "METRICS_ALLOWED_NETWORKS: " + network.error().message()}
                    .at(base::Stage::config)
                    .about("METRICS_ALLOWED_NETWORKS"));
        }
        networks.push_back(*network);
    }
    return networks;
}

}  // namespace admin
