/// IP networks in CIDR form. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace admin {

/// "10.0.0.0/8", "::1/128", "192.0.2.7" (one address). IPv4-mapped IPv6 addresses count as IPv4.
class Network {
public:
    static base::Result<Network> parse(std::string_view text);
    bool contains(std::string_view address) const;

private:
    using Bytes = std::array<std::uint8_t, 16>;
    Bytes bytes_{};
    int bits_ = 0;  // of 128; IPv4 stands behind ::ffff:0:0/96
};

/// Names METRICS_ALLOWED_NETWORKS in its error.
base::Result<std::vector<Network>> parse_networks(const std::vector<std::string>& texts);

}  // namespace admin
