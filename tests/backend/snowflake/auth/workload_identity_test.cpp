#include <gtest/gtest.h>

#include <string>

#include "backend/snowflake/auth/aws_signature.hpp"
#include "backend/snowflake/auth/conversation.hpp"
#include "base/encoding.hpp"

namespace {

using namespace auth_test;
using base::Secret;

Settings workload(std::string provider) {
    Settings settings = settings_for("workload_identity");
    settings.user.clear();
    settings.workload_identity.provider = std::move(provider);
    return settings;
}

std::string jwt(const std::string& claims) { return "e30." + base::base64url(claims) + ".c2ln"; }

std::string header(const SendRequest& request, std::string_view name) {
    return std::string{HttpAnswer{.headers = request.headers}.header(name)};
}

TEST(AwsSignature, is_the_one_of_amazon_s_test_suite) {
    // aws-sig-v4-test-suite: post-vanilla
    const base::WallTime time{std::chrono::seconds{1'440'938'160}};  // 20150830T123600Z
    const Headers headers = sign_aws_request(
        {.access_key_id = "AKIDEXAMPLE", .secret_access_key = Secret{"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}},
        {.host = "example.amazonaws.com"}, "us-east-1", "service", time);
    const HttpAnswer all{.headers = headers};
    EXPECT_EQ(all.header("X-Amz-Date"), "20150830T123600Z");
    EXPECT_EQ(all.header("Authorization"),
              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
              "SignedHeaders=host;x-amz-date, "
              "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(WorkloadIdentity, sends_the_oidc_token_that_was_given) {
    Settings settings = workload("oidc");
    settings.token = Secret{"oidc"};
    Material material;
    material.token = Secret{"oidc"};
    Conversation talk{settings, std::move(material)};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "AUTHENTICATOR"), "WORKLOAD_IDENTITY");
    EXPECT_EQ(text_of(data, "PROVIDER"), "OIDC");
    EXPECT_EQ(text_of(data, "TOKEN"), "oidc");
    talk.refuse(390144, "invalid token");
    talk.failed();
}

TEST(WorkloadIdentity, makes_no_attestation_for_a_stranger) {
    Settings settings = workload("AWS");
    settings.host = "snowflakecomputing.com.evil.example";
    EXPECT_EQ(Conversation{settings}.failed().argument(), "SNOWFLAKE_HOST");
    EXPECT_EQ(Conversation{workload("IBM")}.failed().argument(), "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER");
}

const std::map<std::string, std::string> aws_keys = {{"AWS_ACCESS_KEY_ID", "AKID"},
                                                     {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                     {"AWS_SESSION_TOKEN", "session-token"},
                                                     {"AWS_REGION", "eu-west-1"}};

TEST(AwsWorkload, signs_a_request_for_snowflake_to_send) {
    Conversation talk{workload("aws"), {}, aws_keys};
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "PROVIDER"), "AWS");
    const auto token = boost::json::parse(*base::from_base64(text_of(data, "TOKEN")));
    EXPECT_EQ(text_of(token.as_object(), "url"),
              "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
    EXPECT_EQ(text_of(token.as_object(), "method"), "POST");
    const auto& headers = token.at("headers").as_object();
    EXPECT_EQ(text_of(headers, "Host"), "sts.eu-west-1.amazonaws.com");
    EXPECT_EQ(text_of(headers, "X-Snowflake-Audience"), "snowflakecomputing.com");
    EXPECT_EQ(text_of(headers, "X-Amz-Date"), "20251124T160000Z");
    EXPECT_EQ(text_of(headers, "X-Amz-Security-Token"), "session-token");
    EXPECT_TRUE(text_of(headers, "Authorization")
                    .starts_with("AWS4-HMAC-SHA256 Credential=AKID/20251124/eu-west-1/sts/aws4_request, SignedHeaders="
                                 "host;x-amz-date;x-amz-security-token;x-snowflake-audience, Signature="));
    EXPECT_EQ(boost::json::serialize(token).find("\"secret\""), std::string::npos);
}

TEST(AwsWorkload, knows_where_china_s_sts_is) {
    auto variables = aws_keys;
    variables["AWS_REGION"] = "cn-north-1";
    Conversation talk{workload("aws"), {}, variables};
    const auto token = boost::json::parse(*base::from_base64(text_of(talk.login_data(), "TOKEN")));
    EXPECT_TRUE(text_of(token.as_object(), "url").starts_with("https://sts.cn-north-1.amazonaws.com.cn/"));
    variables["AWS_REGION"] = "evil.example/";
    EXPECT_EQ(Conversation(workload("aws"), {}, variables).failed().argument(), "AWS_REGION");
}

TEST(AwsWorkload, becomes_another_role_and_asks_for_a_token) {
    Settings settings = workload("aws");
    settings.workload_identity.impersonation_path = {"arn:aws:iam::1:role/a"};
    settings.workload_identity.aws_outbound_token = true;
    Conversation talk{settings, {}, aws_keys};
    const auto assume = talk.request("POST", "/");
    EXPECT_EQ(assume.url.host, "sts.eu-west-1.amazonaws.com");
    EXPECT_NE(assume.body.find("Action=AssumeRole&"), std::string::npos);
    EXPECT_NE(assume.body.find("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa"), std::string::npos) << assume.body;
    EXPECT_EQ(header(assume, "Host"), "") << "the client's own";
    EXPECT_TRUE(header(assume, "Authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKID/"));
    talk.answer(
        "<AssumeRoleResponse><Credentials><AccessKeyId>AKID2</AccessKeyId><SecretAccessKey>s2</SecretAccessKey>"
        "<SessionToken>t2</SessionToken></Credentials></AssumeRoleResponse>");
    const auto token = talk.request("POST", "/");
    EXPECT_TRUE(header(token, "Authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKID2/"));
    EXPECT_EQ(header(token, "X-Amz-Security-Token"), "t2");
    EXPECT_NE(token.body.find("Action=GetWebIdentityToken"), std::string::npos);
    EXPECT_NE(token.body.find("Audience.member.1=snowflakecomputing.com"), std::string::npos) << token.body;
    talk.answer("<R><WebIdentityToken>web-token</WebIdentityToken></R>");
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), "web-token");
}

TEST(AwsWorkload, finds_keys_in_a_pod_a_container_and_a_machine) {
    Conversation pod{
        workload("aws"),
        {},
        {{"AWS_REGION", "eu-west-1"}, {"AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token"}, {"AWS_ROLE_ARN", "arn"}}};
    EXPECT_EQ(pod.expect<ReadFile>().path, "/var/token");
    pod.tell(FileText{.text = "pod-token\n"});
    const auto assume = pod.request("POST", "/");
    EXPECT_NE(assume.body.find("WebIdentityToken=pod-token"), std::string::npos);
    EXPECT_EQ(header(assume, "Authorization"), "");
    pod.answer("<AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>");
    pod.login_data();

    Conversation container{workload("aws"),
                           {},
                           {{"AWS_REGION", "eu-west-1"},
                            {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x"},
                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "auth"}}};
    const auto asked = container.request("GET", "/v2/credentials/x");
    EXPECT_EQ(asked.url.host, "169.254.170.2");
    EXPECT_EQ(asked.trust, Trust::metadata);
    EXPECT_EQ(header(asked, "Authorization"), "auth");
    container.answer(R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":"t"})");
    container.login_data();

    Conversation machine{workload("aws")};
    EXPECT_EQ(machine.request("PUT", "/latest/api/token").url.host, "169.254.169.254");
    machine.answer("imds-token");
    EXPECT_EQ(header(machine.request("GET", "/latest/meta-data/placement/region"), "X-aws-ec2-metadata-token"),
              "imds-token");
    machine.answer("eu-north-1");
    machine.request("PUT", "/latest/api/token");
    machine.answer("imds-token");
    machine.request("GET", "/latest/meta-data/iam/security-credentials/");
    machine.answer("my-role\n");
    machine.request("PUT", "/latest/api/token");
    machine.answer("imds-token");
    machine.request("GET", "/latest/meta-data/iam/security-credentials/my-role");
    machine.answer(R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":"t"})");
    machine.login_data();
}

/// The access key that a request was signed with.
std::string key_id(const std::string& attestation) {
    const auto token = boost::json::parse(*base::from_base64(attestation));
    const std::string signature = text_of(token.at("headers").as_object(), "Authorization");
    const auto at = signature.find("Credential=") + 11;
    return signature.substr(at, signature.find('/', at) - at);
}

TEST(AwsWorkload, reads_the_profiles_of_aws_s_own_files) {
    Conversation talk{workload("AWS"), {}, {{"HOME", "/h"}, {"AWS_REGION", "eu-west-1"}}};
    EXPECT_EQ(talk.expect<ReadFile>().path, "/h/.aws/credentials");
    talk.tell(
        FileText{"[other]\naws_access_key_id = NO\n\n[default]\n# a comment\naws_access_key_id = AKID\n"
                 "aws_secret_access_key=se=cret\r\n"});
    EXPECT_EQ(talk.expect<ReadFile>().path, "/h/.aws/config");
    talk.tell(base::Error{base::Kind::credentials, "there is no such file"});
    EXPECT_EQ(key_id(text_of(talk.login_data(), "TOKEN")), "AKID");
}

TEST(AwsWorkload, a_profile_gives_the_region_too_and_its_files_may_lie_elsewhere) {
    const std::map<std::string, std::string> variables = {
        {"AWS_PROFILE", "work"}, {"AWS_SHARED_CREDENTIALS_FILE", "/c"}, {"AWS_CONFIG_FILE", "/f"}};
    Conversation talk{workload("AWS"), {}, variables};
    for (int times = 0; times < 2; ++times) {  // for the region, then for the keys
        EXPECT_EQ(talk.expect<ReadFile>().path, "/c");
        talk.tell(FileText{"[work]\naws_access_key_id = AKID\naws_secret_access_key = s\n"});
        EXPECT_EQ(talk.expect<ReadFile>().path, "/f");
        talk.tell(FileText{"[work]\nregion = us-west-1\n[profile work]\nregion = ap-south-1\ns3 =\n  region = no\n"});
    }
    const std::string attestation = text_of(talk.login_data(), "TOKEN");
    EXPECT_EQ(key_id(attestation), "AKID");
    EXPECT_NE(base::from_base64(attestation)->find("https://sts.ap-south-1.amazonaws.com/"), std::string::npos);
}

TEST(AwsWorkload, a_profile_may_be_a_role_that_another_profile_becomes) {
    Conversation talk{
        workload("AWS"), {}, {{"AWS_CONFIG_FILE", "/f"}, {"AWS_PROFILE", "work"}, {"AWS_REGION", "eu-west-1"}}};
    const std::string file =
        "[profile work]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = e\n"
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";
    talk.expect<ReadFile>();
    talk.tell(FileText{file});
    talk.expect<ReadFile>();
    talk.tell(FileText{file});
    const auto sts = talk.request("POST", "/");
    EXPECT_EQ(sts.url.host, "sts.eu-west-1.amazonaws.com");
    EXPECT_NE(sts.body.find("Action=AssumeRole&"), std::string::npos) << sts.body;
    EXPECT_NE(sts.body.find("ExternalId=e"), std::string::npos) << sts.body;
    EXPECT_NE(header(sts, "Authorization").find("Credential=BASE/"), std::string::npos);
    talk.answer(
        "<Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        "<SessionToken>t</SessionToken></Credentials>");
    EXPECT_EQ(key_id(text_of(talk.login_data(), "TOKEN")), "ROLE");
}

TEST(AwsWorkload, a_profile_that_was_named_and_cannot_be_used_is_an_error) {
    const std::map<std::string, std::string> variables = {
        {"AWS_CONFIG_FILE", "/f"}, {"AWS_PROFILE", "work"}, {"AWS_REGION", "eu-west-1"}};
    for (const char* file : {"", "[profile work]\nsso_session = s\n", "[profile work]\ncredential_process = /bin/p\n",
                             "[profile work]\nrole_arn = r\nsource_profile = nobody\n"}) {
        Conversation talk{workload("AWS"), {}, variables};
        talk.expect<ReadFile>();
        talk.tell(FileText{file});
        if (std::string_view{file}.find("nobody") != std::string_view::npos) {
            talk.expect<ReadFile>();
            talk.tell(FileText{file});
        }
        EXPECT_EQ(talk.failed().argument(), "AWS_PROFILE") << file;
    }
}

TEST(AwsWorkload, asks_no_stranger_over_http_for_keys) {
    Conversation talk{
        workload("aws"),
        {},
        {{"AWS_REGION", "eu-west-1"}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/keys"}}};
    EXPECT_EQ(talk.failed().argument(), "AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

TEST(AwsWorkload, says_that_there_is_no_metadata_service) {
    Conversation talk{workload("aws")};
    talk.tell(base::Error{base::Kind::unavailable, "connection refused"}.at(base::Stage::login));
    EXPECT_EQ(talk.failed().argument(), "AWS_REGION");
}

TEST(AzureWorkload, asks_the_machine_s_service) {
    Conversation talk{workload("azure"), {}, {{"MANAGED_IDENTITY_CLIENT_ID", "c 1"}}};
    const auto asked = talk.request("GET", "/metadata/identity/oauth2/token");
    EXPECT_EQ(
        asked.url.to_string(),
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2Ffd3f753b-"
        "eed3-462c-b6a7-a4b5bb650aad&client_id=c%201");
    EXPECT_EQ(header(asked, "Metadata"), "True");
    talk.answer(R"({"access_token":"azure-token"})");
    const auto data = talk.login_data();
    EXPECT_EQ(text_of(data, "PROVIDER"), "AZURE");
    EXPECT_EQ(text_of(data, "TOKEN"), "azure-token");
}

TEST(AzureWorkload, knows_functions_and_pods) {
    Conversation functions{
        workload("azure"), {}, {{"IDENTITY_ENDPOINT", "http://localhost:42/msi/token"}, {"IDENTITY_HEADER", "h"}}};
    const auto asked = functions.request("GET", "/msi/token?api-version=2019-08-01&resource=api");
    EXPECT_EQ(header(asked, "X-IDENTITY-HEADER"), "h");
    functions.answer("nothing", 404);
    EXPECT_EQ(functions.failed().argument(), "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER");

    Conversation pod{workload("azure"),
                     {},
                     {{"AZURE_FEDERATED_TOKEN_FILE", "/var/f"}, {"AZURE_TENANT_ID", "T"}, {"AZURE_CLIENT_ID", "C"}}};
    pod.expect<ReadFile>();
    pod.tell(FileText{.text = "federated"});
    const auto exchange = pod.request("POST", "/T/oauth2/v2.0/token");
    EXPECT_EQ(exchange.url.host, "login.microsoftonline.com");
    EXPECT_NE(exchange.body.find("client_assertion=federated"), std::string::npos) << exchange.body;
    EXPECT_NE(exchange.body.find("scope=api%3A%2F%2Ffd3f753b-eed3-462c-b6a7-a4b5bb650aad%2F.default"),
              std::string::npos)
        << exchange.body;
    pod.answer(R"({"access_token":"pod-token"})");
    EXPECT_EQ(text_of(pod.login_data(), "TOKEN"), "pod-token");
}

TEST(AzureWorkload, becomes_a_service_principal) {
    Settings settings = workload("azure");
    settings.workload_identity.impersonation_path = {"principal"};
    Conversation talk{settings};
    EXPECT_NE(talk.request("GET", "/metadata/").url.target.find("AzureADTokenExchange"), std::string::npos);
    talk.answer(R"({"access_token":")" + jwt(R"({"tid":"tenant-1"})") + R"("})");
    const auto exchange = talk.request("POST", "/tenant-1/oauth2/v2.0/token");
    EXPECT_NE(exchange.body.find("client_id=principal"), std::string::npos);
    talk.answer(R"({"access_token":"principal-token"})");
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), "principal-token");
}

TEST(GcpWorkload, asks_the_metadata_service) {
    Conversation talk{workload("gcp")};
    const auto asked = talk.request("GET",
                                    "/computeMetadata/v1/instance/service-accounts/default/identity?audience="
                                    "snowflakecomputing.com");
    EXPECT_EQ(header(asked, "Metadata-Flavor"), "Google");
    const std::string token = jwt(R"({"iss":"https://accounts.google.com","sub":"1"})");
    talk.answer(token + "\n");
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), token);
    Conversation broken{workload("gcp")};
    broken.answer(jwt(R"({"iss":"x"})"));
    EXPECT_EQ(broken.failed().kind(), base::Kind::credentials);
}

TEST(GcpWorkload, becomes_another_service_account) {
    Settings settings = workload("gcp");
    settings.workload_identity.impersonation_path = {"a@p.iam", "b@p.iam"};
    Conversation talk{settings};
    talk.request("GET", "/computeMetadata/v1/instance/service-accounts/default/token");
    talk.answer(R"({"access_token":"gcp-access"})");
    const auto asked = talk.request("POST", "/v1/projects/-/serviceAccounts/b%40p.iam:generateIdToken");
    EXPECT_EQ(asked.url.host, "iamcredentials.googleapis.com");
    EXPECT_EQ(header(asked, "Authorization"), "Bearer gcp-access");
    EXPECT_NE(asked.body.find(R"("delegates":["projects/-/serviceAccounts/a@p.iam"])"), std::string::npos);
    const std::string token = jwt(R"({"sub":"2"})");
    talk.answer(R"({"token":")" + token + R"("})");
    EXPECT_EQ(text_of(talk.login_data(), "TOKEN"), token);
}

}  // namespace
