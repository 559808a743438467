#include "backend/snowflake/wire/account.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using backend::snowflake::AccountPlace;
using backend::snowflake::resolve_account;

struct Form {
    std::string account;
    std::string host;
    std::string name;
    std::string region;
};

TEST(Account, takes_every_form_that_people_write) {
    const std::vector<Form> forms = {
        {"myorg-acct", "myorg-acct.snowflakecomputing.com", "myorg-acct", ""},
        {"MyOrg-Acct", "myorg-acct.snowflakecomputing.com", "MyOrg-Acct", ""},
        {"  xy12345  ", "xy12345.snowflakecomputing.com", "xy12345", ""},
        {"xy12345.us-east-1", "xy12345.us-east-1.snowflakecomputing.com", "xy12345", ""},
        {"xy12345.us-east-2.aws", "xy12345.us-east-2.aws.snowflakecomputing.com", "xy12345", ""},
        {"xy12345.west-europe.azure", "xy12345.west-europe.azure.snowflakecomputing.com", "xy12345", ""},
        {"xy12345.fhplus.us-gov-west-1.aws", "xy12345.fhplus.us-gov-west-1.aws.snowflakecomputing.com", "xy12345", ""},
        {"acct.cn-northwest-1", "acct.cn-northwest-1.snowflakecomputing.cn", "acct", ""},
        {"acct.CN-northwest-1.aws", "acct.cn-northwest-1.aws.snowflakecomputing.cn", "acct", ""},
        {"myorg-acct.privatelink", "myorg-acct.privatelink.snowflakecomputing.com", "myorg-acct", ""},
        {"acct.eu-west-1.privatelink", "acct.eu-west-1.privatelink.snowflakecomputing.com", "acct", ""},
        {"acct-x1y2.global", "acct-x1y2.global.snowflakecomputing.com", "acct", ""},
        {"my_org-my_acct", "my-org-my-acct.snowflakecomputing.com", "my_org-my_acct", ""},
        {"myorg-acct.snowflakecomputing.com", "myorg-acct.snowflakecomputing.com", "myorg-acct", ""},
        {"MYORG-ACCT.SnowflakeComputing.com", "myorg-acct.snowflakecomputing.com", "MYORG-ACCT", ""},
        {"acct.cn-north-1.snowflakecomputing.cn", "acct.cn-north-1.snowflakecomputing.cn", "acct", ""},
        {"https://myorg-acct.snowflakecomputing.com/", "myorg-acct.snowflakecomputing.com", "myorg-acct", ""},
        {"https://myorg-acct.snowflakecomputing.com:443/console/login?x=1", "myorg-acct.snowflakecomputing.com",
         "myorg-acct", ""},
        {"https://app.snowflake.com/myorg/acct/#/homepage", "myorg-acct.snowflakecomputing.com", "myorg-acct", ""},
        {"xy12345", "xy12345.eu-central-1.snowflakecomputing.com", "xy12345", "eu-central-1"},
        {"xy12345.us-east-1", "xy12345.eu-central-1.snowflakecomputing.com", "xy12345", "eu-central-1"},
        {"xy12345", "xy12345.snowflakecomputing.com", "xy12345", "us-west-2"},
    };
    for (const Form& form : forms) {
        const auto found = resolve_account({.account = form.account, .region = form.region});
        ASSERT_TRUE(found) << form.account << ": " << found.error().message();
        EXPECT_EQ(found->url.host, form.host) << form.account;
        EXPECT_EQ(found->name, form.name) << form.account;
        EXPECT_EQ(found->url.port, 443) << form.account;
        EXPECT_TRUE(found->url.secure()) << form.account;
    }
}

TEST(Account, names_the_account_in_upper_case_for_a_jwt) {
    EXPECT_EQ(resolve_account({.account = "acct-x1y2.global"})->jwt_name(), "ACCT");
    EXPECT_EQ(resolve_account({.account = "my_org-acct"})->jwt_name(), "MY_ORG-ACCT");
}

TEST(Account, uses_an_explicit_host_untouched) {
    const auto found =
        resolve_account({.account = "acct", .host = "Some_Host.example", .port = 8085, .protocol = "http"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->url.host, "Some_Host.example");
    EXPECT_EQ(found->url.port, 8085);
    EXPECT_FALSE(found->url.secure());
    EXPECT_EQ(found->name, "acct");
}

TEST(Account, takes_the_account_out_of_the_host_where_only_that_is_set) {
    const auto found = resolve_account({.host = "myorg-acct.snowflakecomputing.com"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "myorg-acct");
}

TEST(Account, has_the_protocol_s_own_port) {
    EXPECT_EQ(resolve_account({.account = "a", .host = "localhost", .protocol = "http"})->url.port, 80);
    EXPECT_EQ(resolve_account({.account = "a", .host = "::1", .protocol = "HTTP"})->url.host, "::1");
}

TEST(Account, refuses_what_is_none_and_names_the_setting) {
    const std::vector<std::pair<AccountPlace, std::string>> bad = {
        {{}, "SNOWFLAKE_ACCOUNT"},
        {{.account = "acct/../evil"}, "SNOWFLAKE_ACCOUNT"},
        {{.account = "acct@evil.com"}, "SNOWFLAKE_ACCOUNT"},
        {{.account = "a..b"}, "SNOWFLAKE_ACCOUNT"},
        {{.account = ".snowflakecomputing.com"}, "SNOWFLAKE_ACCOUNT"},
        {{.account = "a b"}, "SNOWFLAKE_ACCOUNT"},
        {{.account = "a\r\nHost: x"}, "SNOWFLAKE_ACCOUNT"},
        {{.account = "a", .region = "x/y"}, "SNOWFLAKE_REGION"},
        {{.account = "a", .host = "https://a.example"}, "SNOWFLAKE_HOST"},
        {{.account = "a", .host = "a.example/path"}, "SNOWFLAKE_HOST"},
        {{.account = "a", .port = 70000}, "SNOWFLAKE_PORT"},
        {{.account = "a", .protocol = "ftp"}, "SNOWFLAKE_PROTOCOL"},
    };
    for (const auto& [place, setting] : bad) {
        const auto found = resolve_account(place);
        ASSERT_FALSE(found) << place.account << place.host;
        EXPECT_EQ(found.error().argument(), setting) << place.account << place.host;
        EXPECT_NE(found.error().message().find(setting), std::string::npos);
        EXPECT_EQ(found.error().stage(), base::Stage::config);
    }
}

TEST(SnowflakeHost, is_one_of_its_own_domains_only) {
    using backend::snowflake::is_snowflake_host;
    EXPECT_TRUE(is_snowflake_host("acct.snowflakecomputing.com"));
    EXPECT_TRUE(is_snowflake_host("acct.eu-west-1.privatelink.SnowflakeComputing.COM."));
    EXPECT_TRUE(is_snowflake_host("acct.cn-north-1.snowflakecomputing.cn"));
    EXPECT_FALSE(is_snowflake_host("snowflakecomputing.com.evil.example"));
    EXPECT_FALSE(is_snowflake_host("evilsnowflakecomputing.com"));
    EXPECT_FALSE(is_snowflake_host("a/b.snowflakecomputing.com"));
    EXPECT_FALSE(is_snowflake_host(""));
}

}  // namespace
