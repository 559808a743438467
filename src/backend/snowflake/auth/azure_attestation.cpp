// Azure: an access token of the workload's managed identity, from AKS, App Service and Functions, or the machine.
#include <fmt/format.h>

#include "backend/snowflake/auth/attestation.hpp"
#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/jwt.hpp"
#include "backend/snowflake/auth/refusal.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::string_view setting = "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER";
constexpr std::string_view snowflake_resource = "api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad";
constexpr std::string_view federation_resource = "api://AzureADTokenExchange";
constexpr std::string_view default_authority = "https://login.microsoftonline.com";

base::Result<base::Secret> access_token_of(const std::string& answer, std::string_view what) {
    auto token = json_text(answer, "access_token");
    if (!token || token->empty()) {
        return base::fail(provider_refusal(fmt::format("{} gave no access token", what), setting));
    }
    return base::Secret{std::move(*token)};
}

/// Entra ID gives `client_id` a token for `resource` against `assertion`.
Script<base::Result<base::Secret>> exchange_assertion(Dialogue& with, LoginTask& task, std::string authority,
                                                      std::string tenant, std::string client_id, std::string resource,
                                                      base::Secret assertion) {
    auto url = cloud_url(authority, "AZURE_AUTHORITY_HOST");
    if (!url || !url->secure()) {
        co_return base::fail(provider_refusal("AZURE_AUTHORITY_HOST is not an https URL", "AZURE_AUTHORITY_HOST"));
    }
    SendRequest request{
        .url = std::move(*url),
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
        .trust = Trust::metadata};
    request.url.target = fmt::format("/{}/oauth2/v2.0/token", net::client::encode_segment(tenant));
    request.body =
        net::client::write_form({{"grant_type", "client_credentials"},
                                 {"client_id", std::move(client_id)},
                                 {"scope", resource + "/.default"},
                                 {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                                 {"client_assertion", std::string{assertion.reveal()}}});
    auto answer = co_await ask_cloud(with, task, std::move(request), "Entra ID");
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    co_return access_token_of(*answer, "Entra ID");
}

/// AKS gives a pod a token file that Entra ID takes as an assertion.
Script<base::Result<base::Secret>> token_of_pod(Dialogue& with, LoginTask& task, std::string file, std::string tenant,
                                                std::string client_id, std::string resource) {
    Event event = co_await with.ask(ReadFile{.path = std::move(file)});
    auto* const text = std::get_if<FileText>(&event);
    if (text == nullptr) {
        co_return base::fail(
            provider_refusal("the file of AZURE_FEDERATED_TOKEN_FILE cannot be read", "AZURE_FEDERATED_TOKEN_FILE"));
    }
    co_return co_await exchange_assertion(
        with, task, task.environment("AZURE_AUTHORITY_HOST").value_or(std::string{default_authority}),
        std::move(tenant), std::move(client_id), std::move(resource),
        base::Secret{std::string{base::trim(text->text)}});
}

Script<base::Result<base::Secret>> managed_identity(Dialogue& with, LoginTask& task, std::string resource) {
    auto file = task.environment("AZURE_FEDERATED_TOKEN_FILE");
    auto tenant = task.environment("AZURE_TENANT_ID");
    auto pod_client = task.environment("AZURE_CLIENT_ID");
    if (file && tenant && pod_client) {
        co_return co_await token_of_pod(with, task, std::move(*file), std::move(*tenant), std::move(*pod_client),
                                        std::move(resource));
    }
    SendRequest request{.method = "GET", .trust = Trust::metadata};
    std::string_view what = "the Azure metadata service";
    const auto endpoint = task.environment("IDENTITY_ENDPOINT");
    const auto header = task.environment("IDENTITY_HEADER");
    const bool service = endpoint && header;  // App Service and Functions bring a service of their own
    auto url = cloud_url(
        service ? *endpoint : task.environment("AZURE_POD_IDENTITY_AUTHORITY_HOST").value_or("http://169.254.169.254"),
        "IDENTITY_ENDPOINT");
    if (!url) {
        co_return base::fail(std::move(url.error()));
    }
    request.url = std::move(*url);
    if (service) {
        what = "the identity service of Azure Functions";
        request.headers.emplace_back("X-IDENTITY-HEADER", *header);
        net::client::append_query(request.url.target, "api-version", "2019-08-01");
    } else {
        request.headers.emplace_back("Metadata", "True");
        request.url.target = "/metadata/identity/oauth2/token";
        net::client::append_query(request.url.target, "api-version", "2018-02-01");
    }
    net::client::append_query(request.url.target, "resource", resource);
    if (const auto client = task.environment("MANAGED_IDENTITY_CLIENT_ID")) {
        net::client::append_query(request.url.target, "client_id", *client);
    }
    auto answer = co_await ask_cloud(with, task, std::move(request), what);
    if (!answer) {
        co_return base::fail(std::move(answer.error()));
    }
    co_return access_token_of(*answer, what);
}

}  // namespace

Script<base::Result<base::Secret>> azure_attestation(Dialogue& with, LoginTask& task) {
    const WorkloadIdentitySettings& set = task.settings.workload_identity;
    const std::string resource = set.entra_resource.empty() ? std::string{snowflake_resource} : set.entra_resource;
    if (set.impersonation_path.empty()) {
        co_return co_await managed_identity(with, task, resource);
    }
    if (set.impersonation_path.size() > 1) {
        co_return base::fail(
            provider_refusal("SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH takes one service principal "
                             "for AZURE",
                             "SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH"));
    }
    auto own = co_await managed_identity(with, task, std::string{federation_resource});
    if (!own) {
        co_return own;
    }
    const auto claims = read_claims(own->reveal());
    if (!claims || claims->tenant.empty()) {
        co_return base::fail(provider_refusal("the managed identity's token does not name its tenant", setting));
    }
    co_return co_await exchange_assertion(with, task, std::string{default_authority}, claims->tenant,
                                          set.impersonation_path.front(), resource, std::move(*own));
}

}  // namespace backend::snowflake
