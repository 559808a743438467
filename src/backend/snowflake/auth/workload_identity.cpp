// Workload identity: the attestation of a cloud, or an OIDC token that the environment gives.
#include <fmt/format.h>

#include "backend/snowflake/auth/attestation.hpp"
#include "backend/snowflake/auth/methods.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::string_view setting = "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER";
constexpr std::chrono::seconds cloud_patience{10};

Script<base::Result<base::Secret>> attestation(Dialogue& with, LoginTask& task, const std::string& provider) {
    if (provider == "AWS") {
        co_return co_await aws_attestation(with, task);
    }
    if (provider == "AZURE") {
        co_return co_await azure_attestation(with, task);
    }
    if (provider == "GCP") {
        co_return co_await gcp_attestation(with, task);
    }
    if (provider == "OIDC") {
        co_return task.material.token;
    }
    co_return base::fail(provider_refusal(
        fmt::format("SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER is \"{}\": allowed is AWS, AZURE, GCP or OIDC",
                    base::escape_untrusted(task.settings.workload_identity.provider)),
        setting));
}

}  // namespace

Script<base::Result<std::string>> ask_cloud(Dialogue& with, LoginTask& task, SendRequest request,
                                            std::string_view what) {
    if (request.patience.count() == 0) {
        request.patience = cloud_patience;
    }
    auto answer = co_await send(with, task, std::move(request));
    if (!answer) {
        co_return base::fail(provider_refusal(fmt::format("{} does not answer ({}): is this workload where {} says it "
                                                          "is?",
                                                          what, answer.error().message(), setting),
                                              setting));
    }
    if (answer->status != 200) {
        co_return base::fail(provider_refusal(
            fmt::format("{} answered HTTP {}: check that this workload has an identity there", what, answer->status),
            setting));
    }
    co_return std::move(answer->body);
}

base::Result<net::client::Url> cloud_url(std::string_view text, std::string_view variable) {
    auto url = net::client::Url::parse(text);
    if (!url) {
        return base::fail(provider_refusal(fmt::format("{} does not hold a URL", variable), variable));
    }
    return url;
}

LoginScript by_workload_identity(Dialogue& with, LoginTask& task) {
    // An attestation is as good as a password: it is only ever made for Snowflake (or a test on this machine).
    const std::string& host = task.account.url.host;
    if (!is_snowflake_host(host) && !is_loopback_host(host)) {
        co_return base::fail(provider_refusal(
            fmt::format("{} is no host of Snowflake's: no attestation is made for it. Check SNOWFLAKE_HOST", host),
            "SNOWFLAKE_HOST"));
    }
    const std::string provider = base::to_upper(base::trim(task.settings.workload_identity.provider));
    auto token = co_await attestation(with, task, provider);
    if (!token) {
        co_return base::fail(std::move(token.error()));
    }
    LoginFields fields;
    fields.add("AUTHENTICATOR", "WORKLOAD_IDENTITY").add("PROVIDER", provider).add("TOKEN", *token);
    co_return co_await submit(with, task, std::move(fields));
}

}  // namespace backend::snowflake
