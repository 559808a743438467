#include "admin/network.hpp"

#include <gtest/gtest.h>

#include "admin/metrics_page.hpp"

namespace admin {
namespace {

bool contains(std::string_view network, std::string_view address) { return Network::parse(network)->contains(address); }

TEST(Network, holds_what_shares_its_bits) {
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.1.2"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.200"));
    EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
    EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::1"));
}

TEST(Network, one_address_is_a_network_too) {
    EXPECT_TRUE(contains("::1", "::1"));
    EXPECT_FALSE(contains("::1", "::2"));
}

TEST(Network, takes_a_mapped_address_for_what_it_is) { EXPECT_TRUE(contains("127.0.0.0/8", "::ffff:127.0.0.1")); }

TEST(Network, all_of_ipv4_is_not_all_of_ipv6) { EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1")); }

TEST(Network, says_which_text_is_wrong) {
    for (const char* text :
         {"10.0.0.0/33", "10.0.0/8", "::1/129", "loopback", "", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1"}) {
        const auto networks = parse_networks({text});
        ASSERT_FALSE(networks) << text;
        EXPECT_NE(networks.error().message().find("METRICS_ALLOWED_NETWORKS"), std::string::npos);
    }
}

TEST(MayReadMetrics, a_proxy_on_the_loopback_is_not_the_loopback) {
    const auto allowed = *parse_networks({"127.0.0.0/8", "10.0.0.0/8"});
    const net::Peer local{.address = "127.0.0.1", .port = 1, .loopback = true};
    const net::Peer far{.address = "10.1.2.3", .port = 1};
    const net::Peer stranger{.address = "192.0.2.1", .port = 1};
    EXPECT_TRUE(may_read_metrics(allowed, local, false));
    EXPECT_FALSE(may_read_metrics(allowed, local, true));
    EXPECT_TRUE(may_read_metrics(allowed, far, true)) << "a proxy in an allowed network may ask for itself";
    EXPECT_FALSE(may_read_metrics(allowed, stranger, false));
}

}  // namespace
}  // namespace admin
