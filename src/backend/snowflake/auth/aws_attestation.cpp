// AWS: a GetCallerIdentity request that is signed but not sent (Snowflake sends it), or a web identity token of STS.
#include <fmt/format.h>

#include "backend/snowflake/auth/attestation.hpp"
#include "backend/snowflake/auth/aws_profile.hpp"
#include "backend/snowflake/auth/aws_signature.hpp"
#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

using KeysResult = base::Result<AwsKeys>;

constexpr std::string_view setting = "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER";
constexpr std::string_view sts_version = "2011-06-15";

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 40 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::string sts_host(std::string_view region) {
    return fmt::format("sts.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

/// The text of the first element of that name in STS's XML.
std::string xml_text(std::string_view xml, std::string_view name) {
    const std::string open = fmt::format("<{}>", name);
    const auto begin = xml.find(open);
    const auto end = begin == std::string_view::npos ? begin : xml.find("</", begin);
    return end == std::string_view::npos
               ? std::string{}
               : std::string{base::trim(xml.substr(begin + open.size(), end - begin - open.size()))};
}

Script<base::Result<std::string>> metadata(Dialogue& with, LoginTask& task, std::string path) {
    const std::string base_url =
        task.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
    auto url = cloud_url(base_url, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (!url) {
        co_return base::fail(std::move(url.error()));
    }
    SendRequest ask_token{.method = "PUT",
                          .url = *url,
                          .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}},
                          .trust = Trust::metadata};
    ask_token.url.target = "/latest/api/token";
    auto token = co_await ask_cloud(with, task, std::move(ask_token), "the AWS metadata service");
    if (!token) {
        co_return token;
    }
    SendRequest request{.method = "GET",
                        .url = *url,
                        .headers = {{"X-aws-ec2-metadata-token", std::string{base::trim(*token)}}},
                        .trust = Trust::metadata};
    request.url.target = path;
    co_return co_await ask_cloud(with, task, std::move(request), "the AWS metadata service");
}

/// What AWS's own files say under a profile's name: the credentials file wins over the configuration.
Script<AwsProfile> profile_of(Dialogue& with, LoginTask& task, std::string name) {
    struct File {
        const char* variable;
        const char* usual;
        AwsFile kind;
    };
    AwsProfile all;
    for (const File& file : {File{"AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials", AwsFile::credentials},
                             File{"AWS_CONFIG_FILE", "/.aws/config", AwsFile::config}}) {
        auto path = task.environment(file.variable);
        if (const auto home = task.environment("HOME"); !path && home) {
            path = *home + file.usual;
        }
        if (!path) {
            continue;
        }
        Event event = co_await with.ask(ReadFile{.path = std::move(*path)});
        if (auto* const text = std::get_if<FileText>(&event)) {
            all.merge(read_aws_profile(text->text, file.kind, name));
        }
    }
    co_return all;
}

std::string value_of(const AwsProfile& profile, std::string_view name) {
    const auto found = profile.find(name);
    return found == profile.end() ? std::string{} : found->second;
}

/// The one that AWS_PROFILE names, else the default one.
std::string profile_name(const LoginTask& task) {
    for (const char* const variable : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
        if (auto name = task.environment(variable)) {
            return std::move(*name);
        }
    }
    return "default";
}

Script<base::Result<std::string>> region_of(Dialogue& with, LoginTask& task) {
    for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
        if (auto region = task.environment(name)) {
            if (!is_region(*region)) {
                co_return base::fail(provider_refusal(fmt::format("{} is not the name of a region", name), name));
            }
            co_return std::move(*region);
        }
    }
    const AwsProfile profile = co_await profile_of(with, task, profile_name(task));
    if (std::string region = value_of(profile, "region"); is_region(region)) {
        co_return region;
    }
    auto region = co_await metadata(with, task, "/latest/meta-data/placement/region");
    if (region && is_region(base::trim(*region))) {
        co_return std::string{base::trim(*region)};
    }
    co_return base::fail(provider_refusal("no AWS region is known: set AWS_REGION", "AWS_REGION"));
}

KeysResult keys_of_json(const std::string& text, std::string_view what) {
    auto id = json_text(text, "AccessKeyId");
    auto secret = json_text(text, "SecretAccessKey");
    auto token = json_text(text, "Token");
    if (!id || !secret) {
        return base::fail(provider_refusal(fmt::format("{} gave no credentials", what), setting));
    }
    return AwsKeys{.access_key_id = std::move(*id),
                   .secret_access_key = base::Secret{std::move(*secret)},
                   .session_token = base::Secret{token.value_or("")}};
}

/// Posts an action to STS, signed where there are keys.
Script<base::Result<std::string>> ask_sts(Dialogue& with, LoginTask& task, const AwsKeys* keys, std::string region,
                                          std::string body, std::string_view what) {
    const std::string host = sts_host(region);
    SendRequest request{.url = {.host = host}, .body = std::move(body), .trust = Trust::metadata};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    if (keys != nullptr) {
        request.headers =
            sign_aws_request(*keys, {.host = host, .query = {}, .body = request.body, .headers = request.headers},
                             region, "sts", with.now());
        std::erase_if(request.headers, [](const auto& field) { return field.first == "Host"; });
    }
    co_return co_await ask_cloud(with, task, std::move(request), what);
}

KeysResult keys_of_xml(const std::string& xml, std::string_view what) {
    AwsKeys keys{.access_key_id = xml_text(xml, "AccessKeyId"),
                 .secret_access_key = base::Secret{xml_text(xml, "SecretAccessKey")},
                 .session_token = base::Secret{xml_text(xml, "SessionToken")}};
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
        return base::fail(provider_refusal(fmt::format("{} gave no credentials", what), setting));
    }
    return keys;
}

/// A pod's role (EKS): its token file buys temporary keys.
Script<KeysResult> keys_of_web_identity(Dialogue& with, LoginTask& task, std::string file, std::string role,
                                        std::string region) {
    Event event = co_await with.ask(ReadFile{.path = std::move(file)});
    auto* const token = std::get_if<FileText>(&event);
    if (token == nullptr) {
        co_return base::fail(
            provider_refusal("the file of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read", "AWS_WEB_IDENTITY_TOKEN_FILE"));
    }
    std::string body = net::client::write_form(
        {{"Action", "AssumeRoleWithWebIdentity"},
         {"Version", std::string{sts_version}},
         {"RoleArn", role},
         {"RoleSessionName", task.environment("AWS_ROLE_SESSION_NAME").value_or("snowflake-mcp")},
         {"WebIdentityToken", std::string{base::trim(token->text)}}});
    auto answer = co_await ask_sts(with, task, nullptr, std::move(region), std::move(body), "AWS STS");
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    co_return keys_of_xml(*answer, "AWS STS");
}

std::optional<AwsKeys> static_keys(const AwsProfile& profile) {
    AwsKeys keys{.access_key_id = value_of(profile, "aws_access_key_id"),
                 .secret_access_key = base::Secret{value_of(profile, "aws_secret_access_key")},
                 .session_token = base::Secret{value_of(profile, "aws_session_token")}};
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
        return std::nullopt;
    }
    return keys;
}

std::string assume_role(std::string_view role, std::string_view session, std::string_view external_id) {
    std::vector<std::pair<std::string, std::string>> form = {{"Action", "AssumeRole"},
                                                             {"Version", std::string{sts_version}},
                                                             {"RoleArn", std::string{role}},
                                                             {"RoleSessionName", std::string{session}}};
    if (!external_id.empty()) {
        form.emplace_back("ExternalId", external_id);
    }
    return net::client::write_form(form);
}

/// A profile of AWS's own files: static keys, or a role that is become with those of another profile or with a token
/// file. Nothing where there is no such profile; an error where somebody named it and it cannot be used.
Script<base::Result<std::optional<AwsKeys>>> keys_of_profile(Dialogue& with, LoginTask& task, std::string region) {
    const std::string name = profile_name(task);
    const AwsProfile profile = co_await profile_of(with, task, name);
    std::string role = value_of(profile, "role_arn");
    if (auto keys = static_keys(profile); keys && role.empty()) {
        co_return keys;
    }
    std::string file = value_of(profile, "web_identity_token_file");
    if (!role.empty() && !file.empty()) {
        auto keys = co_await keys_of_web_identity(with, task, std::move(file), std::move(role), std::move(region));
        if (!keys) {
            co_return base::fail(std::move(keys.error()));
        }
        co_return std::optional{std::move(*keys)};
    }
    if (std::string source = value_of(profile, "source_profile"); !role.empty() && !source.empty()) {
        const AwsProfile other = co_await profile_of(with, task, source);
        const auto keys = static_keys(other);
        if (!keys) {
            co_return base::fail(
                provider_refusal(fmt::format("the AWS profile {} names the source_profile {}, which holds no keys",
                                             base::escape_untrusted(name), base::escape_untrusted(source)),
                                 "AWS_PROFILE"));
        }
        const std::string session = value_of(profile, "role_session_name");
        std::string body =
            assume_role(role, session.empty() ? "snowflake-mcp" : session, value_of(profile, "external_id"));
        auto answer = co_await ask_sts(with, task, &*keys, std::move(region), std::move(body), "AWS STS (AssumeRole)");
        if (!answer) {
            co_return base::fail(std::move(answer.error()));
        }
        auto became = keys_of_xml(*answer, "AWS STS (AssumeRole)");
        if (!became) {
            co_return base::fail(std::move(became.error()));
        }
        co_return std::optional{std::move(*became)};
    }
    if (task.environment("AWS_PROFILE") || task.environment("AWS_DEFAULT_PROFILE")) {
        co_return base::fail(provider_refusal(
            fmt::format("the AWS profile {} {}", base::escape_untrusted(name),
                        profile.empty() ? "is in none of AWS's files (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE)"
                                        : "holds neither keys nor a role with source_profile or "
                                          "web_identity_token_file; SSO and credential_process are not read: put the "
                                          "keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
            "AWS_PROFILE"));
    }
    co_return std::optional<AwsKeys>{};
}

/// The addresses that may be asked over http (AWS SDKs, container credential provider).
bool is_container_host(std::string_view host) {
    return is_loopback_host(host) || host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23";
}

/// A container's role (ECS, EKS pod identity).
Script<KeysResult> keys_of_container(Dialogue& with, LoginTask& task, std::string address) {
    constexpr std::string_view what = "the container's AWS credential service";
    auto url = cloud_url(address, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!url || (!url->secure() && !is_container_host(url->host))) {
        co_return base::fail(
            provider_refusal("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor the container's "
                             "own service",
                             "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    }
    SendRequest request{.method = "GET", .url = std::move(*url), .trust = Trust::metadata};
    if (auto file = task.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        Event event = co_await with.ask(ReadFile{.path = std::move(*file)});
        if (auto* const token = std::get_if<FileText>(&event)) {
            request.headers.emplace_back("Authorization", base::trim(token->text));
        }
    } else if (auto token = task.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
        request.headers.emplace_back("Authorization", *token);
    }
    auto answer = co_await ask_cloud(with, task, std::move(request), what);
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    co_return keys_of_json(*answer, what);
}

Script<KeysResult> keys_of_instance(Dialogue& with, LoginTask& task) {
    constexpr std::string_view folder = "/latest/meta-data/iam/security-credentials/";
    auto role = co_await metadata(with, task, std::string{folder});
    if (!role) {
        co_return base::fail(std::move(role.error()));
    }
    const std::string_view name = base::trim(std::string_view{*role}.substr(0, role->find('\n')));
    auto keys = co_await metadata(with, task, std::string{folder} + net::client::encode_segment(name));
    if (!keys) {
        co_return base::fail(std::move(keys.error()));
    }
    co_return keys_of_json(*keys, "the AWS metadata service");
}

/// As AWS's own SDKs look: variables, the pod's token, the shared files, the container, the machine.
Script<KeysResult> find_keys(Dialogue& with, LoginTask& task, std::string region) {
    const auto id = task.environment("AWS_ACCESS_KEY_ID");
    const auto secret = task.environment("AWS_SECRET_ACCESS_KEY");
    if (id && secret) {
        co_return AwsKeys{.access_key_id = *id,
                          .secret_access_key = base::Secret{*secret},
                          .session_token = base::Secret{task.environment("AWS_SESSION_TOKEN").value_or("")}};
    }
    auto file = task.environment("AWS_WEB_IDENTITY_TOKEN_FILE");
    auto role = task.environment("AWS_ROLE_ARN");
    if (file && role) {
        co_return co_await keys_of_web_identity(with, task, std::move(*file), std::move(*role), std::move(region));
    }
    auto shared = co_await keys_of_profile(with, task, std::move(region));
    if (!shared) {
        co_return base::fail(std::move(shared.error()));
    }
    if (*shared) {
        co_return std::move(**shared);
    }
    if (auto path = task.environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
        co_return co_await keys_of_container(with, task, "http://169.254.170.2" + *path);
    }
    if (auto address = task.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        co_return co_await keys_of_container(with, task, std::move(*address));
    }
    co_return co_await keys_of_instance(with, task);
}

/// The request that Snowflake will send to STS to learn who we are.
base::Secret caller_identity(const AwsKeys& keys, std::string_view region, base::WallTime now) {
    AwsRequest request{.host = sts_host(region),
                       .query = fmt::format("Action=GetCallerIdentity&Version={}", sts_version),
                       .body = {},
                       .headers = {{"X-Snowflake-Audience", std::string{snowflake_audience}}}};
    std::string text;
    base::JsonWriter json{text};
    json.begin_object();
    json.field("url", fmt::format("https://{}/?{}", request.host, request.query)).field("method", "POST");
    json.key("headers").begin_object();
    for (const auto& [name, value] : sign_aws_request(keys, request, region, "sts", now)) {
        json.field(name, value);
    }
    json.end_object().end_object();
    return base::Secret{base::base64(text)};
}

}  // namespace

Script<base::Result<base::Secret>> aws_attestation(Dialogue& with, LoginTask& task) {
    auto region = co_await region_of(with, task);
    if (!region) {
        co_return base::fail(std::move(region.error()));
    }
    auto keys = co_await find_keys(with, task, *region);
    if (!keys) {
        co_return base::fail(std::move(keys.error()));
    }
    for (const std::string& role : task.settings.workload_identity.impersonation_path) {
        std::string body = assume_role(role, "identity-federation-session", {});
        const AwsKeys current = *keys;
        auto answer = co_await ask_sts(with, task, &current, *region, std::move(body), "AWS STS (AssumeRole)");
        if (!answer) {
            co_return base::fail(std::move(answer.error()));
        }
        keys = keys_of_xml(*answer, "AWS STS (AssumeRole)");
        if (!keys) {
            co_return base::fail(std::move(keys.error()));
        }
    }
    const auto wish = task.environment("SNOWFLAKE_ENABLE_AWS_WIF_OUTBOUND_TOKEN");
    if (!task.settings.workload_identity.aws_outbound_token &&
        !(wish && (base::iequals(*wish, "true") || *wish == "1"))) {
        co_return caller_identity(*keys, *region, with.now());
    }
    std::string body = net::client::write_form({{"Action", "GetWebIdentityToken"},
                                                {"Version", std::string{sts_version}},
                                                {"Audience.member.1", std::string{snowflake_audience}},
                                                {"SigningAlgorithm", "ES384"}});
    auto answer = co_await ask_sts(with, task, &*keys, *region, std::move(body), "AWS STS (GetWebIdentityToken)");
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    std::string token = xml_text(*answer, "WebIdentityToken");
    if (token.empty()) {
        co_return base::fail(
            provider_refusal("AWS STS gave no web identity token: the account must allow outbound "
                             "identity federation",
                             setting));
    }
    co_return base::Secret{std::move(token)};
}

}  // namespace backend::snowflake
