#include "net/client/proxy.hpp"

#include <gtest/gtest.h>

using net::client::ClientSettings;
using net::client::Proxy;
using net::client::ProxyRules;
using net::client::Url;

namespace {

bool direct(const std::string& no_proxy, const std::string& url) {
    ClientSettings settings;
    settings.all_proxy = base::Secret{"http://proxy.example"};
    settings.no_proxy = no_proxy;
    return ProxyRules::create(settings).value().proxy_for(Url::parse(url).value()) == nullptr;
}

TEST(Proxy, is_read_with_its_login) {
    const auto proxy = Proxy::parse("http://us%40er:p%3Aw+d@proxy.example:8080/", "HTTPS_PROXY").value();
    EXPECT_EQ(proxy.address.origin(), "http://proxy.example:8080");
    EXPECT_EQ(proxy.authorization.reveal(), "Basic dXNAZXI6cDp3K2Q=");  // us@er:p:w+d
}

TEST(Proxy, takes_a_password_that_should_have_been_encoded) {
    const auto proxy = Proxy::parse("http://user:a/b?c#d@e@proxy.example:8080", "HTTPS_PROXY").value();
    EXPECT_EQ(proxy.address.origin(), "http://proxy.example:8080");
    EXPECT_EQ(proxy.authorization.reveal(), "Basic dXNlcjphL2I/YyNkQGU=");  // user:a/b?c#d@e
}

TEST(Proxy, has_default_schemes_and_ports) {
    EXPECT_EQ(Proxy::parse("proxy.example", "X").value().address.origin(), "http://proxy.example:3128");
    EXPECT_EQ(Proxy::parse("proxy.example:80", "X").value().address.origin(), "http://proxy.example:80");
    EXPECT_EQ(Proxy::parse("https://proxy.example", "X").value().address.origin(), "https://proxy.example:443");
    EXPECT_EQ(Proxy::parse("[::1]:9", "X").value().address.origin(), "http://[::1]:9");
    EXPECT_EQ(Proxy::parse("[::1]", "X").value().address.origin(), "http://[::1]:3128");
    EXPECT_TRUE(Proxy::parse("proxy.example", "X").value().authorization.empty());
}

TEST(Proxy, error_names_the_setting_and_not_the_secret) {
    for (const auto* text :
         {"socks5://user:hunter2@p", "http://user:hunter2@", "http://user:hunter2@p:x", "http://a%zz:hunter2@p"}) {
        const auto refused = Proxy::parse(text, "HTTPS_PROXY");
        ASSERT_FALSE(refused) << text;
        EXPECT_NE(refused.error().message().find("HTTPS_PROXY"), std::string::npos);
        EXPECT_EQ(refused.error().message().find("hunter2"), std::string::npos);
    }
}

TEST(ProxyRules, choose_by_scheme) {
    ClientSettings settings;
    settings.https_proxy = base::Secret{"http://secure.example"};
    const auto only_https = ProxyRules::create(settings).value();
    EXPECT_EQ(only_https.proxy_for(Url::parse("https://a/").value())->address.host, "secure.example");
    EXPECT_EQ(only_https.proxy_for(Url::parse("http://a/").value()), nullptr);
    settings.all_proxy = base::Secret{"http://all.example"};
    const auto both = ProxyRules::create(settings).value();
    EXPECT_EQ(both.proxy_for(Url::parse("http://a/").value())->address.host, "all.example");
    settings.http_proxy = base::Secret{"nonsense://"};
    EXPECT_FALSE(ProxyRules::create(settings));
}

TEST(ProxyRules, a_name_covers_itself_and_its_subdomains) {
    for (const auto* entry : {"example.com", ".example.com", "*.example.com", "other, example.com", "EXAMPLE.com"}) {
        EXPECT_TRUE(direct(entry, "https://example.com/")) << entry;
        EXPECT_TRUE(direct(entry, "https://a.b.example.com/")) << entry;
        EXPECT_FALSE(direct(entry, "https://badexample.com/")) << entry;
        EXPECT_FALSE(direct(entry, "https://example.com.evil/")) << entry;
    }
}

TEST(ProxyRules, a_port_narrows_an_entry) {
    EXPECT_TRUE(direct("example.com:8443", "https://example.com:8443/"));
    EXPECT_FALSE(direct("example.com:8443", "https://example.com/"));
    EXPECT_TRUE(direct("[::1]:80", "http://[::1]/"));
    EXPECT_FALSE(direct("[::1]:81", "http://[::1]/"));
}

TEST(ProxyRules, addresses_and_networks_cover_literals) {
    EXPECT_TRUE(direct("10.0.0.0/8", "https://10.255.1.2/"));
    EXPECT_FALSE(direct("10.0.0.0/8", "https://11.0.0.1/"));
    EXPECT_TRUE(direct("192.168.4.0/22", "https://192.168.7.255/"));
    EXPECT_FALSE(direct("192.168.4.0/22", "https://192.168.8.0/"));
    EXPECT_TRUE(direct("127.0.0.1", "http://127.0.0.1:9/"));
    EXPECT_TRUE(direct("fd00::/8", "http://[fd12::1]/"));
    EXPECT_FALSE(direct("fd00::/8", "http://[fe80::1]/"));
    EXPECT_FALSE(direct("10.0.0.0/33", "https://10.0.0.1/")) << "no such network";
    EXPECT_FALSE(direct("10.0.0.0/8", "https://ten.example/"));
}

TEST(ProxyRules, a_star_covers_everything_and_nothing_covers_nothing) {
    EXPECT_TRUE(direct("*", "https://a.example/"));
    EXPECT_FALSE(direct("", "https://a.example/"));
    EXPECT_FALSE(direct(" , ,", "https://a.example/"));
    EXPECT_FALSE(direct("", "http://127.0.0.1/")) << "as curl and Python do";
}

TEST(ClientSettings, lower_case_variables_fill_what_is_not_set) {
    ClientSettings settings;
    settings.https_proxy = base::Secret{"http://upper"};
    net::client::take_lower_case_proxies(settings, [](const std::string& name) -> std::optional<std::string> {
        if (name == "https_proxy") return "http://lower";
        if (name == "no_proxy") return "a,b";
        return std::nullopt;
    });
    EXPECT_EQ(settings.https_proxy.reveal(), "http://upper");
    EXPECT_EQ(settings.no_proxy, "a,b");
    EXPECT_TRUE(settings.http_proxy.empty());
}

}  // namespace
