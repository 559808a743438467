#include "backend/snowflake/wire/request_target.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace backend::snowflake;

constexpr std::string_view query = "01b7a2f4-0001-2345-0000-0001a2b3c4d5";

TEST(RequestTarget, makes_ids_of_version_4_that_differ) {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const std::string id = new_request_id();
        ASSERT_TRUE(is_query_id(id)) << id;
        EXPECT_EQ(id[14], '4');
        EXPECT_NE(std::string{"89ab"}.find(id[19]), std::string::npos);
        EXPECT_TRUE(seen.insert(id).second);
    }
}

TEST(RequestTarget, knows_a_query_id) {
    EXPECT_TRUE(is_query_id(query));
    EXPECT_TRUE(is_query_id("01B7A2F4-0001-2345-0000-0001A2B3C4D5"));
    EXPECT_FALSE(is_query_id(""));
    EXPECT_FALSE(is_query_id("01b7a2f4-0001-2345-0000-0001a2b3c4d"));
    EXPECT_FALSE(is_query_id("01b7a2f4-0001-2345-0000-0001a2b3c4d5/"));
    EXPECT_FALSE(is_query_id("../../../../../../etc/passwd?aaaaaaa"));
    EXPECT_FALSE(is_query_id("01b7a2f4-0001-2345-0000-0001a2b3c4dg"));
}

TEST(RequestTarget, puts_the_context_into_the_login_encoded_and_leaves_out_what_is_empty) {
    const std::string target =
        login_target("R", {.role = "R&D role", .warehouse = "", .database = "My \"DB\"", .schema = "a/b=c"});
    EXPECT_TRUE(target.starts_with("/session/v1/login-request?requestId=R&request_guid=")) << target;
    EXPECT_NE(target.find("&databaseName=My%20%22DB%22&schemaName=a%2Fb%3Dc&roleName=R%26D%20role"), std::string::npos)
        << target;
    EXPECT_EQ(target.find("warehouse"), std::string::npos);
}

TEST(RequestTarget, keeps_the_request_s_name_and_changes_the_attempt_s) {
    const std::string one = query_target("R", {});
    const std::string two = query_target("R", {.count = 1, .reason = 503, .client_start_ms = 1700});
    EXPECT_EQ(one.substr(0, one.find("&request_guid")), two.substr(0, two.find("&request_guid")));
    EXPECT_NE(one.substr(one.find("request_guid="), 49), two.substr(two.find("request_guid="), 49));
    EXPECT_EQ(one.find("retry"), std::string::npos);
    EXPECT_TRUE(two.ends_with("&retry=true&retryCount=1&retryReason=503&clientStartTime=1700")) << two;
}

TEST(RequestTarget, encodes_an_id_in_a_path) {
    EXPECT_TRUE(result_target("a/../b", "R").starts_with("/queries/a%2F..%2Fb/result?requestId=R&"));
    EXPECT_TRUE(
        abort_query_target(query, "R").starts_with("/queries/01b7a2f4-0001-2345-0000-0001a2b3c4d5/abort-request?"));
    EXPECT_TRUE(monitoring_target("..", "R").find("/..?") == std::string::npos);
    EXPECT_TRUE(logout_target("R").starts_with("/session?delete=true&requestId=R&request_guid="));
}

TEST(RequestTarget, follows_the_server_s_result_url_on_its_own_host_only) {
    const auto target = poll_target("/queries/01b7/result", "R");
    ASSERT_TRUE(target);
    EXPECT_TRUE(target->starts_with("/queries/01b7/result?requestId=R&request_guid="));
    EXPECT_TRUE(poll_target("/queries/01b7/result?x=1", "R")->starts_with("/queries/01b7/result?x=1&requestId=R&"));
    EXPECT_FALSE(poll_target("https://evil.example/queries/1/result", "R"));
    EXPECT_FALSE(poll_target("//evil.example/queries/1/result", "R"));
    EXPECT_FALSE(poll_target("/queries/../session?delete=true", "R"));
    EXPECT_FALSE(poll_target("/queries/1 HTTP/1.1\r\nX: y", "R"));
    EXPECT_FALSE(poll_target("", "R"));
}

}  // namespace
