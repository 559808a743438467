// Google Cloud: an identity token of the workload's service account, or of one that it may act as.
#include <fmt/format.h>

#include "backend/snowflake/auth/attestation.hpp"
#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/jwt.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::string_view setting = "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER";

Script<base::Result<std::string>> metadata(Dialogue& with, LoginTask& task, std::string path) {
    const auto host = task.environment("GCE_METADATA_HOST");
    auto url = cloud_url(host ? "http://" + *host : "http://169.254.169.254", "GCE_METADATA_HOST");
    if (!url) {
        co_return base::fail(std::move(url.error()));
    }
    SendRequest request{
        .method = "GET", .url = std::move(*url), .headers = {{"Metadata-Flavor", "Google"}}, .trust = Trust::metadata};
    request.url.target = "/computeMetadata/v1/instance/service-accounts/default/" + path;
    co_return co_await ask_cloud(with, task, std::move(request), "the Google Cloud metadata service");
}

Script<base::Result<base::Secret>> impersonated(Dialogue& with, LoginTask& task) {
    auto answer = co_await metadata(with, task, "token");
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    const auto access = json_text(*answer, "access_token");
    if (!access) {
        co_return base::fail(provider_refusal("the Google Cloud metadata service gave no access token", setting));
    }
    const auto& path = task.settings.workload_identity.impersonation_path;
    SendRequest request{.url = {.host = "iamcredentials.googleapis.com"},
                        .headers = {{"Authorization", "Bearer " + *access}, {"Content-Type", "application/json"}},
                        .trust = Trust::metadata};
    request.url.target =
        fmt::format("/v1/projects/-/serviceAccounts/{}:generateIdToken", net::client::encode_segment(path.back()));
    base::JsonWriter json{request.body};
    json.begin_object().field("audience", snowflake_audience).field("includeEmail", true);
    json.key("delegates").begin_array();
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        json.string("projects/-/serviceAccounts/" + path[i]);
    }
    json.end_array().end_object();
    auto made = co_await ask_cloud(with, task, std::move(request), "Google Cloud's IAM credentials service");
    if (!made) {
        co_return base::fail(std::move(made.error()));
    }
    co_return base::Secret{json_text(*made, "token").value_or("")};
}

}  // namespace

Script<base::Result<base::Secret>> gcp_attestation(Dialogue& with, LoginTask& task) {
    base::Secret token;
    if (task.settings.workload_identity.impersonation_path.empty()) {
        auto answer =
            co_await metadata(with, task, fmt::format("identity?audience={}&format=full", snowflake_audience));
        if (!answer) {
            co_return base::fail(std::move(answer.error()));
        }
        token = base::Secret{std::string{base::trim(*answer)}};
    } else {
        auto made = co_await impersonated(with, task);
        if (!made) {
            co_return made;
        }
        token = std::move(*made);
    }
    if (const auto claims = read_claims(token.reveal()); !claims || claims->subject.empty()) {
        co_return base::fail(provider_refusal("Google Cloud gave no identity token of a service account", setting));
    }
    co_return token;
}

}  // namespace backend::snowflake
