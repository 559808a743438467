/// Who this workload is, in the words of the cloud it runs in: a token or a signed request that Snowflake can check.
///
/// Place: the workload identity method. Pure. The cloud's own services are asked without the account's redirects; what
/// they answer goes to Snowflake's hosts only.
#pragma once

#include <string>
#include <string_view>

#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/auth/script.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

inline constexpr std::string_view snowflake_audience = "snowflakecomputing.com";

Script<base::Result<base::Secret>> aws_attestation(Dialogue& with, LoginTask& task);
Script<base::Result<base::Secret>> azure_attestation(Dialogue& with, LoginTask& task);
Script<base::Result<base::Secret>> gcp_attestation(Dialogue& with, LoginTask& task);

/// Asks a cloud's service and gives the body of a 200. `what` names it in errors: "the AWS metadata service".
Script<base::Result<std::string>> ask_cloud(Dialogue& with, LoginTask& task, SendRequest request,
                                            std::string_view what);

/// A URL of the environment or of ours that never holds a stranger's text.
base::Result<net::client::Url> cloud_url(std::string_view text, std::string_view variable);

}  // namespace backend::snowflake
